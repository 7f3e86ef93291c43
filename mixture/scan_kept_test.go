package mixture

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestOpen_KeepsScans opens a recipe again from what its scans found.
func TestOpen_KeepsScans(t *testing.T) {
	r := recipe(t)
	r.Data = everyKind(t)
	r.Tasks = append(r.Tasks, Task{Name: "near", Kind: "caption", Weight: 1, Neighbours: 3},
		Task{Name: "roles", Kind: "object_vqa", Weight: 1, Objects: []string{"role"}, Split: "all"})
	kept := Options{ScanFolder: filepath.Join(t.TempDir(), "scans"), keptRows: 1}
	plain := open(t, r, Options{})
	check := func(name string, scans bool) {
		t.Helper()
		s := open(t, r, kept)
		if read := s.Dataset(r.Data).Reads().Bytes; (read > 0) != scans {
			t.Errorf("%s: %d bytes are read to open", name, read)
		}
		if got, want := fmt.Sprint(s.Seen(), s.Examples()), fmt.Sprint(plain.Seen(), plain.Examples()); got != want {
			t.Errorf("%s: seen %s, want %s", name, got, want)
		}
		for step := range 4 {
			if batch(t, s, step).Digest() != batch(t, plain, step).Digest() {
				t.Errorf("%s: step %d differs", name, step)
			}
		}
	}
	check("first", true)
	check("again", false)
	files, _ := filepath.Glob(filepath.Join(kept.ScanFolder, "scan-*"))
	if len(files) == 0 {
		t.Fatal("no scan is kept")
	}
	for _, damage := range []func(content []byte) []byte{
		func(c []byte) []byte { c[len(c)-1] ^= 1; return c },
		func(c []byte) []byte { return c[:len(c)/2] },
		func(c []byte) []byte { return nil },
	} {
		content, _ := os.ReadFile(files[0])
		os.WriteFile(files[0], damage(content), 0o644)
		check("damaged", true)
		check("repaired", false)
	}
	r.Tasks[0].Languages = []string{"en"}
	plain = open(t, r, Options{})
	check("another task", true)
	if small := open(t, r, Options{ScanFolder: filepath.Join(t.TempDir(), "none")}); small.Dataset(r.Data).Reads().Bytes == 0 {
		t.Error("the scan of a small dataset is kept")
	}
}

func FuzzReadKept(f *testing.F) {
	f.Add([]byte(`{"size":3,"runs":2,"labels":{},"languages":{}}`+"\n\x00\x02\x05\x01"), 10)
	f.Add([]byte(`{"size":2,"runs":1,"sorted":true,"labels":{"a":["b"]},"languages":{"en":2}}`+"\n\x01\x02\x01\x00"), 10)
	f.Add([]byte(`{"size":1,"runs":1000000000}`+"\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01"), 5)
	f.Fuzz(func(t *testing.T, content []byte, rows int) {
		rows = max(0, min(rows, 1<<20))
		k, err := readKept(content, rows)
		if err != nil {
			return
		}
		set := k.rows.rows()
		for i := range set.size {
			if row := set.at(i); row < 0 || row >= rows {
				t.Fatalf("row %d of %d", row, rows)
			}
		}
	})
}
