package evalsuite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzReadKept reads files of predictions: whole lines have an id, and the rest is counted.
func FuzzReadKept(f *testing.F) {
	for _, content := range []string{
		"", "\n\n", `{"id":"1","prediction":"a"}` + "\n", `{"id":"1","prediction":"a"}` + "\n" + `{"id":"2","pred`, "{}\n", "null\n", "[]\n", "\xff\n",
		`{"id":"1","score":"x"}` + "\n", `{"id":"1","image_sha256":[1]}` + "\n",
	} {
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content string) {
		path := filepath.Join(t.TempDir(), "p.jsonl")
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		kept, half, err := readKept(path)
		if err != nil {
			if !strings.Contains(err.Error(), path) {
				t.Errorf("the error does not name the file: %v", err)
			}
			return
		}
		if want := len(content) - 1 - strings.LastIndexByte(content, '\n'); half != want {
			t.Errorf("a half line of %d bytes, want %d", half, want)
		}
		for _, p := range kept {
			if p.ID == "" || p.line < 1 {
				t.Errorf("kept %+v", p)
			}
		}
	})
}

// FuzzReadManifest reads manifests of runs.
func FuzzReadManifest(f *testing.F) {
	f.Add(`{"version":1,"bench":"pope","predictor":{"kind":"command"}}`)
	f.Add(`{"version":2}`)
	f.Add(`{"version":1,"predictor":{"kind":3}}`)
	f.Add(`null`)
	f.Fuzz(func(t *testing.T, content string) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, ManifestFile), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := ReadBenchmarkManifest(dir)
		if err != nil {
			return
		}
		if different := m.differences(m); different != nil {
			t.Errorf("it differs from itself: %q", different)
		}
	})
}

// FuzzCacheLine reads lines of a cache: only what was written is an answer.
func FuzzCacheLine(f *testing.F) {
	f.Add(`{"key":"ab","sha256":"x","answer":{"raw":"a"}}`)
	f.Add(`{"key":"ab","sha256":"","answer":null}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, line string) {
		answer, key, err := readCacheLine([]byte(line))
		if err == nil && (key == "" && answer.Raw != "" && !strings.Contains(line, `""`)) {
			t.Errorf("an answer %+v without a key", answer)
		}
	})
}
