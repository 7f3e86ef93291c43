// Package backend opens the machine that computes graphs, in the one place where it is chosen.
//
// The default is GoMLX's pure-Go backend with as many executors as cores, the fastest setting
// measured that is also silent. A configuration given to Open, else the environment variable
// GOMLX_BACKEND, overrides it; the form is the backend's name, a colon and its options:
// "go:ops_sequential".
//
// Results are bit-identical between runs, processes and settings of the Go backend, but not between
// builds with and without GOEXPERIMENT=simd, nor between kinds of processors.
package backend

import (
	"fmt"
	"os"
	"runtime"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend" // registers "go"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Environment names the variable that overrides Default where no configuration is given.
const Environment = compute.ConfigEnvVar

// Default returns the configuration used when nothing else is asked for.
func Default() string { return fmt.Sprintf("go:num_executors=%d", runtime.GOMAXPROCS(0)) }

// Open opens the backend of the configuration, or, where that is empty, of GOMLX_BACKEND, or
// Default's. Nothing is printed on standard output.
func Open(configuration string) (compute.Backend, error) {
	if configuration == "" {
		configuration = os.Getenv(Environment)
	}
	if configuration == "" {
		configuration = Default()
	}
	var opened compute.Backend
	var err error
	caught := exceptions.TryCatch[error](func() { opened, err = open(configuration) })
	if caught != nil {
		err = caught
	}
	if err != nil {
		return nil, fmt.Errorf("opening the backend %q: %w", configuration, err)
	}
	return opened, nil
}

// Warning returns one line to show a user whose build is much slower than it could be, or "".
func Warning() string {
	if simd {
		return ""
	}
	return "built without GOEXPERIMENT=simd: matrix products are about 15 times slower than they could be"
}

// Catch runs what builds or compiles a graph and returns the error that GoMLX throws, as an error
// that begins with what was being done. Other panics pass through.
func Catch(doing string, build func()) error {
	if err := exceptions.TryCatch[error](build); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
