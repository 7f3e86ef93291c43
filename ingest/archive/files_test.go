package archive

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/shards"
)

// The files were written by pyarrow, TensorFlow and MosaicML Streaming.
func TestFiles_ReadsOtherToolsFiles(t *testing.T) {
	for name, open := range map[string]func() (*Files, error){
		"arrow": func() (*Files, error) {
			return NewArrow(nil, "../../shards/format/arrow/testdata/pyarrow-file-zstd.arrow", "../../shards/format/arrow/testdata/datasets.arrow")
		},
		"tfrecord": func() (*Files, error) {
			return NewTFRecord(nil, "../../internal/format/tfrecord/testdata/three.tfrecord")
		},
	} {
		source, err := open()
		_, stat, reasons := ingesttest.Ingest(t, source, err)
		if stat.Rows < 3 || stat.Rejected != 0 || stat.Images != stat.Rows {
			t.Errorf("%s: %+v %v", name, stat, reasons)
		}
	}
}

func TestFiles_RejectsDamaged(t *testing.T) {
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"a.arrow": "ARROW1\x00\x00", "a.tfrecord": "x", "a.tfrecord.gz": "\x1f\x8b", "mds/index.json": "{"})
	for _, open := range []func() (*Files, error){
		func() (*Files, error) { return NewArrow(nil, filepath.Join(dir, "a.arrow")) },
		func() (*Files, error) { return NewTFRecord(nil, filepath.Join(dir, "a.tfrecord")) },
		func() (*Files, error) { return NewTFRecord(nil, filepath.Join(dir, "a.tfrecord.gz")) },
		func() (*Files, error) { return NewMDS(nil, filepath.Join(dir, "mds")) },
	} {
		source, err := open()
		if err != nil {
			t.Fatal(err)
		}
		_, stat, _ := ingesttest.Ingest(t, source, nil)
		if stat.Rows != 0 || stat.Rejected != 1 {
			t.Errorf("%s: %+v", source.Name(), stat)
		}
	}
	if _, err := NewMDS(nil, t.TempDir()); err == nil {
		t.Error("a folder without an index was taken")
	}
}

func TestFiles_ReadsFolders(t *testing.T) {
	dir := t.TempDir()
	for from, to := range map[string]string{"testdata/columns/coco_captions.tfrecord": "t/train.tfrecord-00000-of-00001"} {
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		ingesttest.WriteFiles(t, dir, map[string]string{to: string(content), "t/features.json": "{}"})
	}
	source, err := NewTFRecord(nil, filepath.Join(dir, "t"))
	_, stat, _ := ingesttest.Ingest(t, source, err)
	if stat.Rows == 0 || stat.LeftOut[shards.LeftFile] != 1 {
		t.Errorf("%+v", stat)
	}
	mds, err := NewMDS(nil, "testdata/columns/latents/index.json")
	if _, stat, _ := ingesttest.Ingest(t, mds, err); stat.Rows != 2 {
		t.Errorf("by its index: %+v", stat)
	}
}
