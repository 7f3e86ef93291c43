package shards

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Update is [Writer.Append] of a sample that takes the place of the row with its key. It counts as
// updated, not as a row that was added. The old row leaves the dataset when [Writer.Replace] has
// been called before the commit.
func (w *Writer) Update(s Sample) error { return w.give(s, SpooledUpdate) }

// Own says which parts this command had begun before it was interrupted: their files may be written
// again.
func (w *Writer) Own(names ...string) {
	if w.own == nil {
		w.own = map[string]bool{}
	}
	for _, name := range names {
		w.own[name] = true
	}
}

// Replace takes the old rows of keys that were updated out of the dataset: of each part with such
// rows, a new part is written without them, which stands in its place in the next manifest. Begin
// is called with the name of each new part before its file is made. It returns the parts that the
// dataset has no longer after [Writer.Commit]; [Writer.Remove] removes their files. Until the
// commit the dataset is the old one. Of a dataset in an object store it is an error.
func (w *Writer) Replace(updated func(key string) bool, begin func(part string) error) (old []string, err error) {
	if old, err = w.replace(updated, begin); err != nil {
		err = fmt.Errorf("updating rows of %s: %w", w.name, err)
	}
	return old, err
}

func (w *Writer) replace(updated func(key string) bool, begin func(part string) error) (old []string, err error) {
	if err := mustBeFolder(w.name, "updating"); err != nil {
		return nil, err
	}
	if w.part != nil {
		return nil, errors.New("a part is open: EndPart comes first")
	}
	var files []File
	var removed Stat
	for _, f := range w.manifest.Files[:w.earlier] {
		has, err := w.hasKey(f, updated)
		if err != nil {
			return nil, err
		}
		if !has {
			files = append(files, f)
			continue
		}
		old = append(old, f.Name)
		kept, ok, err := w.rewrite(f, updated, begin, &removed)
		if err != nil {
			return nil, err
		}
		if ok {
			files = append(files, kept)
		}
	}
	w.manifest.Files = slices.Concat(files, w.manifest.Files[w.earlier:])
	w.earlier, w.removed = len(files), removed
	return old, nil
}

// hasKey reports whether a part has a row of one of the keys.
func (w *Writer) hasKey(f File, updated func(key string) bool) (has bool, err error) {
	part := w.Parts([]File{f})
	defer func() { err = errors.Join(err, part.Close()) }()
	for key, err := range part.Keys() {
		if err != nil || updated(key) {
			return err == nil, err
		}
	}
	return false, nil
}

// rewrite writes a part again without the rows of some keys; ok is false if none are left. What it
// takes out it counts.
func (w *Writer) rewrite(f File, updated func(key string) bool, begin func(part string) error, removed *Stat) (kept File, ok bool, err error) {
	from := w.Parts([]File{f})
	defer func() { err = errors.Join(err, from.Close()) }()
	var to *tableWriter[Sample]
	defer func() {
		if to != nil {
			to.abort()
		}
	}()
	var bytes, rows int64
	for s, err := range from.Samples() {
		if err != nil {
			return File{}, false, err
		}
		if updated(s.Key) {
			removed.Count(&s)
			continue
		}
		if to == nil {
			if err := begin(partName(w.next)); err != nil {
				return File{}, false, err
			}
			if to, err = createTable[Sample](w.dir, partName(w.next), s.layout()); err != nil {
				return File{}, false, err
			}
		}
		if err := to.append(s); err != nil {
			return File{}, false, err
		}
		if bytes, rows = bytes+s.size(), rows+1; bytes >= w.limits.GroupBytes || rows >= w.limits.GroupRows {
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
	return kept, true, w.toFreePart(w.next + 1)
}

// Remove removes the files of parts that an earlier commit took out of the dataset. One that the
// manifest lists stays.
func (w *Writer) Remove(parts []string) error {
	for _, name := range parts {
		listed := slices.ContainsFunc(w.manifest.Files, func(f File) bool { return f.Name == name })
		if _, isPart := partNumber(name); !isPart || listed {
			continue
		}
		if err := os.Remove(filepath.Join(w.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing a part that %s has no longer: %w", w.name, err)
		}
	}
	return nil
}

// subtract takes the counts of rows that are no longer there out of the totals.
func (s *Stat) subtract(o Stat) {
	s.Rows -= o.Rows
	s.Images -= o.Images
	s.Texts -= o.Texts
	s.Questions -= o.Questions
	s.Bytes -= o.Bytes
	for _, counts := range []struct{ of, less map[string]int64 }{{s.Languages, o.Languages}, {s.Splits, o.Splits}} {
		for name, n := range counts.less {
			if counts.of[name] -= n; counts.of[name] <= 0 {
				delete(counts.of, name)
			}
		}
	}
}
