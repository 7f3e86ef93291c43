// Package backend opens the GoMLX backend that computes graphs.
//
// The default is GoMLX's pure-Go backend with one executor per core, the fastest setting measured
// that prints nothing. A configuration given to [Open] or else the environment variable
// GOMLX_BACKEND overrides it. A configuration is the backend's name, a colon and its options:
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

// Environment is the environment variable that overrides [Default].
const Environment = compute.ConfigEnvVar

// Default returns the default configuration.
func Default() string { return fmt.Sprintf("go:num_executors=%d", runtime.GOMAXPROCS(0)) }

// Open opens the backend of a configuration, which defaults to GOMLX_BACKEND and then to [Default].
// It prints nothing on standard output.
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

// Warning returns a line for the user if the build makes computing much slower, and "" otherwise.
func Warning() string {
	if simd {
		return ""
	}
	return "built without GOEXPERIMENT=simd: matrix products are about 15 times slower than they could be"
}

// Catch calls build, which builds or compiles a graph, and returns the error that GoMLX throws as a
// panic, wrapped with what was being done. Other panics pass through.
func Catch(doing string, build func()) error {
	if err := exceptions.TryCatch[error](build); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
