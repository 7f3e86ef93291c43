package shards

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// Resume adopts the complete parts and the counts of an interrupted session. The parts must be in
// the dataset's store, or on this machine on their way there. Rejects is what
// [Session.SyncRejects] returned.
func (s *Session) Resume(parts []File, stat Stat, rejects int64) error {
	err := s.resumeParts(parts)
	if err == nil {
		s.w.manifest.Files = append(s.w.manifest.Files, parts...)
		s.w.stat, s.w.resumes = stat, true
		err = s.w.rejects.resume(rejects)
	}
	if err != nil {
		return fmt.Errorf("resuming %s: %w", s.w.name, err)
	}
	return nil
}

func (s *Session) resumeParts(parts []File) error {
	check := s.checkSizes
	if s.w.moves() {
		check = s.resumeMoves
	}
	if err := check(parts); err != nil {
		return err
	}
	if slices.ContainsFunc(parts, func(f File) bool { return f.Name == s.NextPart() }) { // it was on its way when the session opened
		return s.w.toFreePart(s.w.next)
	}
	return nil
}

func (s *Session) checkSizes(parts []File) error {
	for _, part := range parts {
		size, err := s.w.store.Size(s.w.ctx, part.Name)
		if err != nil {
			return err
		}
		if size != part.Bytes {
			return fmt.Errorf("%s has %d bytes, its journal says %d", part.Name, size, part.Bytes)
		}
	}
	return nil
}

// resumeMoves sends the complete parts of an interrupted session that had not arrived. Other parts
// on this machine are removed: if one was complete but not recorded, the spool has its rows.
func (s *Session) resumeMoves(parts []File) error {
	w := s.w
	for _, part := range parts {
		arrived, err := w.store.Contains(w.ctx, part) // its hash, too: another machine may have written a part of that name
		if err == nil && !arrived {
			err = w.move(w.ctx, part)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is neither there as its journal says, nor in %s", part.Name, w.dir)
		}
		if err != nil {
			return err
		}
	}
	return removeFiles(w.dir, func(name string) bool {
		_, is := partNumber(name)
		return is
	})
}

// Own names the parts that an interrupted session had begun: their files may be overwritten.
func (s *Session) Own(names ...string) {
	if s.w.own == nil {
		s.w.own = map[string]bool{}
	}
	for _, name := range names {
		s.w.own[name] = true
	}
}

// UsePart makes name the next part, in place of an existing file that the caller knows to be its
// own.
func (s *Session) UsePart(name string) error {
	n, ok := partNumber(name)
	if !ok {
		return fmt.Errorf("%q is not the name of a part", name)
	}
	s.w.next = n
	return nil
}

// Unlisted returns the names of parts in an object store that come after those of the manifest and
// belong to no dataset: an interrupted command left them, or one is writing them now. In a folder
// it does not look: a journal there would say more.
func (s *Session) Unlisted() (names []string, err error) {
	if !s.w.moves() {
		return nil, nil
	}
	all, err := s.w.store.List(s.w.ctx)
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", s.w.name, err)
	}
	last := -1
	for _, f := range s.w.manifest.Files {
		n, _ := partNumber(f.Name)
		last = max(last, n)
	}
	for _, name := range all {
		if n, ok := partNumber(name); ok && n > last {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}
