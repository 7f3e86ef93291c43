package ingest_test

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/shards"
)

// leaving is a source whose records say what was left out.
type leaving struct{ stopAt int }

func (leaving) Name() string                 { return "leaving" }
func (leaving) Fingerprint() (string, error) { return "1", nil }

func (l leaving) Records(context.Context, ingest.Cursor) iter.Seq[shards.Record] {
	row := func(key string, left ...shards.LeftOut) shards.Record {
		return shards.Record{Sample: shards.Sample{Key: key, Texts: []shards.Text{{Value: key}}}, Origin: key, LeftOut: left}
	}
	bad := shards.Bad("c", "c", "text", errors.New("not UTF-8"))
	bad.LeftOut = []shards.LeftOut{{Reason: shards.LeftMember, Name: "c.npy"}}
	records := []shards.Record{
		row("a", shards.LeftOut{Reason: shards.LeftMember, Name: "a.npy"}, shards.LeftOut{Reason: shards.LeftBox, Name: "a", N: 2}),
		shards.Aside("notes.doc", shards.LeftOut{Reason: shards.LeftFile, Name: "notes.doc"}),
		bad,
		row("a", shards.LeftOut{Reason: shards.LeftMember, Name: "again.npy"}),
		row("b"),
	}
	return func(yield func(shards.Record) bool) {
		for i, record := range records {
			if i+1 == l.stopAt {
				record = shards.Record{Err: ingest.ErrUnavailable}
			}
			if !yield(record) {
				return
			}
		}
	}
}

func TestRun_CountsWhatWasLeftOut_ResumedAnywhere(t *testing.T) {
	want := map[string]int64{shards.LeftMember: 2, shards.LeftBox: 2, shards.LeftFile: 1}
	for stopAt := range 6 { // 0: nowhere
		dir := filepath.Join(t.TempDir(), "data")
		if stopAt > 0 {
			if _, err := ingest.Run(t.Context(), leaving{stopAt}, dir, ingest.Options{}); !errors.Is(err, ingest.ErrUnavailable) {
				t.Fatal(err)
			}
		}
		summary, err := ingest.Run(t.Context(), leaving{}, dir, ingest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if summary.Rows != 2 || summary.Rejected != 1 || summary.Duplicates != 1 {
			t.Errorf("stopped at %d: %d rows, %d rejected, %d duplicates", stopAt, summary.Rows, summary.Rejected, summary.Duplicates)
		}
		if !reflect.DeepEqual(summary.LeftOut, want) {
			t.Errorf("stopped at %d: left out %v, want %v", stopAt, summary.LeftOut, want)
		}
		if names := summary.LeftOutFirst[shards.LeftMember]; !reflect.DeepEqual(names, []string{"a.npy", "c.npy"}) {
			t.Errorf("stopped at %d: names %v", stopAt, names)
		}
		dataset, err := shards.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got := dataset.Manifest().Totals.LeftOut; !reflect.DeepEqual(got, want) {
			t.Errorf("stopped at %d: the manifest says %v", stopAt, got)
		}
		dataset.Close()
	}
}
