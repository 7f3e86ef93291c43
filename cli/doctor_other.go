//go:build !linux

package cli

// memory and diskFree are unknown outside Linux.
func memory() (total, available int64) { return 0, 0 }

func diskFree(string) int64 { return 0 }
