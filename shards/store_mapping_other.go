//go:build !linux

package shards

import "os"

// mapping is a file mapped into memory. Only Linux can check that a range is readable, so on other
// systems files are read.
type mapping struct{ b []byte }

func mapFile(*os.File, int64) *mapping { return nil }

func (m *mapping) load(at, end int64) bool { return false }

func (m *mapping) release(at, end int64) {}
