//go:build unix

package main

import (
	"runtime"
	"syscall"
)

// usage returns the CPU seconds of this process and its peak memory in MiB.
func usage() (seconds, peak float64) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, 0
	}
	peak = float64(u.Maxrss) / (1 << 10)
	if runtime.GOOS == "darwin" { // bytes there, KiB elsewhere
		peak /= 1 << 10
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9, peak
}
