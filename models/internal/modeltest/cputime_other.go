//go:build !unix

package modeltest

import "time"

var began = time.Now()

// processorTime returns the time that has passed, as CPU time is not known here.
func processorTime() time.Duration { return time.Since(began) }
