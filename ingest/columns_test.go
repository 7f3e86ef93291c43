package ingest

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pali3/pali3/shards"
)

func TestArrow_BinaryColumnsAreImages(t *testing.T) {
	source, err := NewArrow("testdata/columns/binary.arrow")
	samples, stat, _ := rows(t, source, err)
	if stat.Rows != 2 || stat.Images != 2 || stat.Texts != 2 || len(stat.LeftOut) > 0 {
		t.Errorf("%+v", stat)
	}
	for key, s := range samples {
		if len(s.Metadata) > 0 || len(s.Images) != 1 {
			t.Errorf("%s: %+v", key, s)
		}
	}
}

func TestTFRecord_CaptionsOfTensorFlowDatasets(t *testing.T) {
	source, err := NewTFRecord("testdata/columns/coco_captions.tfrecord")
	samples, stat, _ := rows(t, source, err)
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

func TestMDS_ColumnsOfBytesAreLeftOut(t *testing.T) {
	source, err := NewMDS("testdata/columns/latents")
	_, stat, _ := rows(t, source, err)
	if stat.Rows != 2 || stat.Images != 2 || stat.Texts != 2 || stat.Rejected != 0 || stat.LeftOut[shards.LeftColumn] != 2 ||
		!slices.Equal(stat.LeftOutFirst[shards.LeftColumn], []string{"latents"}) {
		t.Errorf("%+v", stat)
	}
	if taken := source.ColumnsTaken(); !strings.Contains(taken, "image column image; text column caption") || !strings.Contains(taken, "left out: latents") {
		t.Error(taken)
	}
}

func TestMDS_TwoDatasetsHaveOtherKeys(t *testing.T) {
	source, err := NewMDS("testdata/columns/two/train", "testdata/columns/two/val/")
	samples, stat, reasons := rows(t, source, err)
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
		source, err := NewArrow(path)
		if err != nil {
			t.Fatal(err)
		}
		stat, err := Run(t.Context(), source, out, Options{Command: "test"})
		if err != nil || stat.Rows != [3]int64{3}[i] || stat.Duplicates != [3]int64{0, 3, 3}[i] {
			t.Errorf("%s: %+v %v", path, stat, err)
		}
	}
}

func TestNamesOf(t *testing.T) {
	for _, c := range []struct{ files, want []string }{
		{[]string{"/x/data.arrow"}, []string{"data.arrow"}},
		{[]string{"/x/train/data.arrow", "/x/val/data.arrow", "/x/other.arrow"}, []string{"train/data.arrow", "val/data.arrow", "other.arrow"}},
		{[]string{"/x/data.arrow", "/x/./data.arrow", "/x/y/../data.arrow"}, []string{"data.arrow", "data.arrow", "data.arrow"}},
		{[]string{"/data.arrow", "/x/data.arrow"}, []string{"data.arrow", "x/data.arrow"}},
		{[]string{"s3://b/p/data.arrow?region=x", "s3://b/q/data.arrow"}, []string{"p/data.arrow", "q/data.arrow"}},
		{[]string{"/a/b/c.x", "/d/b/c.x", "/e/c.x"}, []string{"a/b/c.x", "d/b/c.x", "e/c.x"}},
	} {
		if got := namesOf(c.files); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.files, got, c.want)
		}
	}
}

