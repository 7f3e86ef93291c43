package cli

import (
	"github.com/gomlx/compute"

	"github.com/pali3/pali3/models/backend"
)

// backendFlag chooses the backend of a command that computes.
type backendFlag struct {
	Backend string `placeholder:"KIND" help:"Backend to compute on: go, xla:cpu or xla:cuda, with options as in go:num_executors=2 (doctor lists those found); default GOMLX_BACKEND, else the Go backend on all cores."`
}

// openBackend opens the chosen backend.
func (f backendFlag) openBackend(con *console) (compute.Backend, error) {
	return con.openBackend(f.Backend)
}

// openBackend opens the backend that models run on. It warns if this build makes them slow.
func (con *console) openBackend(configuration string) (compute.Backend, error) {
	be, err := backend.Open(configuration)
	if err == nil && backend.Warning() != "" {
		con.warn(backend.Warning())
	}
	return be, err
}
