package ingest

import (
	"context"
	"errors"
	"iter"

	"github.com/pali3/pali3/shards"
)

// Source yields records in an order that is always the same.
type Source interface {
	// Name says what the source is, for the journal, the manifest and messages.
	Name() string
	// Fingerprint changes when the source's content does: an interrupted run resumes only from the
	// same content.
	Fingerprint() (string, error)
	// Records yields every record of the source, bad ones too. It may be called from another
	// goroutine.
	Records(ctx context.Context) iter.Seq[shards.Record]
}

// Skipper is a [Source] that leaves out its first records at less cost than by making them: the
// cursor of an interrupted run is their number.
type Skipper interface {
	Source
	// RecordsAfter yields what Records does after the first n.
	RecordsAfter(ctx context.Context, n int64) iter.Seq[shards.Record]
}

// Sparer is a [Skipper] that spares itself the work for records that the dataset has.
type Sparer interface {
	Skipper
	// RecordsSparing yields what RecordsAfter does, but of a record of whose key there is one it
	// need not give, nor look at, more than key and origin. There is safe for concurrent use.
	RecordsSparing(ctx context.Context, n int64, there func(key string) bool) iter.Seq[shards.Record]
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
