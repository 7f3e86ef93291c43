package ingest

import (
	"context"
	"errors"
	"iter"

	"github.com/pali3/pali3/shards"
)

// Source yields records. A program outside this module ingests its own data by implementing it.
type Source interface {
	// Name identifies the source in the journal, the manifest and messages.
	Name() string
	// Fingerprint changes when the source's content does. An interrupted run resumes only if the
	// fingerprint is the one it began with.
	Fingerprint() (string, error)
	// Records yields the source's records from the cursor on, bad ones too (see [shards.Bad]), in
	// an order that is always the same. It may be called on another goroutine.
	Records(ctx context.Context, from Cursor) iter.Seq[shards.Record]
}

// Measured is a [Source] that knows how far it is, for the time that is left.
type Measured interface {
	Source
	// Part says what part of its input was read, from 0 to 1; 0 also if that is not known. Safe for
	// concurrent use.
	Part() float64
}

// Mapped is a [Source] of columns, which says before the work begins which of them are taken for
// what.
type Mapped interface {
	Source
	// ColumnsTaken says it in one line, empty if the columns are not known.
	ColumnsTaken() string
}

// ErrUnavailable is wrapped by the error of a record that stands for a part of the source which
// cannot be had for now. [Run] rejects nothing then: it stops, and the next run goes on from there.
var ErrUnavailable = errors.New("not to be had for now; run the same command again to go on")

// Fatal is the error of a record that ends the run: the source is not what the caller meant.
type Fatal struct{ Err error }

// Error implements error.
func (f *Fatal) Error() string { return f.Err.Error() }

// Unwrap returns the error.
func (f *Fatal) Unwrap() error { return f.Err }

func isFatal(err error) bool {
	_, is := errors.AsType[*Fatal](err)
	return is
}
