//go:build !unix

package main

// usage is not available on this system.
func usage() (seconds, peak float64) { return 0, 0 }
