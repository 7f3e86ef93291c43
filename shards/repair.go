package shards

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// DroppedName is the folder of a dataset into which [Repair] moves the parts it drops.
const DroppedName = "dropped"

// RepairOptions say what [Repair] does.
type RepairOptions struct {
	Rebuild bool     // rebuild the manifest from the parts in the folder
	Drop    []string // parts to take out of the dataset; they move to the folder dropped
}

// Repair repairs a damaged dataset and returns its new totals. It takes the parts to drop out of
// the manifest and moves them to the folder dropped. With Rebuild it lists every part in the folder
// with its current content. If a part that is not dropped cannot be read, Repair returns an error
// and changes nothing.
func Repair(dir string, o RepairOptions) (Stat, error) {
	if err := mustBeFolder(dir, "repairing"); err != nil {
		return Stat{}, err
	}
	old, err := readManifest(dir)
	switch {
	case errors.Is(err, ErrVersion):
		return Stat{}, err
	case err != nil && !o.Rebuild:
		return Stat{}, fmt.Errorf("%w; rebuild it", err)
	case err != nil:
		old = &Manifest{SchemaVersion: SchemaVersion}
	}
	names, err := partsToKeep(dir, old, o)
	if err != nil {
		return Stat{}, err
	}
	m := &Manifest{SchemaVersion: SchemaVersion, Files: []File{}, Rejects: old.Rejects, Provenance: old.Provenance}
	totals := Stat{Rejected: old.Totals.Rejected, Duplicates: old.Totals.Duplicates, Updated: old.Totals.Updated}
	for _, name := range names {
		f, stat, err := survey(dir, name)
		if err != nil {
			return Stat{}, fmt.Errorf("repairing %s: %w; drop the part to repair without it", dir, err)
		}
		m.Files = append(m.Files, f)
		totals.Add(stat)
	}
	if o.Rebuild {
		if err := m.surveyRejects(dir, &totals); err != nil {
			return Stat{}, err
		}
	}
	totals.Add(Stat{})
	m.Totals = totals
	m.Provenance = append(m.Provenance, Entry{Command: "shards repair", Sources: o.Drop, Stat: Stat{}})
	if err := m.write(dir); err != nil {
		return Stat{}, err
	}
	return totals, moveDropped(dir, o.Drop)
}

// partsToKeep returns the names of the parts that the repaired dataset has.
func partsToKeep(dir string, old *Manifest, o RepairOptions) ([]string, error) {
	var names []string
	for _, f := range old.Files {
		names = append(names, f.Name)
	}
	if o.Rebuild {
		found, err := filepath.Glob(filepath.Join(dir, "part-*.parquet"))
		if err != nil {
			return nil, err
		}
		names = slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(found, filepath.Join(dir, name)) })
		for _, path := range found {
			if name := filepath.Base(path); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, name := range o.Drop {
		n := slices.Index(names, name)
		if n < 0 {
			return nil, fmt.Errorf("dropping %s: the dataset has no such part, it has %s", name, strings.Join(names, ", "))
		}
		names = slices.Delete(names, n, n+1)
	}
	return names, nil
}

// survey reads a part and returns its description and counts.
func survey(dir, name string) (File, Stat, error) {
	file, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return File{}, Stat{}, err
	}
	defer file.Close()
	f, err := safelyDescribe(file)
	if err != nil {
		return File{}, Stat{}, fmt.Errorf("reading %s: %w", file.Name(), err)
	}
	f.Name = name
	digest := sha256.New()
	if _, err := io.Copy(digest, file); err != nil {
		return File{}, Stat{}, fmt.Errorf("reading %s: %w", file.Name(), err)
	}
	f.SHA256 = hex.EncodeToString(digest.Sum(nil))
	p, err := openPart(file.Name(), file, f.Bytes)
	if err != nil {
		return File{}, Stat{}, err
	}
	var stat Stat
	var r room
	for n := range p.groups {
		if err := p.readGroup(n, everything, &r, false); err != nil {
			return File{}, Stat{}, err
		}
		for i := range r.batch.samples {
			stat.Count(&r.batch.samples[i])
		}
	}
	return f, stat, nil
}

func safelyDescribe(f *os.File) (described File, err error) {
	defer recovered(&err, "reading the footer")
	return describe(f)
}

// surveyRejects lists rejects.parquet with its current content.
func (m *Manifest) surveyRejects(dir string, totals *Stat) error {
	file, err := os.Open(filepath.Join(dir, RejectsName))
	if os.IsNotExist(err) {
		m.Rejects, totals.Rejected = nil, 0
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	f, err := safelyDescribe(file)
	if err != nil {
		return fmt.Errorf("reading %s: %w", file.Name(), err)
	}
	digest := sha256.New()
	if _, err := io.Copy(digest, file); err != nil {
		return err
	}
	f.Name, f.SHA256 = RejectsName, hex.EncodeToString(digest.Sum(nil))
	m.Rejects, totals.Rejected = &f, f.Rows
	return nil
}

// moveDropped moves parts to the folder dropped, if they exist.
func moveDropped(dir string, names []string) error {
	for _, name := range names {
		if err := os.MkdirAll(filepath.Join(dir, DroppedName), 0o755); err != nil {
			return err
		}
		to := filepath.Join(dir, DroppedName, name)
		for n := 2; ; n++ {
			if _, err := os.Lstat(to); os.IsNotExist(err) {
				break
			}
			to = filepath.Join(dir, DroppedName, fmt.Sprintf("%s.%d", name, n))
		}
		if err := os.Rename(filepath.Join(dir, name), to); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("keeping the dropped %s: %w", name, err)
		}
	}
	return nil
}
