//go:build !xla

package backend

import (
	"slices"

	"github.com/gomlx/compute"
)

// openXLA opens XLA if the program has imported it without the tag.
func openXLA(options string) (compute.Backend, error) {
	if !slices.Contains(compute.List(), xlaKind) {
		return nil, ErrNoXLA
	}
	return compute.NewWithConfig(xlaKind + ":" + options)
}
