package batchfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/jsonerr"
)

// ManifestName is the name of a folder's manifest.
const ManifestName = "manifest.json"

// Manifest describes a folder of batches.
type Manifest struct {
	Info
	// From and To are the steps: from From up to, not including, To.
	From int `json:"from"`
	To   int `json:"to"`
	// StepsPerFile is the number of steps of each file but the last.
	StepsPerFile int `json:"steps_per_file"`
	// Complete says that all files are there, and listed.
	Complete bool   `json:"complete"`
	Files    []File `json:"files"`
}

// File describes an Arrow IPC file, which has a record batch for each step.
type File struct {
	Name   string `json:"name"`
	From   int    `json:"from"`
	To     int    `json:"to"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	// Digests of the batches, as pali3 mix --digest prints them.
	Digests []string `json:"digests"`
}

// fileName is the name of the file of some steps. Names sort as steps do.
func fileName(from, to int) string { return fmt.Sprintf("steps-%09d-%09d.arrow", from, to) }

// sameAs explains how the batches of two manifests differ.
func (m *Manifest) sameAs(want *Manifest) error {
	switch {
	case m.Recipe != want.Recipe:
		return errors.New("the recipe, its data or its tokenizer differs")
	case m.From != want.From || m.To != want.To:
		return fmt.Errorf("it has steps %d:%d, not %d:%d", m.From, m.To, want.From, want.To)
	case m.Host != want.Host || m.Hosts != want.Hosts:
		return fmt.Errorf("it has the rows of host %d/%d, not %d/%d", m.Host, m.Hosts, want.Host, want.Hosts)
	}
	return nil
}

// write writes the manifest, atomically.
func (m *Manifest) write(dir string) error {
	content, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the manifest of %s: %w", dir, err)
	}
	return atomicfile.WriteBytes(filepath.Join(dir, ManifestName), append(content, '\n'))
}

// maxSteps bounds the steps of a folder.
const maxSteps = 1 << 40

// readManifest reads and checks the manifest of a folder. Without one, the error wraps
// os.ErrNotExist.
func readManifest(dir string) (*Manifest, error) {
	path := filepath.Join(dir, ManifestName)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading batches: %w", err)
	}
	return parseManifest(content, path)
}

func parseManifest(content []byte, path string) (*Manifest, error) {
	m := &Manifest{}
	decoder := json.NewDecoder(bytes.NewReader(content))
	if err := decoder.Decode(m); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, jsonerr.Explain(err))
	}
	if m.Format != Format {
		return nil, fmt.Errorf("%s: format %d; this program reads format %d", path, m.Format, Format)
	}
	if m.From < 0 || m.To <= m.From || m.To > maxSteps || m.StepsPerFile < 1 || m.StepsPerFile > maxSteps {
		return nil, fmt.Errorf("%s: steps %d:%d in files of %d: damaged", path, m.From, m.To, m.StepsPerFile)
	}
	at := m.From
	for i, f := range m.Files {
		to := min(at+m.StepsPerFile, m.To)
		if f.From != at || f.To != to || f.Name != fileName(at, to) || len(f.Digests) != to-at {
			return nil, fmt.Errorf("%s: files[%d]: %q of steps %d:%d with %d digests, want %q", path, i, f.Name, f.From, f.To, len(f.Digests), fileName(at, to))
		}
		at = to
	}
	if m.Complete && at != m.To {
		return nil, fmt.Errorf("%s: complete, but its files end at step %d of %d", path, at, m.To)
	}
	return m, m.Shape.check()
}

// describe describes a file that was written.
func describe(dir, name string, from, to int, digests []string) (File, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return File{}, fmt.Errorf("writing batches: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return File{}, fmt.Errorf("reading %s: %w", filepath.Join(dir, name), err)
	}
	return File{Name: name, From: from, To: to, Bytes: n, SHA256: hex.EncodeToString(h.Sum(nil)), Digests: digests}, nil
}
