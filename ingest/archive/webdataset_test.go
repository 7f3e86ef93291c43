package archive

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/webdataset"
)

// archived ingests one of the archives of testdata.
func ingestArchive(t *testing.T, name string) (map[string]shards.Sample, ingest.Summary, map[string]string) {
	t.Helper()
	source, err := NewWebDataset(nil, filepath.Join("testdata", "archives", name+".tar.gz"))
	return ingesttest.Ingest(t, source, err)
}

func TestWebDataset_KeepsSeveralTexts(t *testing.T) {
	samples, stat, _ := ingestArchive(t, "several-texts")
	if stat.Rows != 2 || stat.Rejected != 0 {
		t.Errorf("%+v", stat)
	}
	if got := ingesttest.Texts(samples["1"]); !slices.Equal(got, []string{"short caption of one", "long caption of one"}) {
		t.Errorf("sample 1: %q", got)
	}
	two := samples["2"]
	if got := ingesttest.Texts(two); !slices.Equal(got, []string{"real caption"}) || two.Provenance.URL != "https://example.org/2.png" || two.Metadata["detections"] != `{"boxes_found":3}` {
		t.Errorf("sample 2: %+v", two)
	}
}

func TestWebDataset_RejectsImagesOfOtherKinds(t *testing.T) {
	source, err := NewWebDataset(nil, filepath.Join("testdata", "archives", "image-kinds.tar.gz"))
	samples, stat, reasons := ingesttest.Ingest(t, source, err)
	if stat.Rows != 1 || stat.Rejected != 3 || stat.Reasons[ingest.BadImage] != 3 || len(reasons) != 3 {
		t.Errorf("%+v, rejected %v", stat, reasons)
	}
	for record := range source.Records(t.Context(), ingest.Cursor{}) {
		if want := map[string]string{"1": "member .tiff: this is a TIFF image", "2": "member .avif: this is an AVIF image", "3": "member .jxl: this is a JPEG XL image"}[record.Sample.Key]; want != "" &&
			(record.Err == nil || !strings.HasPrefix(record.Err.Error(), want)) {
			t.Errorf("sample %s: %v", record.Sample.Key, record.Err)
		}
	}
	if !slices.Equal(ingesttest.Texts(samples["0"]), []string{"zero"}) || stat.LeftOut[shards.LeftMember] != 1 || !slices.Equal(stat.LeftOutFirst[shards.LeftMember], []string{".npy"}) {
		t.Errorf("sample 0: %+v, left out %v %v", samples["0"], stat.LeftOut, stat.LeftOutFirst)
	}
}

func TestWebDataset_KeepsForeignJSONAsMetadata(t *testing.T) {
	samples, stat, reasons := ingestArchive(t, "foreign-json")
	if stat.Rows != 5 || stat.Rejected != 0 || stat.Images != 5 {
		t.Errorf("%+v, rejected %v", stat, reasons)
	}
	for key, text := range map[string]string{"0": "zero", "1": "one", "2": "two", "3": "three", "4": "four"} {
		if !slices.Equal(ingesttest.Texts(samples[key]), []string{text}) {
			t.Errorf("sample %s: texts %q", key, ingesttest.Texts(samples[key]))
		}
	}
	if m := samples["0"].Metadata; m["texts"] != `["a",null]` || m["images"] != `[null,"i.png"]` || samples["0"].Provenance.URL != "https://example.org/" {
		t.Errorf("sample 0: %+v", samples["0"])
	}
	if m := samples["1"].Metadata; m["boxes"] != `[[0,0,1,1]]` || m["labels"] != `["x"]` {
		t.Errorf("sample 1: %+v", samples["1"])
	}
	if samples["2"].Scores["clip"] != 0.31 || samples["3"].Metadata["metadata"] != `{"width":16,"tags":["a"]}` || samples["4"].Metadata["width"] != "16" {
		t.Errorf("samples 2, 3, 4: %+v", samples)
	}
}

func TestWebDataset_ReadsSparseMembers(t *testing.T) {
	samples, stat, _ := ingestArchive(t, "sparse")
	zero := samples["0"]
	if stat.Rows != 2 || stat.Images != 2 || len(zero.Images) != 1 {
		t.Fatalf("%+v", stat)
	}
	if image := zero.Images[0]; image.Width != 64 || image.Height != 256 || len(image.Bytes) != 49206 {
		t.Errorf("image of %d x %d, %d bytes", image.Width, image.Height, len(image.Bytes))
	}
}

func TestWebDataset_ReadsNaN(t *testing.T) {
	samples, stat, reasons := ingestArchive(t, "nan")
	if stat.Rows != 2 || stat.Rejected != 0 {
		t.Fatalf("%+v, rejected %v", stat, reasons)
	}
	zero := samples["0"]
	if _, there := zero.Metadata["similarity"]; there || zero.Metadata["punsafe"] != "Infinity" || samples["1"].Metadata["similarity"] != "0.3" || !slices.Equal(ingesttest.Texts(zero), []string{"zero"}) {
		t.Errorf("%+v", samples)
	}
}

