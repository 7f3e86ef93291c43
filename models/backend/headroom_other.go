//go:build !unix

package backend

// canMap reports that no address space can be asked for: outside Unix, memory that the heap does
// not use cannot be read, so that asking would not help.
func canMap(int) bool { return false }
