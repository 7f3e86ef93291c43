package shards

import (
	"context"
	"fmt"
)

// Session adds samples to a dataset like a [Writer], and keeps what it was given, so that a later
// session resumes after this one was interrupted or killed.
//
// What it was given since the last complete part is in a file beside the parts, the spool. The
// caller records the complete parts, what they count, and the number of bytes of rejects, for
// example in a journal. A session that resumes
//
//   - adopts the recorded parts and counts with [Session.Resume],
//   - replays the spool with [Session.Spool], and
//   - gets the records that follow.
//
// Every [Session.EndPart] is followed by [Session.SyncRejects], the caller's own record, and
// [Session.Spool] with the next label. Not safe for concurrent use. One session at a time may be
// open for a dataset.
type Session struct {
	w       *Writer
	spool   *spool // nil before Spool
	earlier int    // parts that the dataset had before
	removed Stat   // of rows that were updated
}

// OpenSession returns a session that adds to the dataset in dir, or starts one there. For a dataset
// in an object store there is [Stores.OpenSession].
func OpenSession(dir string, limits Limits) (*Session, error) {
	return Stores(nil).OpenSession(context.Background(), dir, limits)
}

// OpenSession is the function [OpenSession] for a folder or a URL.
func (s Stores) OpenSession(ctx context.Context, name string, limits Limits) (*Session, error) {
	w, err := s.Create(ctx, name, limits)
	if err != nil {
		return nil, err
	}
	return &Session{w: w, earlier: len(w.manifest.Files)}, nil
}

// Stat returns what was added so far, by interrupted sessions included.
func (s *Session) Stat() Stat { return s.w.Stat() }

// Append adds a sample as [Writer.Append] does.
func (s *Session) Append(sample Sample) error { return s.give(sample, SpooledRow) }

// Update adds a sample in place of the row with its key. It counts as updated, not as a row that
// was added. The old row leaves the dataset if [Session.Replace] is called before the commit.
func (s *Session) Update(sample Sample) error { return s.give(sample, SpooledUpdate) }

// give adds a sample as a row or as an update.
func (s *Session) give(sample Sample, kind byte) error {
	sample.hashImages()
	if err := s.w.ready(); err != nil {
		return err
	}
	s.spooled(func(b []byte) []byte { return appendSample(append(b, kind), &sample) })
	if err := s.w.ready(); err != nil {
		return err
	}
	return s.w.give(sample, kind == SpooledUpdate)
}

// Reject keeps a record that did not become a sample, as [Writer.Reject] does.
func (s *Session) Reject(r Reject) {
	s.spooled(func(b []byte) []byte { return appendReject(append(b, SpooledReject), r) })
	s.w.Reject(r)
}

// Duplicate counts a record whose key the dataset has already.
func (s *Session) Duplicate() {
	s.spooled(func(b []byte) []byte { return append(b, SpooledDuplicate) })
	s.w.Duplicate()
}

// Leave counts what was left out of the record that is given next, with [Session.Append],
// [Session.Reject] or [Session.Aside]. The spool of a killed session has both or neither.
func (s *Session) Leave(left ...LeftOut) {
	if len(left) == 0 {
		return
	}
	s.spooled(func(b []byte) []byte { return appendLeftOut(append(b, spooledLeftOut), left) })
	s.w.stat.leave(left)
}

// Aside marks a record that consists only of what was left out before it; see [Aside].
func (s *Session) Aside() {
	s.spooled(func(b []byte) []byte { return append(b, SpooledAside) })
}

// Note keeps data of the caller in the spool, in order with the records. Without a spool it does
// nothing.
func (s *Session) Note(note []byte) error {
	s.spooled(func(b []byte) []byte { return append(append(b, SpooledNote), note...) })
	return s.w.broken
}

// NextPart returns the name of the next part.
func (s *Session) NextPart() string { return partName(s.w.next) }

// PartFull reports whether the open part has reached its size and [Session.EndPart] is due.
func (s *Session) PartFull() bool { return s.w.PartFull() }

// EndPart completes the open part, as [Writer.EndPart] does. A part that moves to an object store
// is on this machine until it has arrived: [Session.Resume] finds it in either place.
func (s *Session) EndPart() (part File, ok bool, err error) { return s.w.EndPart() }

// SyncRejects makes the rejects given so far safe, and returns how many bytes they take:
// [Session.Resume] continues from there.
func (s *Session) SyncRejects() (int64, error) {
	if err := s.w.rejects.sync(); err != nil {
		return 0, fmt.Errorf("keeping the rejects of %s: %w", s.w.name, err)
	}
	return s.w.rejects.size, nil
}

// Commit writes the manifest as [Writer.Commit] does, and removes the spool.
func (s *Session) Commit(command string, sources ...string) error {
	if err := s.w.commit(command, sources, s.removed); err != nil {
		return err
	}
	if s.spool == nil {
		return s.w.rejects.drop()
	}
	return s.DropSpool()
}

// Abort removes the incomplete part, and leaves the spool and the rejects for a later session.
// After Commit it only releases what the session holds.
func (s *Session) Abort() {
	s.closeSpool()
	s.w.Abort()
}

// Commits returns how many commits the dataset has had, this session's included.
func (s *Session) Commits() int { return s.w.Commits() }

// Committed reports whether commit n of the dataset, from 0 on, has this source, these parts and
// this count. It tells a session that was killed after its commit from another writer's commit.
func (s *Session) Committed(n int, source string, parts []File, stat Stat) bool {
	return s.w.manifest.committed(n, []string{source}, parts, stat)
}

// Parts returns a dataset of complete parts that are not committed yet. Close it before the session
// ends.
func (s *Session) Parts(parts []File) *Dataset {
	m := &Manifest{Files: parts}
	for _, f := range parts {
		m.Totals.Rows += f.Rows
	}
	return newDataset(s.w.ctx, struct{ Store }{s.w.store}, s.w.name, m) // which does not close the store
}
