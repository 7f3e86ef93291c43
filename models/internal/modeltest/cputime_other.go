//go:build !unix

package modeltest

import "time"

var began = time.Now()

// ProcessorTime returns the time that has passed, as CPU time is not known here.
func ProcessorTime() time.Duration { return time.Since(began) }
