//go:build !unix

package main

// processorTime is not available on this system.
func processorTime() float64 { return 0 }
