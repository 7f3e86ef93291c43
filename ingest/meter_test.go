package ingest

import (
	"fmt"
	"path/filepath"
	"testing"
)

// Sources know how far they are: nowhere at first, somewhere between, at the end at the end.
func TestSourcesAreMeasured(t *testing.T) {
	files, list := map[string]string{}, "file,text\n"
	for i := range 40 {
		name := fmt.Sprintf("%02d.png", i)
		files[name] = string(tiny(i))
		list += name + ",text\n"
	}
	dir := put(t, t.TempDir(), files)
	put(t, dir, map[string]string{"list.csv": list})
	folder, err := NewFolder(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	table, err := NewTable(Table{File: filepath.Join(dir, "list.csv"), Columns: Columns{Image: "file", Text: "text"}})
	if err != nil {
		t.Fatal(err)
	}
	parquet, err := NewTable(Table{File: "../shards/format/hf/testdata/datasets.parquet", Columns: Columns{Image: "image"}})
	if err != nil {
		t.Fatal(err)
	}
	documents, err := NewPDF("pdf/testdata")
	if err != nil {
		t.Fatal(err)
	}
	documents.Side = 50
	for _, source := range []Measured{folder, table, parquet, documents} {
		if part := source.Part(); part != 0 {
			t.Errorf("%s: %g before it begins", source.Name(), part)
		}
		last := 0.0
		for range source.Records(t.Context()) {
			if part := source.Part(); part < last || part > 1 {
				t.Errorf("%s: %g after %g", source.Name(), part, last)
			} else {
				last = part
			}
		}
		if part := source.Part(); part != 1 {
			t.Errorf("%s: %g at its end", source.Name(), part)
		}
	}
	if _, known := Source(&Folder{Dir: dir}).(Measured); !known || (&Folder{Dir: dir}).Part() != 0 {
		t.Error("a source made by hand has no meter")
	}
}
