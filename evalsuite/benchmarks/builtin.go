package benchmarks

import "slices"

// builtin lists the built-in benchmarks.
var builtin = Table{
	vqav2,
}

// Builtin returns a new table of the built-in benchmarks.
func Builtin() Table { return slices.Clone(builtin) }
