package shards

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
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
	others, err := filepath.Glob("table/testdata/*.parquet")
	if err != nil || len(others) < 10 {
		t.Fatalf("%d files: %v", len(others), err)
	}
	return append(others, filepath.Join(dir, partName(0)))
}

// TestFooters compares with the Parquet library's reading.
func TestFooters(t *testing.T) {
	for _, path := range footers(t) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readFooter(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		eachLeaf(file.Root(), "", func(path string, c *parquet.Column) {
			l := got.leaves[n]
			if l.path != path || l.maxRep != c.MaxRepetitionLevel() || l.maxDef != c.MaxDefinitionLevel() || int(l.kind) != int(c.Type().Kind()) {
				t.Errorf("%s: %+v, want %s %d %d %v", path, l, path, c.MaxRepetitionLevel(), c.MaxDefinitionLevel(), c.Type())
			}
			n++
		})
		if n != len(got.leaves) || len(got.groups) != len(file.Metadata().RowGroups) {
			t.Fatalf("%s: %d leaves, %d groups", path, len(got.leaves), len(got.groups))
		}
		for g := range file.Metadata().RowGroups {
			compareGroup(t, path, &got.groups[g], &file.Metadata().RowGroups[g])
		}
	}
}

func eachLeaf(c *parquet.Column, path string, do func(string, *parquet.Column)) {
	for _, child := range c.Columns() {
		name := child.Name()
		if path != "" {
			name = path + "." + name
		}
		if child.Leaf() {
			do(name, child)
		} else {
			eachLeaf(child, name, do)
		}
	}
}

func compareGroup(t *testing.T, path string, got *footerGroup, want *format.RowGroup) {
	t.Helper()
	for i := range want.Columns {
		c := &want.Columns[i]
		m := &c.MetaData
		expected := chunkInfo{codec: m.Codec, values: m.NumValues, nulls: m.Statistics.NullCount, size: m.TotalCompressedSize, data: m.DataPageOffset,
			dictionary: m.DictionaryPageOffset, low: m.Statistics.MinValue, high: m.Statistics.MaxValue, index: c.OffsetIndexOffset, indexSize: int64(c.OffsetIndexLength)}
		found := got.chunks[i]
		found.hasLow, found.hasHigh, found.hasNull, found.cut = false, false, false, false
		if diff := cmp.Diff(expected, found, cmp.AllowUnexported(chunkInfo{})); diff != "" {
			t.Errorf("%s: column %d (-library +ours):\n%s", path, i, diff)
		}
	}
	if got.rows != want.NumRows {
		t.Errorf("%s: %d rows, want %d", path, got.rows, want.NumRows)
	}
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
