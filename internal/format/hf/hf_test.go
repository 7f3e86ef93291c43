package hf

import (
	"bytes"
	"fmt"
	"iter"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pali3/pali3/shards"
)

func samples() []shards.Sample {
	score := 0.5
	return []shards.Sample{
		{Key: "a/b.c", Split: "train", Images: []shards.Image{{Bytes: []byte("one"), Format: "png", Width: 1, Height: 2, SHA256: "x"}, {Bytes: []byte("two"), Format: "jpeg"}},
			Texts: []shards.Text{{Kind: shards.Alt, Language: "fr", Value: "légende", Score: &score}}, Metadata: map[string]string{"tone": "dark"}},
		{Key: "text only", Texts: []shards.Text{{Kind: shards.Title, Value: "title"}}},
		{Key: "boxes", Images: []shards.Image{{Bytes: []byte("three"), Format: "gif"}}, Boxes: []shards.Box{{Label: "cat", X1: 1}}},
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

func TestWhatIsWrittenIsRead(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, each(samples())); err != nil {
		t.Fatal(err)
	}
	var got []shards.Sample
	for r := range Read(bytes.NewReader(b.Bytes()), int64(b.Len()), "a.parquet") {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		got = append(got, r.Sample)
	}
	if diff := cmp.Diff(samples(), got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

// The file is written by the Python library datasets: parity/shards.py write.
func TestReadsWhatDatasetsWrote(t *testing.T) {
	content, err := os.ReadFile("testdata/datasets.parquet")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for r := range Read(bytes.NewReader(content), int64(len(content)), "d") {
		s := r.Sample
		if r.Err != nil || s.Key != fmt.Sprint("k", n) || len(s.Images) != 1 || !bytes.HasPrefix(s.Images[0].Bytes, []byte("\x89PNG")) ||
			s.Texts[0].Value != fmt.Sprint("légende ", n) || s.Metadata["label"] != fmt.Sprint(n%2) {
			t.Errorf("row %d: %+v", n, r)
		}
		n++
	}
	if n != 5 {
		t.Errorf("%d rows", n)
	}
}

// TestFilesThatLie reads files that say in a few bytes that they have billions of values: each is
// one record that is bad.
func TestFilesThatLie(t *testing.T) {
	for _, name := range []string{"levels", "places", "list"} {
		content, err := os.ReadFile("../../parquet/table/testdata/hostile/" + name + ".parquet")
		if err != nil {
			t.Fatal(err)
		}
		records, bad := 0, 0
		for r := range Read(bytes.NewReader(content), int64(len(content)), name) {
			if records++; r.Err != nil {
				bad++
			}
		}
		if records != 1 || bad != 1 {
			t.Errorf("%s: %d records, %d of them bad", name, records, bad)
		}
	}
}
