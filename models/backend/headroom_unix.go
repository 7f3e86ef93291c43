//go:build unix

package backend

import "syscall"

// canMap reports whether the system gives the process size more bytes of address space. The Go
// runtime would end the program if it did not.
func canMap(size int) bool {
	mapped, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return false
	}
	return syscall.Munmap(mapped) == nil
}
