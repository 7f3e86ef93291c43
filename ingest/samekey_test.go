package ingest

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"github.com/pali3/pali3/shards"
)

// TestArchivesThatCountAnew: of two pictures of one name in two archives none is lost without a
// word.
func TestArchivesThatCountAnew(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.tar"), filepath.Join(dir, "b.tar")
	for i, name := range []string{a, b} {
		if err := os.WriteFile(name, hubArchive(t, i, i+1), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		byArchive                 bool
		keys                      []string
		rows, rejects, duplicates int64
	}{
		{false, []string{"000"}, 1, 1, 1},
		{true, []string{"a.tar/000", "b.tar/000"}, 2, 0, 1},
	} {
		source, err := NewWebDataset(a, b, a)
		if err != nil {
			t.Fatal(err)
		}
		source.ByArchive = c.byArchive
		samples, stat, _ := rows(t, source, nil)
		if stat.Rows != c.rows || stat.Reasons[SameKey] != c.rejects || stat.Duplicates != c.duplicates {
			t.Errorf("by archive %v: %+v", c.byArchive, stat)
		}
		for _, key := range c.keys {
			if _, there := samples[key]; !there {
				t.Errorf("by archive %v: no record %q", c.byArchive, key)
			}
		}
	}
}

// TestSameKeyOfAnEarlierRun: what an earlier run committed is not compared, since it may have been
// resized.
func TestSameKeyOfAnEarlierRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	for i, want := range []shards.Stat{{Rows: 1}, {Duplicates: 1}} {
		archive := filepath.Join(t.TempDir(), "a.tar")
		if err := os.WriteFile(archive, hubArchive(t, i, i+1), 0o644); err != nil {
			t.Fatal(err)
		}
		source, err := NewWebDataset(archive)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Run(t.Context(), source, dir, Options{})
		if err != nil || got.Rows != want.Rows || got.Duplicates != want.Duplicates || got.Rejected != 0 {
			t.Errorf("run %d: %+v, %v", i, got, err)
		}
	}
}

// TestDocumentsOfOneName are in two folders.
func TestDocumentsOfOneName(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	for _, folder := range []string{a, b} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "x.pdf"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	keys := func(paths ...string) (all []string) {
		desk := &desk{}
		defer desk.clear()
		for p := range papers(t.Context(), paths, desk) {
			all = append(all, p.name)
		}
		return all
	}
	if got := keys(a); len(got) != 1 || got[0] != "x.pdf" {
		t.Errorf("one folder has %q", got)
	}
	if got := keys(a, b); len(got) != 2 || got[0] != "a/x.pdf" || got[1] != "b/x.pdf" {
		t.Errorf("two folders have %q", got)
	}
}

// differing is a source of two records of one key, of which a run may see the second after a
// restart.
type differing struct {
	second shards.Sample
	stopAt int
}

func (differing) Name() string                 { return "differing" }
func (differing) Fingerprint() (string, error) { return "1", nil }

func (d differing) Records(context.Context) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		if !yield(shards.Record{Sample: oneBox(), Origin: "1"}) {
			return
		}
		if d.stopAt == 1 {
			yield(shards.Record{Err: ErrUnavailable})
			return
		}
		yield(shards.Record{Sample: d.second, Origin: "2"})
	}
}

func oneBox() shards.Sample {
	return shards.Sample{Key: "a", Texts: []shards.Text{{Value: "a"}}, Boxes: []shards.Box{{Label: "x", Y1: 0.1, X1: 0.3}},
		Questions: []shards.Question{{Text: "q", Answers: []shards.Answer{{Text: "yes"}}}}}
}

func TestRun_RecordsOfOneKeyWithOtherBoxesOrAnswersAreNoDuplicates(t *testing.T) {
	moved, answered := oneBox(), oneBox()
	moved.Boxes[0].Y1 = 0.2
	answered.Questions[0].Answers[0].Text = "no"
	for name, c := range map[string]struct {
		second shards.Sample
		want   int64 // rejects
	}{"equal": {oneBox(), 0}, "another box": {moved, 1}, "another answer": {answered, 1}} {
		for _, limits := range []shards.Limits{{}, {PartBytes: 1}} { // the first record is in the spool, or in a part
			dir := filepath.Join(t.TempDir(), "data")
			if _, err := Run(t.Context(), differing{c.second, 1}, dir, Options{Limits: limits}); !errors.Is(err, ErrUnavailable) {
				t.Fatal(err)
			}
			got, err := Run(t.Context(), differing{c.second, 0}, dir, Options{Limits: limits})
			if err != nil || got.Rows != 1 || got.Reasons[SameKey] != c.want || got.Duplicates != 1-c.want {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	}
}
