//go:build !linux

package cli

// memory and diskFree are known on Linux alone.
func memory() (total, available int64) { return 0, 0 }

func diskFree(string) int64 { return 0 }
