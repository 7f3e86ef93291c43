// Package backend opens the GoMLX backend that computes graphs.
//
// The default is GoMLX's pure-Go backend with one executor per core, the fastest setting measured
// that prints nothing. A configuration given to [Open] or else the environment variable
// GOMLX_BACKEND overrides it. A configuration is the backend's kind, a colon and its options:
// "go:ops_sequential".
//
// Programs built with the tag xla, which needs cgo, have a second kind: "xla:cpu" and "xla:cuda"
// compute with XLA through a PJRT plugin, a shared library that is loaded when the backend is
// opened. [Plugins] finds the plugins of this machine and [Wheels] says where to get one. Beside
// go-xla's options (package compute/xla) there is "xla:cpu,devices=N": N devices of one CPU, 1 by
// default.
//
// Results are bit-identical between runs, processes and settings of the Go backend, but not between
// builds with and without GOEXPERIMENT=simd, nor between kinds of processors. Two kinds of backends
// round differently.
package backend

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend" // registers "go"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Environment is the environment variable that overrides [Default].
const Environment = compute.ConfigEnvVar

// Default returns the default configuration.
func Default() string { return fmt.Sprintf("go:num_executors=%d", runtime.GOMAXPROCS(0)) }

// Open opens the backend of a configuration, which defaults to GOMLX_BACKEND and then to [Default].
// "go" without options is [Default], too.
// It prints nothing on standard output. The first call reserves 8 GiB of address space, which take
// no memory.
func Open(configuration string) (compute.Backend, error) {
	if configuration == "" {
		configuration = os.Getenv(Environment)
	}
	if configuration == "" || configuration == "go" {
		configuration = Default()
	}
	kind, options, _ := strings.Cut(configuration, ":")
	open := func() (compute.Backend, error) { return compute.NewWithConfig(configuration) }
	switch {
	case kind == "go":
		growHeap()
		open = func() (compute.Backend, error) { return openGo(options) }
	case isXLA(kind):
		open = func() (compute.Backend, error) { return openXLA(options) }
	}
	var opened compute.Backend
	var err error
	caught := exceptions.TryCatch[error](func() { opened, err = open() })
	if caught != nil {
		err = caught
	}
	if err != nil {
		return nil, fmt.Errorf("opening the backend %q: %w", configuration, explain(kind, options, err))
	}
	return opened, nil
}

// ErrNoXLA is the error of opening XLA in a program without it.
var ErrNoXLA = errors.New("this program was built without XLA; in pali3's source folder, make build-xla builds one with it (it needs a C compiler)")

// explain adds to an error of opening a backend what the user can do.
func explain(kind, options string, err error) error {
	if !isXLA(kind) || errors.Is(err, ErrNoXLA) {
		return err
	}
	name, _, _ := strings.Cut(options, ",")
	found, folders := Plugins()
	at := slices.IndexFunc(found, func(p Plugin) bool { return p.Name == name || p.Path == name })
	switch crash := runtime.Error(nil); {
	case at >= 0 && errors.As(err, &crash): // go-xla closes a library that it could not load
		return fmt.Errorf("the plugin %s cannot be loaded: see whether it is whole and for this system", found[at].Path)
	case at >= 0:
		return err
	}
	return fmt.Errorf("%w; found %d plugins in %s; pali3 doctor says how to get one", err, len(found), strings.Join(folders, ":"))
}

// IsGo reports whether a backend is GoMLX's pure-Go one. Graphs that avoid what is slow in it are
// built for it alone; other backends get plain graphs, which their compilers optimise.
func IsGo(be compute.Backend) bool { return be != nil && be.Name() == "Go Backend" }

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
