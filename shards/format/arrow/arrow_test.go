package arrow

import (
	"bytes"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pali3/pali3/shards"
)

func samples(n int) (all []shards.Sample) {
	score := 0.25
	for i := range n {
		all = append(all, shards.Sample{
			Key: fmt.Sprint("k", i), Split: "train",
			Images: []shards.Image{{Bytes: []byte(strings.Repeat("x", i)), Format: "png", Width: int32(i), Height: 7, SHA256: "h"}, {Bytes: []byte{0}}}[:i%3%2+i%2],
			Texts:  []shards.Text{{Kind: shards.Alt, Language: "fr", Value: "légende", Score: &score}, {Kind: shards.OCR, Value: "日本"}}[:i%3],
			Questions: []shards.Question{{ID: "q", Text: "what?", Kind: "k", Language: "en",
				Answers: []shards.Answer{{Text: "x", Confidence: "yes"}, {Text: "y"}}}}[:i%2],
			Boxes:      []shards.Box{{Label: "cat", Image: 1, Y0: 0.5, X1: 1, Mask: []byte{1}}, {Label: "dog"}}[:i%3],
			Provenance: shards.Provenance{URL: "u", Licence: "l", FetchedAt: time.UnixMilli(int64(i) * 1000).UTC()},
			Scores:     map[string]float64{"clip": float64(i)},
			Metadata:   map[string]string{"tone": "dark"},
		})
	}
	return all
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

func read(t *testing.T, content []byte) (all []shards.Sample) {
	t.Helper()
	for r := range Read(bytes.NewReader(content), "a.arrow") {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		all = append(all, r.Sample)
	}
	return all
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	want := samples(10)
	var stream bytes.Buffer
	if err := WriteStream(&stream, each(want)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.arrow")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(f, each(want)); err != nil {
		t.Fatal(err)
	}
	f.Close()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"stream": stream.Bytes(), "file": file} {
		if diff := cmp.Diff(want, read(t, content), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The files are written by pyarrow, Polars and datasets: parity/shards.py write.
func TestReadsWhatOthersWrote(t *testing.T) {
	files, err := filepath.Glob("testdata/*.arrow")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for r := range Read(bytes.NewReader(content), "d") {
			s := r.Sample
			if r.Err != nil || s.Key != fmt.Sprint("k", n) || len(s.Images) != 1 || !bytes.HasPrefix(s.Images[0].Bytes, []byte("\x89PNG")) ||
				s.Texts[0].Value != fmt.Sprint("légende ", n) {
				t.Errorf("%s: row %d: %+v", path, n, r)
				break
			}
			n++
		}
		if n != 5 {
			t.Errorf("%s: %d rows", path, n)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"pyarrow-stream-none", "pyarrow-file-zstd"} {
		content, err := os.ReadFile("testdata/" + name + ".arrow")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		for range Read(bytes.NewReader(b), "fuzzed") {
			if n++; n > 1000 {
				return
			}
		}
	})
}
