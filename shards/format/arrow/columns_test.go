package arrow

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/pali3/pali3/shards"
)

// TestRead_ImagesInEveryTypeOfBytes reads what pyarrow and Polars wrote: parity/columns.py.
func TestRead_ImagesInEveryTypeOfBytes(t *testing.T) {
	files, err := filepath.Glob("testdata/columns/*.arrow")
	if err != nil || len(files) < 9 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, n, more := filepath.Base(path), 0, 0
		if name == "list_binary.arrow" {
			more = 1
		}
		for r := range Read(bytes.NewReader(content), name) {
			s := r.Sample
			if r.Err != nil || s.Key != fmt.Sprintf("%s-%d", name, n) || len(s.Images) != 1+more || len(s.Texts) != 1 || s.Texts[0].Value != fmt.Sprint("légende ", n) {
				t.Errorf("%s: row %d: %+v", name, n, r)
				break
			}
			if image, err := shards.NewImage(s.Images[0].Bytes); err != nil || image.Width != int32(3+n) {
				t.Errorf("%s: row %d: an image of width %d: %v", name, n, image.Width, err)
			}
			if name != "polars.arrow" {
				want := []shards.LeftOut{{Reason: "column", Name: "latents", N: 1}, {Reason: "column", Name: "pixels", N: 1}, {Reason: "column", Name: "vector", N: 1}}
				if diff := cmp.Diff(want, r.LeftOut); diff != "" {
					t.Errorf("%s: left out (-want +got):\n%s", name, diff)
				}
				if diff := cmp.Diff(map[string]string{"n": fmt.Sprint(n)}, s.Metadata); diff != "" {
					t.Errorf("%s: metadata (-want +got):\n%s", name, diff)
				}
			}
			n++
		}
		if n != 3 {
			t.Errorf("%s: %d rows", name, n)
		}
	}
}

// TestRead_ColumnsOfOneName keeps both, as pyarrow and DuckDB may write them after a join.
func TestRead_ColumnsOfOneName(t *testing.T) {
	fields := []arrow.Field{field("key", text), field("caption", text), field("caption", text), field("caption", text)}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	for i, value := range []string{"k", "one", "two", "three"} {
		appendText(b.Field(i), value)
	}
	var out bytes.Buffer
	w := ipc.NewWriter(&out, ipc.WithSchema(b.Schema()))
	if err := w.Write(b.NewRecord()); err != nil {
		t.Fatal(err)
	}
	w.Close()
	for r := range Read(bytes.NewReader(out.Bytes()), "a") {
		if diff := cmp.Diff([]shards.Text{{Kind: "caption", Value: "one"}}, r.Sample.Texts); diff != "" {
			t.Errorf("texts (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]string{"caption#2": "two", "caption#3": "three"}, r.Sample.Metadata); diff != "" {
			t.Errorf("metadata (-want +got):\n%s", diff)
		}
	}
}
