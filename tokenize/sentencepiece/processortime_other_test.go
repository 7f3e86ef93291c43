//go:build !unix

package sentencepiece

import "time"

var began = time.Now()

// processorTime returns the time that has passed, where that of the processor is not known.
func processorTime() time.Duration { return time.Since(began) }
