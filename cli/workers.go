package cli

import (
	"fmt"
	"runtime"
)

// workers is the value of --workers, 0 if it is not given.
type workers int

// Validate refuses numbers below 0.
func (w workers) Validate() error {
	if w < 0 {
		return fmt.Errorf("must be 1 or more, not %d", int(w))
	}
	return nil
}

// orAll returns the number of workers, one per core if none is given.
func (w workers) orAll() int {
	if w == 0 {
		return runtime.NumCPU()
	}
	return int(w)
}
