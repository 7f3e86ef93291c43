package ingest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pali3/pali3/shards"
)

// TestArchivesThatCountAnew: of two pictures of one name in two archives none is lost without a word.
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

// TestSameKeyOfAnEarlierRun: what an earlier run committed is not compared, since it may have been resized.
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
