package ingest_test

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"testing"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/shards"
)

// differing is a source of two records of one key, of which a run may see the second after a
// restart.
type differing struct {
	second shards.Sample
	stopAt int
}

func (differing) Name() string                 { return "differing" }
func (differing) Fingerprint() (string, error) { return "1", nil }

func (d differing) Records(context.Context, ingest.Cursor) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		if !yield(shards.Record{Sample: oneBox(), Origin: "1"}) {
			return
		}
		if d.stopAt == 1 {
			yield(shards.Record{Err: ingest.ErrUnavailable})
			return
		}
		yield(shards.Record{Sample: d.second, Origin: "2"})
	}
}

func oneBox() shards.Sample {
	return shards.Sample{Key: "a", Texts: []shards.Text{{Value: "a"}}, Boxes: []shards.Box{{Label: "x", Y1: 0.1, X1: 0.3}},
		Questions: []shards.Question{{Text: "q", Answers: []shards.Answer{{Text: "yes"}}}}}
}

func TestRun_RejectsSameKeyWithOtherBoxesOrAnswers(t *testing.T) {
	moved, answered := oneBox(), oneBox()
	moved.Boxes[0].Y1 = 0.2
	answered.Questions[0].Answers[0].Text = "no"
	for name, c := range map[string]struct {
		second shards.Sample
		want   int64 // rejects
	}{"equal": {oneBox(), 0}, "another box": {moved, 1}, "another answer": {answered, 1}} {
		for _, limits := range []shards.Limits{{}, {PartBytes: 1}} { // the first record is in the spool, or in a part
			dir := filepath.Join(t.TempDir(), "data")
			if _, err := ingest.Run(t.Context(), differing{c.second, 1}, dir, ingest.Options{Limits: limits}); !errors.Is(err, ingest.ErrUnavailable) {
				t.Fatal(err)
			}
			got, err := ingest.Run(t.Context(), differing{c.second, 0}, dir, ingest.Options{Limits: limits})
			if err != nil || got.Rows != 1 || got.Reasons[ingest.SameKey] != c.want || got.Duplicates != 1-c.want {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	}
}
