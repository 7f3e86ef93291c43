package benchmarks

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/pali3/pali3/ingest"
)

// programmers are parts of messages that only a programmer of this package could understand.
var programmers = []string{" json: ", "jsontext: ", "Go value", "Go struct", "strconv.", "unmarshal", "benchmarks."}

// FuzzLayouts reads arbitrary bytes as the file of each benchmark. Every record must be usable or
// have a reason in words.
func FuzzLayouts(f *testing.F) {
	names := Layouts()
	for n, name := range names {
		for _, l := range published {
			if l.name == name {
				f.Add(byte(n), []byte(l.annotations), []byte(l.questions+l.classes+instances[name]))
			}
		}
		for _, l := range wild {
			if l.name == name {
				f.Add(byte(n), []byte(l.annotations), []byte(l.questions+l.classes))
			}
		}
	}
	f.Fuzz(func(t *testing.T, n byte, content, beside []byte) {
		dir := t.TempDir()
		o := Options{Layout: names[int(n)%len(names)], Annotations: filepath.Join(dir, "a"), Images: dir}
		if o.Layout == "objectnet" {
			for _, folder := range []string{"images", "mappings"} {
				if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			for _, name := range []string{objectFolders, objectClasses, imageNetNames, imageNetOrder} {
				if err := os.WriteFile(filepath.Join(dir, "mappings", name), [][]byte{content, beside}[len(name)%2], 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		if o.Layout == "ai2d" || o.Layout == "scicap" || o.Layout == "objectnet" {
			o.Annotations = dir
		}
		if slices.Contains([]string{"mme", "chartqa", "pope", "imagenet"}, o.Layout) && len(beside) == 0 {
			o.Annotations = dir
		}
		other := filepath.Join(dir, "instances.json")
		for file, bytes := range map[string][]byte{filepath.Join(dir, "a"): content, filepath.Join(dir, "a.json"): content, filepath.Join(dir, "a.txt"): content, other: beside} {
			if err := os.WriteFile(file, bytes, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		switch o.Layout {
		case "vqav2", "okvqa", "activitynet-qa", "rsvqa-lr", "rsvqa-hr":
			o.Questions = other
		case "openimages-boxes":
			o.Classes = other
		}
		source, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		for r := range source.Records(t.Context(), ingest.Cursor{}) {
			for _, l := range r.LeftOut {
				if l.Reason == "" || l.Name == "" || l.N < 0 {
					t.Errorf("left out %+v", l)
				}
			}
			if r.Err == nil {
				continue
			}
			for _, part := range programmers {
				if message := r.Err.Error(); strings.Contains(message, part) && !bytes.Contains(content, []byte(part)) && !bytes.Contains(beside, []byte(part)) {
					t.Errorf("%s: a message for programmers: %s", o.Layout, message)
				}
			}
			if r.Reason == "" {
				t.Errorf("no reason: %v", r.Err)
			}
		}
	})
}

func TestFuzzLayouts_HasASeedForEachLayout(t *testing.T) {
	for _, name := range Layouts() {
		if !slices.ContainsFunc(published, func(l fixture) bool { return l.name == name }) {
			t.Errorf("FuzzLayouts has no seed of %s: add its files to published", name)
		}
	}
}

// FuzzPythonJSON compares reading in pieces of every size with a parser that recognises strings.
func FuzzPythonJSON(f *testing.F) {
	f.Add([]byte(`[NaN, "NaN \" Infinity", -Infinity,Infinity, "\\", NaN]`), uint64(1))
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		want := bytes.Clone(text)
		new(withoutNaN).clean(want)
		random := rand.New(rand.NewPCG(seed, 1))
		r := &pythonJSON{source: bufio.NewReaderSize(iotest.OneByteReader(bytes.NewReader(text)), 16)}
		if seed%2 == 0 {
			r.source = bufio.NewReaderSize(bytes.NewReader(text), 16)
		}
		var got []byte
		for {
			piece := make([]byte, 1+random.IntN(12))
			n, err := r.Read(piece)
			got = append(got, piece[:n]...)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("%q in pieces: %q, want %q", text, got, want)
		}
		if json.Valid(text) && !bytes.Equal(want, text) {
			t.Fatalf("%q was changed to %q", text, want)
		}
	})
}
