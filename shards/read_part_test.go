package shards

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// footers are files of this package and those that others wrote.
func footers(t testing.TB) (paths []string) {
	t.Helper()
	dir := t.TempDir()
	w, err := Create(dir, Limits{GroupRows: 5})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		if err := w.Append(sample(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	others, err := filepath.Glob("../internal/parquet/table/testdata/*.parquet")
	if err != nil || len(others) < 10 {
		t.Fatalf("%d files: %v", len(others), err)
	}
	return append(others, filepath.Join(dir, partName(0)))
}

func FuzzFooter(f *testing.F) {
	for _, path := range footers(f) {
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content[max(0, len(content)-1<<16):])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := openPart("fuzzed", bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		for g := range p.groups {
			for i := range p.groups[g].chunks {
				if c := &p.groups[g].chunks[i]; c.indexSize > 0 {
					p.locations(c)
				}
			}
		}
	})
}
