package shards_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/pali3/pali3/internal/parquet/pages"
	"github.com/pali3/pali3/shards"
)

// files are a part of a dataset and what others wrote.
func files(t testing.TB) (paths []string) {
	t.Helper()
	dir := t.TempDir()
	w, err := shards.Create(dir, shards.Limits{GroupRows: 5})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"} {
		s := shards.Sample{Key: key, Texts: []shards.Text{{Kind: shards.Caption, Value: key + key}}, Metadata: map[string]string{"of": key}}
		if err := w.Append(s); err != nil {
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
	return append(others, filepath.Join(dir, "part-00000.parquet"))
}

// TestFooters compares with the Parquet library's reading.
func TestFooters(t *testing.T) {
	for _, path := range files(t) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := pages.ReadFooter(bytes.NewReader(content), int64(len(content)))
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
			l := got.Leaves[n]
			if l.Path != path || l.MaxRep != c.MaxRepetitionLevel() || l.MaxDef != c.MaxDefinitionLevel() || int(l.Kind) != int(c.Type().Kind()) {
				t.Errorf("%s: %+v, want %s %d %d %v", path, l, path, c.MaxRepetitionLevel(), c.MaxDefinitionLevel(), c.Type())
			}
			n++
		})
		if n != len(got.Leaves) || len(got.Groups) != len(file.Metadata().RowGroups) || got.Rows() != file.NumRows() {
			t.Fatalf("%s: %d leaves, %d groups, %d rows", path, len(got.Leaves), len(got.Groups), got.Rows())
		}
		for g := range file.Metadata().RowGroups {
			compareGroup(t, path, &got.Groups[g], &file.Metadata().RowGroups[g])
		}
		for _, note := range file.Metadata().KeyValueMetadata {
			if value, ok := got.Lookup(note.Key); !ok || value != note.Value {
				t.Errorf("%s: %s is %q, want %q", path, note.Key, value, note.Value)
			}
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

func compareGroup(t *testing.T, path string, got *pages.Group, want *format.RowGroup) {
	t.Helper()
	for i := range want.Columns {
		c := &want.Columns[i]
		m := &c.MetaData
		expected := pages.Chunk{Codec: m.Codec, Values: m.NumValues, Nulls: m.Statistics.NullCount, Size: m.TotalCompressedSize, Data: m.DataPageOffset,
			Dictionary: m.DictionaryPageOffset, Low: m.Statistics.MinValue, High: m.Statistics.MaxValue, Index: c.OffsetIndexOffset, IndexSize: int64(c.OffsetIndexLength)}
		found := got.Chunks[i]
		found.HasLow, found.HasHigh, found.HasNull, found.Cut = false, false, false, false
		if diff := cmp.Diff(expected, found, cmpopts.IgnoreUnexported(pages.Chunk{})); diff != "" {
			t.Errorf("%s: column %d (-library +ours):\n%s", path, i, diff)
		}
	}
	if got.Rows != want.NumRows {
		t.Errorf("%s: %d rows, want %d", path, got.Rows, want.NumRows)
	}
}
