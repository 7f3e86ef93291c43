package shards

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/imagefile"
	"github.com/pali3/pali3/internal/jsonerr"
)

// SchemaVersion is the version of the dataset layout that this package writes.
const SchemaVersion = 1

// Names of the files in a dataset folder beside the parts.
const (
	ManifestName = "manifest.json"
	RejectsName  = "rejects.parquet"
)

// Manifest lists what belongs to a dataset. It is written last: a file that it does not list is not
// part of the dataset.
type Manifest struct {
	SchemaVersion int     `json:"schema_version"`
	Files         []File  `json:"files"`             // the parts, in order of their rows
	Rejects       *File   `json:"rejects,omitempty"` // rejects.parquet, if anything was rejected
	Totals        Stat    `json:"totals"`            // over all files
	Provenance    []Entry `json:"provenance"`        // what made the dataset, oldest first
}

// File describes one Parquet file of a dataset.
type File struct {
	Name      string            `json:"name"`
	Rows      int64             `json:"rows"`
	Bytes     int64             `json:"bytes"` // size of the file
	SHA256    string            `json:"sha256"`
	RowGroups []int64           `json:"row_groups"` // rows of each
	Columns   map[string]Column `json:"columns,omitempty"`
}

// Column holds statistics of one leaf column of a file.
type Column struct {
	Nulls int64  `json:"nulls"`
	Min   string `json:"min,omitempty"`
	Max   string `json:"max,omitempty"`
}

// Entry says which command added to the dataset, and from what.
type Entry struct {
	Command string   `json:"command"`
	Sources []string `json:"sources,omitempty"`
	Stat    Stat     `json:"stat"` // what this command added
}

// ErrVersion is wrapped by the error for a dataset of another layout version.
var ErrVersion = errors.New("another version")

// loadManifest reads and checks the manifest of a dataset; name is for messages.
func loadManifest(ctx context.Context, store Store, name string) (*Manifest, error) {
	content, err := store.ReadFile(ctx, ManifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notDataset{name, err}
	}
	if info, statErr := os.Stat(name); err != nil && statErr == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is not a dataset but a file, %s; a dataset is a folder with a %s", name, imagefile.KindOfFile(name), ManifestName)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the manifest of %s: %w", name, err)
	}
	return parseManifest(content, fileOf(name, ManifestName))
}

// readManifest reads and checks the manifest of a folder.
func readManifest(dir string) (*Manifest, error) {
	return loadManifest(context.Background(), folder(dir), dir)
}

// committed reports whether the manifest lists the parts, and its commit n, from 0 on, has these
// sources and this count.
func (m *Manifest) committed(n int, sources []string, parts []File, stat Stat) bool {
	for _, part := range parts {
		if !slices.ContainsFunc(m.Files, func(f File) bool { return f.Name == part.Name && f.SHA256 == part.SHA256 }) {
			return false
		}
	}
	of := m.Provenance[n].Stat
	return slices.Equal(m.Provenance[n].Sources, sources) && of.Rows == stat.Rows && of.Rejected == stat.Rejected && of.Duplicates == stat.Duplicates && of.Updated == stat.Updated
}

// parseManifest reads and checks a manifest; path is for messages.
func parseManifest(content []byte, path string) (*Manifest, error) {
	var version struct {
		SchemaVersion int `json:"schema_version"`
	}
	if json.Unmarshal(content, &version) == nil && version.SchemaVersion != 0 && version.SchemaVersion != SchemaVersion {
		return nil, fmt.Errorf("%s: schema_version %d, this program reads %d: %w", path, version.SchemaVersion, SchemaVersion, ErrVersion)
	}
	m := &Manifest{}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := jsonerr.Explain(decoder.Decode(m)); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if m.SchemaVersion != SchemaVersion {
		return nil, fmt.Errorf("%s: schema_version %d, this program reads %d: %w", path, m.SchemaVersion, SchemaVersion, ErrVersion)
	}
	return m, m.check(path)
}

func (m *Manifest) check(path string) error {
	var rows int64
	seen := map[string]bool{}
	for i, f := range m.Files {
		if !isPartName(f.Name) || seen[f.Name] {
			return fmt.Errorf("%s: files[%d].name: %q is not the name of a part, or is repeated", path, i, f.Name)
		}
		if f.Bytes < 0 {
			return fmt.Errorf("%s: files[%d].bytes: %d", path, i, f.Bytes)
		}
		seen[f.Name] = true
		var inGroups int64
		for _, n := range f.RowGroups {
			if n < 0 || inGroups > math.MaxInt64-n {
				return fmt.Errorf("%s: files[%d].row_groups: %d rows", path, i, n)
			}
			inGroups += n
		}
		if inGroups != f.Rows {
			return fmt.Errorf("%s: files[%d]: %d rows, but its row groups hold %d", path, i, f.Rows, inGroups)
		}
		if rows += f.Rows; rows < 0 {
			return fmt.Errorf("%s: files[%d].rows: too many", path, i)
		}
	}
	if r := m.Rejects; r != nil && (r.Name != RejectsName || r.Rows < 0 || r.Bytes < 0) {
		return fmt.Errorf("%s: rejects: %q of %d rows and %d bytes, its name is %s", path, r.Name, r.Rows, r.Bytes, RejectsName)
	}
	if rows != m.Totals.Rows {
		return fmt.Errorf("%s: totals.rows is %d, but the files hold %d", path, m.Totals.Rows, rows)
	}
	return nil
}

// isPartName reports whether a part may have that name. Copying a part uses its name, so it must
// not lead out of the folder or be that of another file of a dataset.
func isPartName(name string) bool {
	return name != "" && name[0] != '.' && !strings.ContainsAny(name, "/\\\x00:") && name != ManifestName && name != RejectsName
}

func (m *Manifest) write(dir string) error {
	content, err := m.encode()
	if err != nil {
		return fmt.Errorf("writing the manifest of %s: %w", dir, err)
	}
	return atomicfile.WriteBytes(filepath.Join(dir, ManifestName), content)
}

func (m *Manifest) encode() ([]byte, error) {
	content, err := json.MarshalIndent(m, "", "  ")
	return append(content, '\n'), err
}

// putManifest stores the content of a manifest.
func putManifest(ctx context.Context, to WritableStore, content []byte) error {
	return to.Put(ctx, File{Name: ManifestName, Bytes: int64(len(content)), SHA256: Hash(content)}, bytes.NewReader(content))
}

// names returns the names of all files the manifest lists.
func (m *Manifest) names() []string {
	var names []string
	for _, f := range m.Files {
		names = append(names, f.Name)
	}
	if m.Rejects != nil {
		names = append(names, m.Rejects.Name)
	}
	return slices.Sorted(slices.Values(names))
}
