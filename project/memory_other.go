//go:build !unix

package project

import "runtime"

// peakRSS returns the memory that the process has from the system, in bytes.
func peakRSS() int64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.Sys)
}
