package mds

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/shards"
)

func read(dir string) (all []shards.Record) {
	for r := range Read(dir) {
		all = append(all, r)
	}
	return all
}

// The datasets are written by MosaicML Streaming: parity/shards.py write.
func TestReadsWhatStreamingWrote(t *testing.T) {
	for _, name := range []string{"plain", "zstd", "gz"} {
		all := read("testdata/" + name)
		if len(all) != 8 {
			t.Errorf("%s: %d records: %+v", name, len(all), all)
		}
		for i, r := range all {
			s := r.Sample
			if r.Err != nil || s.Key != fmt.Sprint("k", i) || len(s.Images) != 1 || !bytes.HasPrefix(s.Images[0].Bytes, []byte("\x89PNG")) ||
				s.Texts[0].Value != fmt.Sprint("légende ", i) || s.Metadata["n"] != fmt.Sprint(-i) || s.Metadata["score"] != fmt.Sprint(float64(i)/2) ||
				s.Metadata["small"] != fmt.Sprint(i) {
				t.Errorf("%s: record %d: %+v", name, i, r)
			}
		}
	}
}

func copied(t *testing.T) (dir, shard string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/plain")); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, "shard.00000.mds")
}

func TestDamage(t *testing.T) {
	whole, err := os.ReadFile("testdata/plain/shard.00000.mds")
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(whole); at += 7 {
		dir, shard := copied(t)
		damaged := bytes.Clone(whole)
		damaged[at] ^= 1
		if err := os.WriteFile(shard, damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		bad := 0
		for _, r := range read(dir) {
			if r.Err != nil {
				bad++
			}
		}
		if bad == 0 {
			t.Errorf("byte %d flipped: nothing found", at)
		}
	}
	for name, spoil := range map[string]func(dir string) error{
		"cannot find": func(dir string) error { return os.Remove(filepath.Join(dir, "index.json")) },
		"no such":     func(dir string) error { return os.Remove(filepath.Join(dir, "shard.00000.mds")) },
		"escapes":     func(dir string) error { return edit(dir, "shard.00000.mds", "../../etc/passwd") },
		"version 3":   func(dir string) error { return edit(dir, `"version": 2}`, `"version": 3}`) },
	} {
		dir, _ := copied(t)
		if err := spoil(dir); err != nil {
			t.Fatal(err)
		}
		all := read(dir)
		if name == "cannot find" {
			name = "no such"
		}
		if len(all) == 0 || all[0].Err == nil || !strings.Contains(all[0].Err.Error(), name) {
			t.Errorf("%s: %+v", name, all)
		}
	}
}

// edit replaces text in the index.
func edit(dir, from, to string) error {
	path := filepath.Join(dir, "index.json")
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, bytes.ReplaceAll(content, []byte(from), []byte(to)), 0o644)
}

func FuzzShard(f *testing.F) {
	whole, err := os.ReadFile("testdata/plain/shard.00000.mds")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole, 3)
	four, two := 4, 2
	f.Fuzz(func(t *testing.T, b []byte, samples int) {
		s := &shard{Format: "mds", Names: []string{"key", "image", "n", "list", "raw", "json", "half"},
			Encodings: []string{"str", "bytes", "int32", "list[jpeg]", "list[pil]", "json", "float16"},
			Sizes:     []*int{nil, nil, &four, nil, nil, nil, &two}, Samples: samples}
		if s.check() != nil {
			return
		}
		d := &dataset{name: "fuzzed"}
		if err := d.planFor(s); err != nil {
			t.Fatal(err)
		}
		d.samples(s, bytes.NewReader(b), "fuzzed", func(shards.Record) bool { return true })
		s.record(b, "k", d.plan)
	})
}
