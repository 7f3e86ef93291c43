package ingesttest

import (
	"archive/tar"
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/shards"
)

func PNG(n int) []byte {
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	m.SetGray(n%8, n/8%8, color.Gray{Y: uint8(n)})
	var b bytes.Buffer
	png.Encode(&b, m)
	return b.Bytes()
}

func WriteFiles(t testing.TB, dir string, files map[string]string) string {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Ingest ingests and returns the dataset's rows by key, with what was counted.
func Ingest(t *testing.T, source ingest.Source, err error) (map[string]shards.Sample, ingest.Summary, map[string]string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	stat, err := ingest.Run(t.Context(), source, dir, ingest.Options{Command: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if problems, err := shards.Verify(dir, true); err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	d, err := shards.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	samples, reasons := map[string]shards.Sample{}, map[string]string{}
	for s, err := range d.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		samples[s.Key] = s
	}
	for r := range d.Rejects() {
		reasons[r.Key] = r.Reason
	}
	return samples, stat, reasons
}

func Base64Of(content []byte) string { return base64.StdEncoding.EncodeToString(content) }

// Texts are the texts of a sample.
func Texts(s shards.Sample) (all []string) {
	for _, text := range s.Texts {
		all = append(all, text.Value)
	}
	return all
}

// WriteMember writes a member of a tar archive.
func WriteMember(w *tar.Writer, name string, content []byte) {
	w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))})
	w.Write(content)
}

// WriteTar writes members, given as pairs of name and content, to a WebDataset archive.
func WriteTar(t *testing.T, path string, members ...string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(f)
	for i := 0; i < len(members); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: members[i], Mode: 0o644, Size: int64(len(members[i+1]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(members[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// BirdsTar is a WebDataset archive with the birds from to to, whose names count from 0 in each
// archive.
func BirdsTar(t *testing.T, from, to int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := from; i < to; i++ {
		WriteMember(w, fmt.Sprintf("%03d.png", i-from), PNG(i))
		WriteMember(w, fmt.Sprintf("%03d.txt", i-from), fmt.Append(nil, "bird ", i))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
