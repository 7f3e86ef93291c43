//go:build unix

package mapfile

import (
	"math"
	"os"
	"syscall"
)

// mapped returns the file's content as memory, or nil if the system does not map it.
func mapped(file *os.File, size int64) []byte {
	if size == 0 || size > math.MaxInt {
		return nil
	}
	content, err := syscall.Mmap(int(file.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil // some file systems cannot
	}
	return content
}

func unmap(content []byte) error {
	if content == nil {
		return nil
	}
	return syscall.Munmap(content)
}
