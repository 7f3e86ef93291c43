package ingest_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/ingest/tabular"
	"github.com/pali3/pali3/shards"
)

// saveRows writes a table of images 0.png to n-1.png with the texts that say returns for each, and
// a split.
func saveRows(t *testing.T, dir string, n int, say func(i int) []string) tabular.Options {
	t.Helper()
	rows := "file,text,split\n"
	for i := range n {
		save(t, dir, fmt.Sprintf("%d.png", i), string(ingesttest.PNG(i+1)))
		for _, text := range say(i) {
			rows += fmt.Sprintf("%d.png,%s,train\n", i, text)
		}
	}
	save(t, dir, "t.csv", rows)
	return tabular.Options{File: filepath.Join(dir, "t.csv"), Columns: tabular.Columns{Image: "file", Text: "text", Split: "split"}, GroupBy: "file"}
}

func save(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func runTable(t *testing.T, table tabular.Options, to string, o ingest.Options) (ingest.Summary, error) {
	t.Helper()
	source, err := tabular.New(table)
	if err != nil {
		t.Fatal(err)
	}
	return ingest.Run(t.Context(), source, to, o)
}

// textsOf returns the texts of a dataset's rows, by key.
func textsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	d, err := shards.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	all := map[string]string{}
	for s, err := range d.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, text := range s.Texts {
			texts = append(texts, text.Value)
		}
		if _, twice := all[s.Key]; twice {
			t.Errorf("the key %s comes twice", s.Key)
		}
		all[s.Key] = strings.Join(texts, "|")
	}
	if totals := d.Manifest().Totals; totals.Rows != int64(len(all)) || totals.Images != int64(len(all)) {
		t.Errorf("%d rows, the totals say %d rows and %d images", len(all), totals.Rows, totals.Images)
	}
	return all
}

