package webdataset

import (
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pali3/pali3/shards"
)

func samples() []shards.Sample {
	return []shards.Sample{
		{Key: "a/b", Split: "train", Images: []shards.Image{{Bytes: []byte("one"), Format: "png", SHA256: "x"}, {Bytes: []byte("two"), Format: "jpeg", SHA256: "y"}},
			Texts: []shards.Text{{Kind: shards.Alt, Language: "fr", Value: "légende"}}, Metadata: map[string]string{"cls": "7"}},
		{Key: "with.dot", Texts: []shards.Text{{Kind: shards.Title, Value: "title"}}},
		{Key: "../escape", Images: []shards.Image{{Bytes: []byte("three"), Format: "gif"}}, Provenance: shards.Provenance{URL: "u"}},
	}
}

func each(all []shards.Sample) iter.Seq2[shards.Sample, error] {
	return func(yield func(shards.Sample, error) bool) {
		for _, s := range all {
			if !yield(s, nil) {
				return
			}
		}
	}
}

func read(t *testing.T, path string) (all []shards.Sample) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for r := range Read(f, path) {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		all = append(all, r.Sample)
	}
	return all
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	want := samples()
	for i := range want { // what the archive does not say of images, ingestion fills in
		for j := range want[i].Images {
			want[i].Images[j].Format = ""
		}
	}
	for _, compression := range []string{"", "gz", "zst"} {
		dir := t.TempDir()
		names, err := Write(dir, each(samples()), Options{Rows: 2, Compression: compression})
		if err != nil || len(names) != 2 {
			t.Fatalf("%v: %v", names, err)
		}
		got := append(read(t, filepath.Join(dir, names[0])), read(t, filepath.Join(dir, names[1]))...)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", compression, diff)
		}
	}
}

// The files are written by the Python library webdataset: parity/shards.py write.
func TestReadsWhatPythonWrote(t *testing.T) {
	for _, name := range []string{"three.tar", "three.tar.gz"} {
		all := read(t, "testdata/"+name)
		if len(all) != 3 {
			t.Fatalf("%s: %d records", name, len(all))
		}
		for i, s := range all {
			if s.Key != fmt.Sprint("k", i) || len(s.Images) != 1 || s.Texts[0].Value != fmt.Sprint("légende ", i) ||
				s.Metadata["cls"] != fmt.Sprint(i) || s.Metadata["n"] != fmt.Sprint(i) {
				t.Errorf("%s: record %d: %+v", name, i, s)
			}
		}
	}
}

func TestImg2dataset(t *testing.T) {
	dir := t.TempDir()
	if err := WriteImg2dataset(dir, each(samples()), Options{Rows: 2}); err != nil {
		t.Fatal(err)
	}
	got := append(read(t, filepath.Join(dir, "00000.tar")), read(t, filepath.Join(dir, "00001.tar"))...)
	if len(got) != 2 || got[0].Key != "000000000" || got[0].Texts[0].Value != "légende" || got[1].Key != "000010000" || got[1].Provenance.URL != "u" {
		t.Errorf("%+v", got)
	}
	content, err := os.ReadFile(filepath.Join(dir, "00000_stats.json"))
	if err != nil {
		t.Fatal(err)
	}
	var stats Stats
	if err := json.Unmarshal(content, &stats); err != nil || stats.Count != 2 || stats.Successes != 1 || stats.FailedToDownload != 1 {
		t.Errorf("%+v: %v", stats, err)
	}
}
