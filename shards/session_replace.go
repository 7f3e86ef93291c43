package shards

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Replace removes the old rows of updated keys from the dataset: it rewrites each part that has
// such rows without them, and the next manifest lists the new part instead. Begin is called with
// the name of each new part before its file is created. Replace returns the parts that the dataset
// will no longer have after [Session.Commit]; [Session.Remove] removes their files. Until the
// commit the dataset is the old one. A dataset in an object store is an error.
func (s *Session) Replace(updated func(key string) bool, begin func(part string) error) (old []string, err error) {
	if old, err = s.replace(updated, begin); err != nil {
		err = fmt.Errorf("updating rows of %s: %w", s.w.name, err)
	}
	return old, err
}

func (s *Session) replace(updated func(key string) bool, begin func(part string) error) (old []string, err error) {
	if err := mustBeFolder(s.w.name, "updating"); err != nil {
		return nil, err
	}
	if s.w.part != nil {
		return nil, errors.New("a part is open: call EndPart first")
	}
	var files []File
	var removed Stat
	for _, f := range s.w.manifest.Files[:s.earlier] {
		has, err := s.hasKey(f, updated)
		if err != nil {
			return nil, err
		}
		if !has {
			files = append(files, f)
			continue
		}
		old = append(old, f.Name)
		kept, ok, err := s.rewrite(f, updated, begin, &removed)
		if err != nil {
			return nil, err
		}
		if ok {
			files = append(files, kept)
		}
	}
	s.w.manifest.Files = slices.Concat(files, s.w.manifest.Files[s.earlier:])
	s.earlier, s.removed = len(files), removed
	return old, nil
}

// hasKey reports whether a part has a row of one of the keys.
func (s *Session) hasKey(f File, updated func(key string) bool) (has bool, err error) {
	part := s.Parts([]File{f})
	defer func() { err = errors.Join(err, part.Close()) }()
	for key, err := range part.Keys() {
		if err != nil || updated(key) {
			return err == nil, err
		}
	}
	return false, nil
}

// rewrite writes a part again without the updated rows, which it counts as removed. If no row is
// left, ok is false.
func (s *Session) rewrite(f File, updated func(key string) bool, begin func(part string) error, removed *Stat) (kept File, ok bool, err error) {
	from := s.Parts([]File{f})
	defer func() { err = errors.Join(err, from.Close()) }()
	var to *tableWriter[Sample]
	defer func() {
		if to != nil {
			to.abort()
		}
	}()
	var bytes, rows int64
	for row, err := range from.Samples() {
		if err != nil {
			return File{}, false, err
		}
		if updated(row.Key) {
			removed.Count(&row)
			continue
		}
		if to == nil {
			if err := begin(partName(s.w.next)); err != nil {
				return File{}, false, err
			}
			if to, err = createTable[Sample](s.w.dir, partName(s.w.next), row.layout()); err != nil {
				return File{}, false, err
			}
		}
		if err := to.append(row); err != nil {
			return File{}, false, err
		}
		if bytes, rows = bytes+row.size(), rows+1; bytes >= s.w.limits.GroupBytes || rows >= s.w.limits.GroupRows {
			bytes, rows = 0, 0
			if err := to.endGroup(); err != nil {
				return File{}, false, err
			}
		}
	}
	if to == nil {
		return File{}, false, nil
	}
	if kept, err = to.commit(); err != nil {
		return File{}, false, err
	}
	to = nil
	return kept, true, s.w.toFreePart(s.w.next + 1)
}

// Remove removes the files of parts that a commit took out of the dataset. Files that the manifest
// lists stay.
func (s *Session) Remove(parts []string) error {
	for _, name := range parts {
		listed := slices.ContainsFunc(s.w.manifest.Files, func(f File) bool { return f.Name == name })
		if _, isPart := partNumber(name); !isPart || listed {
			continue
		}
		if err := os.Remove(filepath.Join(s.w.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing a part that %s no longer has: %w", s.w.name, err)
		}
	}
	return nil
}