func TestWebDataset_NamesKindOfWrongFile(t *testing.T) {
	for content, want := range map[string]string{
		"":                           "the archive is empty",
		"PK\x03\x04zip":              "a zip archive; unpack it",
		"PAR1parquet":                "a Parquet file; read it with pali3 ingest table",
		"<!DOCTYPE html><html>":      "an HTML page",
		"\xfd7zXZ\x00\x00\x04":       "xz data; pass it through xz -dc",
		"version https://git-lfs":    "git lfs pull",
		"file,text\na.png,a cat\n":   "no tar archive: this is plain text",
		string(ingesttest.PNG(1)):    "a PNG image",
		"\x1f\x8b":                   "gzip",
		"\x28\xb5\x2f\xfdnot really": "unpacking the archive",
	} {
		dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"a.tar": content})
		source, err := NewWebDataset(nil, filepath.Join(dir, "a.tar"))
		if err != nil {
			t.Fatal(err)
		}
		for record := range source.Records(t.Context(), ingest.Cursor{}) {
			if record.Reason != shards.BadArchive || record.Err == nil || !strings.Contains(record.Err.Error(), want) {
				t.Errorf("%.12q: %s %v, want %q", content, record.Reason, record.Err, want)
			}
		}
	}
}

// The archives, and what the Python library webdataset finds in them, are by
// parity/webdataset_archives.py.
func TestWebDataset_FindsWhatPythonFinds(t *testing.T) {
	type sample struct {
		Key           string
		Images, Texts []string
		Cls           string
		Left          int64
	}
	var cases []struct {
		Archive []byte
		Samples []sample
	}
	f, err := os.Open(filepath.Join("testdata", "archives", "grid.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(unzipped).Decode(&cases); err != nil || len(cases) < 50 {
		t.Fatal(len(cases), err)
	}
	for i, c := range cases {
		var got []sample
		for record := range webdataset.Read(bytes.NewReader(c.Archive), "a.tar") {
			if record.IsAside() {
				continue
			}
			s := sample{Key: record.Sample.Key, Texts: ingesttest.Texts(record.Sample), Cls: record.Sample.Metadata["cls"]}
			for _, image := range record.Sample.Images {
				s.Images = append(s.Images, shards.Hash(image.Bytes))
			}
			for _, left := range record.LeftOut {
				if slices.Contains([]string{".npy", ".mp4", ".pth"}, left.Name) {
					s.Left += left.N
				}
			}
			if record.Reason == shards.NoContent { // neither image nor text: Python yields it, and here it is a reject
				s.Cls = "*"
			}
			got = append(got, s)
		}
		for j, want := range c.Samples {
			want.Key = strings.TrimPrefix(want.Key, "./")
			if len(want.Images) == 0 && len(want.Texts) == 0 {
				want.Cls = "*"
			}
			if j >= len(got) || got[j].Key != want.Key || !slices.Equal(got[j].Images, want.Images) || !slices.Equal(got[j].Texts, want.Texts) || got[j].Cls != want.Cls || got[j].Left != want.Left {
				t.Fatalf("archive %d, sample %d: %+v, want %+v", i, j, got[min(j, len(got)-1)], want)
			}
		}
		if len(got) != len(c.Samples) {
			t.Errorf("archive %d: %d samples, want %d", i, len(got), len(c.Samples))
		}
	}
}

// Two images with the same name in two archives: neither is dropped silently.
func TestWebDataset_ByArchiveTellsEqualNamesApart(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.tar"), filepath.Join(dir, "b.tar")
	for i, name := range []string{a, b} {
		if err := os.WriteFile(name, ingesttest.BirdsTar(t, i, i+1), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		byArchive                   bool
		keys                        []string
		Ingest, rejects, duplicates int64
	}{
		{false, []string{"000"}, 1, 1, 1},
		{true, []string{"a.tar/000", "b.tar/000"}, 2, 0, 1},
	} {
		source, err := NewWebDataset(nil, a, b, a)
		if err != nil {
			t.Fatal(err)
		}
		source.ByArchive = c.byArchive
		samples, stat, _ := ingesttest.Ingest(t, source, nil)
		if stat.Rows != c.Ingest || stat.Reasons[ingest.SameKey] != c.rejects || stat.Duplicates != c.duplicates {
			t.Errorf("by archive %v: %+v", c.byArchive, stat)
		}
		for _, key := range c.keys {
			if _, there := samples[key]; !there {
				t.Errorf("by archive %v: no record %q", c.byArchive, key)
			}
		}
	}
}

// What an earlier run committed is not compared, since it may have been
// resized.
func TestRun_DoesNotCompareWithEarlierRuns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	for i, want := range []shards.Stat{{Rows: 1}, {Duplicates: 1}} {
		archive := filepath.Join(t.TempDir(), "a.tar")
		if err := os.WriteFile(archive, ingesttest.BirdsTar(t, i, i+1), 0o644); err != nil {
			t.Fatal(err)
		}
		source, err := NewWebDataset(nil, archive)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ingest.Run(t.Context(), source, dir, ingest.Options{})
		if err != nil || got.Rows != want.Rows || got.Duplicates != want.Duplicates || got.Rejected != 0 {
			t.Errorf("run %d: %+v, %v", i, got, err)
		}
	}
}
