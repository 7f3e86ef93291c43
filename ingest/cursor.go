package ingest

import (
	"context"
	"iter"
	"sync/atomic"

	"github.com/pali3/pali3/shards"
)

// Cursor says where a reading of a [Source] begins and which of its records need not be made.
// The zero Cursor means every record.
//
// A simple source ignores it: [Run] itself drops the records that it has seen before. A source that
// can pass over records at less cost than making them asks for [Cursor.Skip], and one for which a
// record is costly asks [Cursor.Known] before it makes one.
type Cursor struct {
	left  *atomic.Int64 // records still to be dropped; nil for none
	known func(key string) bool
}

// After returns a cursor behind the first n records.
func After(n int64) Cursor {
	c := Cursor{left: new(atomic.Int64)}
	c.left.Store(n)
	return c
}

// WithKnown returns the cursor with a function that reports which keys the dataset has. It must be
// safe for concurrent use.
func (c Cursor) WithKnown(known func(key string) bool) Cursor {
	c.known = known
	return c
}

// Skip returns how many of its first records the source must not yield. A source that calls it must
// leave them out itself: [Run] no longer drops them, and a second call returns 0. Call it in
// Records, before the returned iterator is used.
func (c Cursor) Skip() int64 {
	if c.left == nil {
		return 0
	}
	return c.left.Swap(0)
}

// Known reports whether the dataset has a record with that key. For such a record the source may
// yield only key and origin. Known is safe for concurrent use.
func (c Cursor) Known(key string) bool { return c.known != nil && c.known(key) }

// recordsFrom yields a source's records from a cursor on, whether or not the source looks at it.
func recordsFrom(ctx context.Context, source Source, from Cursor) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		for record := range source.Records(ctx, from) {
			if from.left != nil && from.left.Load() > 0 {
				from.left.Add(-1)
				continue
			}
			if !yield(record) {
				return
			}
		}
	}
}
