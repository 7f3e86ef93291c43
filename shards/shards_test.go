package shards

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func blob(n int) []byte { return []byte(strings.Repeat(fmt.Sprint(n, "|"), 50+n%7)) }

func sample(i int) Sample {
	score := float64(i) / 2
	return Sample{
		Key:    fmt.Sprintf("k%04d", i),
		Split:  []string{"train", "held_out"}[i%2],
		Images: []Image{{Bytes: blob(i), Format: "png", Width: 3, Height: 4}, {Bytes: blob(i + 1), Format: "jpeg"}}[:1+i%2],
		Texts:  []Text{{Kind: Caption, Language: "fr", Value: fmt.Sprint("légende ", i), Score: &score}, {Kind: OCR, Value: "日本"}}[:i%3],
		Questions: []Question{{ID: fmt.Sprint("q", i), Text: "what?", Kind: "family", Language: "en",
			Answers: []Answer{{Text: "x", Confidence: "yes"}, {Text: "y"}}}}[:i%2],
		Boxes:      []Box{{Label: "cat", Y0: 0.1, X1: 1, Mask: []byte{1}}}[:(i+1)%2],
		Provenance: Provenance{URL: "u", FetchedAt: time.UnixMilli(int64(i) * 1000).UTC()},
		Scores:     map[string]float64{"clip": float64(i)},
		Metadata:   map[string]string{"tone": "dark"},
	}
}

func write(t *testing.T, dir string, from, to int, limits Limits) {
	t.Helper()
	w, err := Create(dir, limits)
	if err != nil {
		t.Fatal(err)
	}
	for i := from; i < to; i++ {
		if err := w.Append(sample(i)); err != nil {
			t.Fatal(err)
		}
		if w.PartFull() {
			if _, _, err := w.EndPart(); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.Reject(Reject{Origin: fmt.Sprint("row ", from), Reason: "undecodable"})
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	dir := t.TempDir()
	limits := Limits{PartBytes: 20_000, GroupBytes: 5_000}
	write(t, dir, 0, 100, limits)
	write(t, dir, 100, 150, limits)
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.Len() != 150 || len(d.Manifest().Files) < 3 || len(d.Groups()) < 10 {
		t.Fatalf("%d rows, %d files, %d groups", d.Len(), len(d.Manifest().Files), len(d.Groups()))
	}
	if totals := d.Manifest().Totals; totals.Rejected != 2 || totals.Splits["train"] != 75 || totals.Languages["fr"] != 100 {
		t.Errorf("totals %+v", totals)
	}
	for _, i := range []int{149, 0, 77, 3, 148, 78} {
		got, err := d.Row(i)
		if err != nil {
			t.Fatal(err)
		}
		want := sample(i)
		for j := range want.Images {
			want.Images[j].SHA256 = got.Images[j].SHA256
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("row %d (-want +got):\n%s", i, diff)
		}
	}
	rows, rejects := 0, 0
	for s, err := range d.Samples() {
		if err != nil || s.Key != sample(rows).Key {
			t.Fatal(rows, s.Key, err)
		}
		rows++
	}
	for range d.Rejects() {
		rejects++
	}
	if rows != 150 || rejects != 2 {
		t.Errorf("iterated over %d rows and %d rejects", rows, rejects)
	}
	if _, err := d.Row(150); err == nil {
		t.Error("row 150 of 150 was read")
	}
}

func TestNothingIsVisibleBeforeCommit(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, 0, 10, Limits{})
	before, _ := os.ReadFile(filepath.Join(dir, ManifestName))
	w, err := Create(dir, Limits{PartBytes: 100})
	if err != nil {
		t.Fatal(err)
	}
	for i := 10; i < 13; i++ {
		if err := w.Append(sample(i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := w.EndPart(); err != nil {
		t.Fatal(err)
	}
	after, _ := os.ReadFile(filepath.Join(dir, ManifestName))
	if string(before) != string(after) {
		t.Error("the manifest changed before Commit")
	}
	other, err := Create(dir, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if next := partName(other.next); next != "part-00002.parquet" {
		t.Errorf("another writer would overwrite with %s", next)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(dir string) error
		want  string
	}{
		"no manifest": {func(dir string) error { return os.Remove(filepath.Join(dir, ManifestName)) }, "not a dataset"},
		"cut part":    {func(dir string) error { return os.Truncate(filepath.Join(dir, "part-00000.parquet"), 99) }, "99 bytes"},
		"unknown key": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, ManifestName), []byte(`{"schema_version":1,"filez":[]}`), 0o644)
		}, "filez"},
		"path escape": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, ManifestName), []byte(`{"schema_version":1,"files":[{"name":"../x"}]}`), 0o644)
		}, "../x"},
		"newer": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, ManifestName), []byte(`{"schema_version":9}`), 0o644)
		}, "schema_version 9"},
	} {
		dir := t.TempDir()
		write(t, dir, 0, 5, Limits{})
		if err := c.spoil(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want it to say %q", name, err, c.want)
		}
	}
}