func TestRun_Updates(t *testing.T) {
	dir := t.TempDir()
	to := filepath.Join(dir, "d")
	limits := shards.Limits{PartBytes: 1000}
	table := saveRows(t, dir, 40, func(i int) []string { return []string{fmt.Sprint("text ", i)} })
	if _, err := runTable(t, table, to, ingest.Options{Limits: limits}); err != nil {
		t.Fatal(err)
	}
	parts := func() int {
		names, _ := filepath.Glob(filepath.Join(to, "part-*"))
		return len(names)
	}
	before := parts()
	table = saveRows(t, dir, 42, func(i int) []string {
		if i%10 == 3 {
			return []string{fmt.Sprint("new text ", i), "another"}
		}
		return []string{fmt.Sprint("text ", i)}
	})
	plain, err := runTable(t, table, filepath.Join(dir, "copy"), ingest.Options{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	got, err := runTable(t, table, to, ingest.Options{Limits: limits, Update: true})
	if err != nil || got.Rows != 2 || got.Updated != 4 || got.Duplicates != 36 || got.Rejected != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	if want := textsOf(t, filepath.Join(dir, "copy")); !maps.Equal(textsOf(t, to), want) {
		t.Errorf("%v, want %v", textsOf(t, to), want)
	}
	d, err := shards.Open(to)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	totals := d.Manifest().Totals
	if totals.Texts != plain.Texts || totals.Rows != 42 || totals.Splits["train"] != 42 || totals.Bytes != plain.Bytes || totals.Updated != 4 {
		t.Errorf("%+v, want %+v", totals, plain)
	}
	if listed := len(d.Manifest().Files); parts() != listed || before == listed {
		t.Errorf("%d files of parts, before %d, the manifest lists %d", parts(), before, listed)
	}
	again, err := runTable(t, table, to, ingest.Options{Limits: limits, Update: true})
	if err != nil || again.Rows != 0 || again.Updated != 0 || again.Duplicates != 42 {
		t.Errorf("again: %+v, %v", again, err)
	}
}

// TestRun_UpdatesImages: the images of a record are replaced with what else it says, and a record
// that cannot be read leaves its row.
func TestRun_UpdatesImages(t *testing.T) {
	dir := t.TempDir()
	to := filepath.Join(dir, "d")
	table := saveRows(t, dir, 3, func(i int) []string { return []string{"a text"} })
	if _, err := runTable(t, table, to, ingest.Options{}); err != nil {
		t.Fatal(err)
	}
	save(t, dir, "0.png", string(ingesttest.PNG(100)))
	save(t, dir, "1.png", "no image")
	got, err := runTable(t, table, to, ingest.Options{Update: true})
	if err != nil || got.Updated != 1 || got.Duplicates != 1 || got.Reasons[ingest.BadImage] != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	d, err := shards.Open(to)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for s, err := range d.Samples() {
		want := shards.Hash(ingesttest.PNG(100))
		if n := slices.Index([]string{"0.png", "1.png", "2.png"}, s.Key); n > 0 {
			want = shards.Hash(ingesttest.PNG(n + 1))
		}
		if err != nil || len(s.Images) != 1 || s.Images[0].SHA256 != want {
			t.Errorf("%s: %v", s.Key, err)
		}
	}
	if d.Len() != 3 {
		t.Errorf("%d rows", d.Len())
	}
}

// TestRun_UpdateInterrupted stops an update where a killed process would have stopped: the dataset
// is the old one until its commit and the new one from there on, and the same command ends what is
// left, without a file too many.
func TestRun_UpdateInterrupted(t *testing.T) {
	limits := shards.Limits{PartBytes: 1000}
	for _, stage := range []string{"consumed", "rewritten in part", "rewritten", "committed"} {
		dir := t.TempDir()
		to := filepath.Join(dir, "d")
		table := saveRows(t, dir, 30, func(i int) []string { return []string{fmt.Sprint("text ", i)} })
		if _, err := runTable(t, table, to, ingest.Options{Limits: limits}); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(filepath.Join(dir, "undisturbed"), os.DirFS(to)); err != nil {
			t.Fatal(err)
		}
		want := textsOf(t, to)
		table = saveRows(t, dir, 30, func(i int) []string { return []string{fmt.Sprint("text ", i), fmt.Sprint(i % 3)}[:1+i%2] })
		source, err := tabular.New(table)
		if err != nil {
			t.Fatal(err)
		}
		ingest.Stop(t, source, to, ingest.Options{Limits: limits, Update: true}, stage)
		if _, err := runTable(t, table, filepath.Join(dir, "undisturbed"), ingest.Options{Limits: limits, Update: true}); err != nil {
			t.Fatal(err)
		}
		if stage == "committed" {
			want = textsOf(t, filepath.Join(dir, "undisturbed"))
		}
		if got := textsOf(t, to); !maps.Equal(got, want) {
			t.Errorf("%s: the dataset is neither the old nor the new one: %v", stage, got)
		}
		got, err := runTable(t, table, to, ingest.Options{Limits: limits, Update: true})
		if err != nil || got.Updated != 15 || got.Duplicates != 15 || got.Rows != 0 {
			t.Errorf("%s: %+v, %v", stage, got, err)
		}
		if got, want := partsOf(t, to), partsOf(t, filepath.Join(dir, "undisturbed")); !slices.Equal(got, want) {
			t.Errorf("%s: files %v, want %v", stage, got, want)
		}
		if !maps.Equal(textsOf(t, to), textsOf(t, filepath.Join(dir, "undisturbed"))) {
			t.Errorf("%s: not what the source says", stage)
		}
		if problems, err := shards.Verify(to, true); err != nil || len(problems) > 0 {
			t.Errorf("%s: %v, %v", stage, problems, err)
		}
	}
}

// partsOf returns the names and sizes of a dataset's files, but for the manifest.
func partsOf(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && e.Name() != shards.ManifestName && e.Name() != ".lock" {
			all = append(all, fmt.Sprint(e.Name(), " ", info.Size()))
		}
	}
	return all
}
