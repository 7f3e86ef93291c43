package ingest_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/document"
	"github.com/pali3/pali3/ingest/folder"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/ingest/tabular"
)

// Sources know how far they are: nowhere at first, somewhere between, at the end at the end.
func TestMeasured_PartGrowsToOne(t *testing.T) {
	files, list := map[string]string{}, "file,text\n"
	for i := range 40 {
		name := fmt.Sprintf("%02d.png", i)
		files[name] = string(ingesttest.PNG(i))
		list += name + ",text\n"
	}
	dir := ingesttest.WriteFiles(t, t.TempDir(), files)
	ingesttest.WriteFiles(t, dir, map[string]string{"list.csv": list})
	images, err := folder.New(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	table, err := tabular.New(tabular.Options{File: filepath.Join(dir, "list.csv"), Columns: tabular.Columns{Image: "file", Text: "text"}})
	if err != nil {
		t.Fatal(err)
	}
	parquet, err := tabular.New(tabular.Options{File: "../internal/format/hf/testdata/datasets.parquet", Columns: tabular.Columns{Image: "image"}})
	if err != nil {
		t.Fatal(err)
	}
	documents, err := document.NewPDF("internal/pdf/testdata")
	if err != nil {
		t.Fatal(err)
	}
	documents.Side = 50
	for _, source := range []ingest.Measured{images, table, parquet, documents} {
		if part := source.Part(); part != 0 {
			t.Errorf("%s: %g before it begins", source.Name(), part)
		}
		last := 0.0
		for range source.Records(t.Context(), ingest.Cursor{}) {
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
	if _, known := ingest.Source(&folder.Source{Dir: dir}).(ingest.Measured); !known || (&folder.Source{Dir: dir}).Part() != 0 {
		t.Error("a source made by hand has no meter")
	}
}