// TestHub_SaysWhichColumnsItTakes reads a dataset whose texts have no common name, and that has two
// columns of images.
func TestHub_SaysWhichColumnsItTakes(t *testing.T) {
	content, err := os.ReadFile("testdata/columns/edits.parquet")
	if err != nil {
		t.Fatal(err)
	}
	commit := strings.Repeat("e", 40)
	server := hubServer(t, &commit, map[string][]byte{"data/train-00000-of-00001.parquet": content})
	o := HubOptions{Repo: "owner/birds", Endpoint: server.URL, CacheDir: t.TempDir()}
	source, err := NewHub(t.Context(), o)
	_, stat, _ := rows(t, source, err)
	if stat.Rows != 2 || stat.Images != 2 || stat.Texts != 0 || stat.LeftOut[shards.LeftColumn] != 8 {
		t.Errorf("%+v", stat)
	}
	want := "image column original_image; no text column among original_prompt, edit_prompt, edited_prompt, edited_image: name one with --text-column; " +
		"further image column edited_image left out: repeat --image-column to take more than one"
	if got := source.ColumnsTaken(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	o.Columns = Columns{Image: "original_image", MoreImages: []string{"edited_image"}, Text: "edit_prompt", Keep: []string{"original_prompt"}}
	source, err = NewHub(t.Context(), o)
	samples, stat, _ := rows(t, source, err)
	if s := samples["owner/birds/data/train-00000-of-00001.parquet:1"]; stat.Images != 4 || stat.Texts != 2 || s.Texts[0].Kind != shards.Caption || s.Metadata["original_prompt"] == "" {
		t.Errorf("%+v %+v", stat, s)
	}
	o.Columns = Columns{Text: "prompt"}
	if _, err := NewHub(t.Context(), o); err == nil || !strings.Contains(err.Error(), `no column "prompt"; there are original_prompt`) {
		t.Errorf("a column that is not there: %v", err)
	}
}

// TestHub_PeeksAtLargeFiles reads the columns of a file without downloading it.
func TestHub_PeeksAtLargeFiles(t *testing.T) {
	h := &trueHub{files: map[string][]byte{"train.parquet": hubTable(t, 0, 40000)}}
	if size := len(h.files["train.parquet"]); size < peekFrom {
		t.Fatalf("%d bytes", size)
	}
	source, err := h.open(t, HubOptions{CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if sent := h.sent.Load(); sent > 1<<20 || !strings.Contains(source.ColumnsTaken(), "image column image; text column caption") {
		t.Errorf("%d bytes were sent: %s", sent, source.ColumnsTaken())
	}
}

func TestFiles_OfAnotherKind(t *testing.T) {
	parquet := hubTable(t, 0, 1)
	dir := put(t, t.TempDir(), map[string]string{"x.parquet": string(parquet), "page": "<!DOCTYPE html><html><body>Not found",
		"pointer": "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "lines": `{"caption": "a"}` + "\n", "photo": string(tiny(1))})
	arrow := func(name string) error { _, err := NewArrow(filepath.Join(dir, name)); return err }
	tfrecord := func(name string) error { _, err := NewTFRecord(filepath.Join(dir, name)); return err }
	for _, c := range []struct {
		open       func(string) error
		name, says string
	}{
		{arrow, "x.parquet", "pali3 ingest table reads it"}, {arrow, "page", "an HTML page"}, {arrow, "pointer", "git lfs pull"},
		{tfrecord, "x.parquet", "a Parquet file"}, {tfrecord, "page", "an HTML page"}, {tfrecord, "pointer", "git lfs pull"},
		{tfrecord, "lines", "JSON"}, {arrow, "photo", "pali3 ingest folder"},
	} {
		if err := c.open(c.name); !errors.Is(err, ErrWrongKind) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %s", c.name, err, c.says)
		}
	}
	path := filepath.Join(put(t, t.TempDir(), map[string]string{"t.parquet": "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"}), "t.parquet")
	if _, err := NewTable(Table{File: path, Columns: Columns{Image: "image"}}); err == nil || !strings.Contains(err.Error(), "git lfs pull") {
		t.Errorf("a pointer as a table: %v", err)
	}
}

func TestFiles_NamedColumns(t *testing.T) {
	source, err := NewTFRecord("testdata/columns/coco_captions.tfrecord")
	if err == nil {
		err = source.Map(Columns{Text: "captions/id", ID: "image/id"}, "en", shards.OCR)
	}
	samples, stat, _ := rows(t, source, err)
	if s := samples["100"]; stat.Texts != 4 || len(s.Texts) != 2 || s.Texts[0] != (shards.Text{Kind: shards.OCR, Language: "en", Value: "0"}) {
		t.Errorf("%+v %+v", stat, samples)
	}
	if err := source.Map(Columns{Text: "caption"}, "", ""); err == nil || !strings.Contains(err.Error(), "captions/text") {
		t.Errorf("a column that is not there: %v", err)
	}
}

func TestTable_FieldsListsAndQuestions(t *testing.T) {
	line := `{"file": "a.png", "captions": [{"text": "a cat"}, {"text": "a dog"}], "meta": {"q": "what?", "kind": "x"}, "answers": "[\"cat\", \"dog\"]", "rest": 1}`
	dir := put(t, t.TempDir(), map[string]string{"t.jsonl": line + "\n", "a.png": string(tiny(1))})
	source, err := NewTable(Table{File: filepath.Join(dir, "t.jsonl"),
		Columns: Columns{Image: "file", Text: "captions/text", Question: "meta/q", Answers: "answers", Keep: []string{"meta/kind"}}})
	samples, stat, _ := rows(t, source, err)
	s := samples["a.png"]
	if len(s.Texts) != 2 || s.Texts[1].Value != "a dog" || len(s.Questions) != 1 || len(s.Questions[0].Answers) != 2 || s.Metadata["meta/kind"] != "x" ||
		!bytes.Equal(s.Images[0].Bytes, tiny(1)) || stat.LeftOut[shards.LeftColumn] != 1 {
		t.Errorf("%+v %+v", s, stat)
	}
}
