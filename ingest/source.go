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

// Measured is a [Source] that reports its progress, from which the remaining time is estimated.
type Measured interface {
	Source
	// Part returns the fraction of the input that was read, from 0 to 1; 0 if it is not known. It
	// is safe for concurrent use.
	Part() float64
}

// Mapped is a [Source] of columns that can report, before any record is read, how each is used.
type Mapped interface {
	Source
	// ColumnsTaken describes the columns in one line; it is empty if they are not known.
	ColumnsTaken() string
}

// ErrUnavailable is wrapped by a record's error when part of the source is temporarily unavailable,
// for example on the network. [Run] rejects nothing then: it stops, and the next run resumes there.
var ErrUnavailable = errors.New("temporarily unavailable; rerun the same command to resume")

// Fatal is a record's error that ends the run without a reject, because the source as a whole is
// not what the caller asked for. Rerunning the command does not help.
type Fatal struct{ Err error }

// Error implements error.
func (f *Fatal) Error() string { return f.Err.Error() }

// Unwrap returns the error.
func (f *Fatal) Unwrap() error { return f.Err }

func isFatal(err error) bool {
	_, is := errors.AsType[*Fatal](err)
	return is
}
