package batchfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/internal/batchtest"
	"github.com/pali3/pali3/mixture"
)

func write(t *testing.T, dir string, s *mixture.Stream, o Options) *Manifest {
	t.Helper()
	m, err := Write(t.Context(), dir, s, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFolder_ReadsTheBatchesThatWereWritten(t *testing.T) {
	for name, s := range streams(t, mixture.Options{Workers: 2}) {
		dir := filepath.Join(t.TempDir(), "batches")
		m := write(t, dir, s, Options{From: 3, To: 10, StepsPerFile: map[string]int{"sequences": 1}[name] + map[string]int{"images": 3, "text": 100}[name]})
		f, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []int{9, 3, 4, 8, 3} {
			b, err := f.Batch(step)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			want := batchtest.Batch(t, s, step).Digest()
			if b.Digest() != want || b.Step != step {
				t.Errorf("%s step %d: another batch", name, step)
			}
		}
		if name == "images" && (len(m.Files) != 3 || m.Files[2].From != 9 || m.Files[2].Name != "steps-000000009-000000010.arrow") {
			t.Errorf("files %+v", m.Files)
		}
		if name == "sequences" && len(m.Files) != 7 {
			t.Errorf("%d files of batches whose shapes vary, want one a step", len(m.Files))
		}
		if _, err := f.Batch(10); err == nil || !strings.Contains(err.Error(), "has the steps 3 to 9, not 10") {
			t.Errorf("step 10: %v", err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestWrite_ResumesAfterItWasStopped stops after each step in turn. The folder is then that of one
// call.
func TestWrite_ResumesAfterItWasStopped(t *testing.T) {
	s := batchtest.Stream(t, mixture.Options{})
	o := Options{From: 0, To: 7, StepsPerFile: 2}
	whole := filepath.Join(t.TempDir(), "whole")
	write(t, whole, s, o)
	want, err := os.ReadFile(filepath.Join(whole, ManifestName))
	if err != nil {
		t.Fatal(err)
	}
	for stop := 1; stop < 7; stop++ {
		dir := filepath.Join(t.TempDir(), "batches")
		ctx, cancel := context.WithCancel(t.Context())
		stopped := o
		stopped.Each = func(done, _ int) {
			if done == stop {
				cancel()
			}
		}
		if _, err := Write(ctx, dir, s, stopped); !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped after step %d: %v", stop, err)
		}
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "is not complete") {
			t.Errorf("an incomplete folder opens: %v", err)
		}
		found := 0
		resumed := Options{From: 0, To: 7, Each: func(_, before int) { found = before }}
		write(t, dir, s, resumed)
		if found != stop/2*2 {
			t.Errorf("stopped after step %d: %d steps were kept, want %d", stop, found, stop/2*2)
		}
		got, err := os.ReadFile(filepath.Join(dir, ManifestName))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("stopped after step %d: another manifest\n%s\nwant\n%s", stop, got, want)
		}
		names, _ := filepath.Glob(filepath.Join(dir, "[^.]*"))
		if len(names) != 5 {
			t.Errorf("files %v", names)
		}
	}
}

func TestWrite_RefusesFoldersOfOthers(t *testing.T) {
	s := batchtest.Stream(t, mixture.Options{})
	dir := filepath.Join(t.TempDir(), "batches")
	write(t, dir, s, Options{To: 2})
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "thesis.tex"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dir  string
		s    *mixture.Stream
		o    Options
		want string
	}{
		{dir, batchtest.Stream(t, mixture.Options{}, "seed=4"), Options{To: 2}, "the recipe, its data or its tokenizer differs"},
		{dir, s, Options{To: 3}, "it has steps 0:2, not 0:3"},
		{dir, s, Options{To: 2, Hosts: 2}, "it has the rows of host 0/1, not 0/2"},
		{dir, s, Options{To: 2, StepsPerFile: 1}, "not 1; write into another folder"},
		{foreign, s, Options{To: 2}, "it holds thesis.tex and no manifest.json"},
		{dir, s, Options{}, "steps 0 to 0 are none"},
	} {
		_, err := Write(t.Context(), c.dir, c.s, c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

func TestFolder_NamesDamage(t *testing.T) {
	s := batchtest.Stream(t, mixture.Options{})
	dir := filepath.Join(t.TempDir(), "batches")
	m := write(t, dir, s, Options{To: 4, StepsPerFile: 2})
	path := filepath.Join(dir, m.Files[0].Name)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := 0
	for at := 0; at < len(whole); at += len(whole)/64 + 1 {
		content := append([]byte(nil), whole...)
		content[at] ^= 0x55
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		for step := range 2 {
			f, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := f.Batch(step); err != nil {
				damaged++
				if !strings.Contains(err.Error(), path) {
					t.Errorf("byte %d: %v", at, err)
				}
			} else if b.Digest() != m.Files[0].Digests[step] {
				t.Errorf("byte %d: another batch and no error", at)
			}
			f.Close()
		}
	}
	if damaged < 20 {
		t.Errorf("%d damages were noticed", damaged)
	}
	os.WriteFile(path, whole[:100], 0o644)
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Batch(0); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a file that is cut: %v", err)
	}
}

func FuzzParseManifest(f *testing.F) {
	f.Add([]byte(`{"format": 1, "from": 0, "to": 2, "steps_per_file": 1, "complete": false, "files": [], "shape": {"rows": 1, "texts": 1, "encoder": 1}}`))
	f.Add([]byte(`{"format": 1, "from": 0, "to": 1, "steps_per_file": 1, "complete": true, "shape": {"rows": 1, "texts": 1, "encoder": 1},
		"files": [{"name": "steps-000000000-000000001.arrow", "from": 0, "to": 1, "digests": ["00"]}]}`))
	f.Add([]byte(`{"format": 1, "to": 9223372036854775807, "steps_per_file": 9223372036854775807}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		m, err := parseManifest(content, "manifest.json")
		if err == nil && (m.To <= m.From || m.StepsPerFile < 1 || m.Complete && len(m.Files) == 0) {
			t.Errorf("%q gives %+v", content, m)
		}
	})
}
