package archive

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/ingest/tabular"
	"github.com/pali3/pali3/shards"
)

func TestArrow_TakesBinaryColumnsAsImages(t *testing.T) {
	source, err := NewArrow(nil, "testdata/columns/binary.arrow")
	samples, stat, _ := ingesttest.Ingest(t, source, err)
	if stat.Rows != 2 || stat.Images != 2 || stat.Texts != 2 || len(stat.LeftOut) > 0 {
		t.Errorf("%+v", stat)
	}
	for key, s := range samples {
		if len(s.Metadata) > 0 || len(s.Images) != 1 {
			t.Errorf("%s: %+v", key, s)
		}
	}
}

func TestTFRecord_ReadsCaptionsOfTensorFlowDatasets(t *testing.T) {
	source, err := NewTFRecord(nil, "testdata/columns/coco_captions.tfrecord")
	samples, stat, _ := ingesttest.Ingest(t, source, err)
	if stat.Rows != 2 || stat.Images != 2 || stat.Texts != 4 || stat.Rejected != 0 {
		t.Errorf("%+v", stat)
	}
	s := samples["COCO_0.jpg"]
	var texts []string
	for _, text := range s.Texts {
		texts = append(texts, text.Kind+" "+text.Value)
	}
	if diff := cmp.Diff([]string{"caption first caption 0", "caption second caption 0"}, texts); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
	want := []shards.Box{{Label: "1", Y0: 0.1, X0: 0.2, Y1: 0.3, X1: 0.4}}
	if diff := cmp.Diff(want, s.Boxes, cmpopts.EquateApprox(0, 1e-6)); diff != "" {
		t.Errorf("boxes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"captions/id": "[0,1]", "image/id": "100", "objects/is_crowd": "0"}, s.Metadata); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
}

func TestMDS_LeavesOutBytesColumns(t *testing.T) {
	source, err := NewMDS(nil, "testdata/columns/latents")
	_, stat, _ := ingesttest.Ingest(t, source, err)
	if stat.Rows != 2 || stat.Images != 2 || stat.Texts != 2 || stat.Rejected != 0 || stat.LeftOut[shards.LeftColumn] != 2 ||
		!slices.Equal(stat.LeftOutFirst[shards.LeftColumn], []string{"latents"}) {
		t.Errorf("%+v", stat)
	}
	if taken := source.ColumnsTaken(); !strings.Contains(taken, "image column image; text column caption") || !strings.Contains(taken, "left out: latents") {
		t.Error(taken)
	}
}

func TestMDS_KeysDifferBetweenDatasets(t *testing.T) {
	source, err := NewMDS(nil, "testdata/columns/two/train", "testdata/columns/two/val/")
	samples, stat, reasons := ingesttest.Ingest(t, source, err)
	if stat.Rows != 4 || stat.Rejected != 0 {
		t.Errorf("%+v %v", stat, reasons)
	}
	for _, key := range []string{"train-0", "train-1", "val-0", "val-1"} {
		if _, there := samples[key]; !there {
			t.Errorf("no %s", key)
		}
	}
}

func TestFiles_KeysDoNotDependOnThePath(t *testing.T) {
	dir, err := filepath.Abs("testdata/columns")
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "data")
	for i, path := range []string{"testdata/columns/data.arrow", "./testdata/../testdata/columns/data.arrow", filepath.Join(dir, "data.arrow")} {
		source, err := NewArrow(nil, path)
		if err != nil {
			t.Fatal(err)
		}
		stat, err := ingest.Run(t.Context(), source, out, ingest.Options{Command: "test"})
		if err != nil || stat.Rows != [3]int64{3}[i] || stat.Duplicates != [3]int64{0, 3, 3}[i] {
			t.Errorf("%s: %+v %v", path, stat, err)
		}
	}
}

func TestFiles_RejectsOtherKinds(t *testing.T) {
	parquet, err := os.ReadFile("../../internal/format/hf/testdata/datasets.parquet")
	if err != nil {
		t.Fatal(err)
	}
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"x.parquet": string(parquet), "page": "<!DOCTYPE html><html><body>Not found",
		"pointer": "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "lines": `{"caption": "a"}` + "\n", "photo": string(ingesttest.PNG(1))})
	arrow := func(name string) error { _, err := NewArrow(nil, filepath.Join(dir, name)); return err }
	tfrecord := func(name string) error { _, err := NewTFRecord(nil, filepath.Join(dir, name)); return err }
	for _, c := range []struct {
		open       func(string) error
		name, says string
	}{
		{arrow, "x.parquet", "pali3 ingest table reads it"}, {arrow, "page", "an HTML page"}, {arrow, "pointer", "git lfs pull"},
		{tfrecord, "x.parquet", "a Parquet file"}, {tfrecord, "page", "an HTML page"}, {tfrecord, "pointer", "git lfs pull"},
		{tfrecord, "lines", "JSON"}, {arrow, "photo", "pali3 ingest folder"},
	} {
		if err := c.open(c.name); !errors.Is(err, input.ErrWrongKind) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %s", c.name, err, c.says)
		}
	}
	path := filepath.Join(ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"t.parquet": "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"}), "t.parquet")
	if _, err := tabular.New(tabular.Options{File: path, Columns: tabular.Columns{Image: "image"}}); err == nil || !strings.Contains(err.Error(), "git lfs pull") {
		t.Errorf("a pointer as a table: %v", err)
	}
}

func TestFiles_TakesNamedColumns(t *testing.T) {
	source, err := NewTFRecord(nil, "testdata/columns/coco_captions.tfrecord")
	if err == nil {
		err = source.Map(tabular.Columns{Text: "captions/id", ID: "image/id"}, "en", shards.OCR)
	}
	samples, stat, _ := ingesttest.Ingest(t, source, err)
	if s := samples["100"]; stat.Texts != 4 || len(s.Texts) != 2 || s.Texts[0] != (shards.Text{Kind: shards.OCR, Language: "en", Value: "0"}) {
		t.Errorf("%+v %+v", stat, samples)
	}
	if err := source.Map(tabular.Columns{Text: "caption"}, "", ""); err == nil || !strings.Contains(err.Error(), "captions/text") {
		t.Errorf("a column that is not there: %v", err)
	}
}
