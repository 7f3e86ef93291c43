package shards

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
)

// Limits of the files a [Writer] makes, in bytes of image and text. A reader holds a few row groups
// in memory, so their size bounds its memory.
type Limits struct {
	PartBytes  int64 // a part ends at this size; default 256 MiB
	GroupBytes int64 // a row group ends at this size; default 4 MiB
	GroupRows  int64 // or at this many rows; default 4096
}

func (l Limits) withDefaults() Limits {
	if l.PartBytes <= 0 {
		l.PartBytes = 256 << 20
	}
	if l.GroupBytes <= 0 {
		l.GroupBytes = 4 << 20
	}
	if l.GroupRows <= 0 {
		l.GroupRows = 4096
	}
	return l
}

// Reject is a record that did not become a sample.
type Reject struct {
	Origin string `parquet:"origin" json:"origin"`      // file and row, member or key it came from
	Key    string `parquet:"key" json:"key"`            // of the record, if it had one
	Reason string `parquet:"reason,dict" json:"reason"` // a short name, for counting
	Detail string `parquet:"detail" json:"detail"`      // the error
}

// Writer adds samples to a dataset. Nothing it writes belongs to the dataset before
// [Writer.Commit]. Not safe for concurrent use.
//
// The files of a dataset in an object store are made in a folder of this machine ([WorkFolder]),
// and each that is whole moves to the store while the next is made: of the parts no more than three
// are on this machine.
type Writer struct {
	ctx      context.Context // of all requests to the store
	name     string          // of the dataset
	dir      string          // where files are made
	store    WritableStore   // where they lie
	limits   Limits
	manifest *Manifest
	isNew    bool   // no dataset was there
	before   []byte // the manifest in an object store when the writer began
	stat     Stat
	rejects  *rejectLog
	next     int // number of the next part
	part     *tableWriter[Sample]
	inPart   int64   // bytes
	inGroup  int64   // bytes
	rowsIn   int64   // rows of the open group
	moving   *moving // nil if no part is on its way
	spool    *spool
	resumes  bool            // a later run may resume where the writer is aborted
	broken   error           // that ended the writer's work
	earlier  int             // parts that the dataset had before
	removed  Stat            // of rows that were updated
	own      map[string]bool // parts that this command had begun before
}

// Resume adopts what an interrupted command had written: its whole parts and what it had counted.
// The parts must be there, or on this machine on their way there, and so must rejects bytes of the
// rejects that it had kept, as [Writer.SyncRejects] said.
func (w *Writer) Resume(parts []File, stat Stat, rejects int64) error {
	err := w.resumeParts(parts)
	if err == nil {
		w.manifest.Files = append(w.manifest.Files, parts...)
		w.stat, w.resumes = stat, true
		err = w.rejects.resume(rejects)
	}
	if err != nil {
		return fmt.Errorf("resuming %s: %w", w.name, err)
	}
	return nil
}

func (w *Writer) resumeParts(parts []File) error {
	check := w.checkSizes
	if w.moves() {
		check = w.resumeMoves
	}
	if err := check(parts); err != nil {
		return err
	}
	if slices.ContainsFunc(parts, func(f File) bool { return f.Name == w.NextPart() }) { // it was on its way when Create looked
		return w.toFreePart(w.next)
	}
	return nil
}

func (w *Writer) checkSizes(parts []File) error {
	for _, part := range parts {
		size, err := w.store.Size(w.ctx, part.Name)
		if err != nil {
			return err
		}
		if size != part.Bytes {
			return fmt.Errorf("%s has %d bytes, its journal says %d", part.Name, size, part.Bytes)
		}
	}
	return nil
}

// Parts returns a dataset of parts that are whole and belong to no dataset yet, to be closed before
// the writer ends.
func (w *Writer) Parts(parts []File) *Dataset {
	m := &Manifest{Files: parts}
	for _, f := range parts {
		m.Totals.Rows += f.Rows
	}
	return newDataset(w.ctx, struct{ Store }{w.store}, w.name, m) // which does not close the store
}

// NextPart returns the name that the next part will have.
func (w *Writer) NextPart() string { return partName(w.next) }

// UsePart makes name the next part's, replacing such a file: for a command that knows it for its
// own.
func (w *Writer) UsePart(name string) error {
	n, ok := partNumber(name)
	if !ok {
		return fmt.Errorf("%q is not the name of a part", name)
	}
	w.next = n
	return nil
}

// Commits returns how many commits the dataset has had, this writer's included.
func (w *Writer) Commits() int { return len(w.manifest.Provenance) }

// Committed reports whether the dataset's commit of that number, from 0 on, is the one of this
// source, these parts and this count: of a writer that ended after it. Another writer may have made
// it.
func (w *Writer) Committed(n int, source string, parts []File, stat Stat) bool {
	return w.manifest.committed(n, []string{source}, parts, stat)
}

// Stat returns what was added so far.
func (w *Writer) Stat() Stat { return w.stat }

// Append adds a sample. Missing image hashes are computed.
func (w *Writer) Append(s Sample) error { return w.give(s, SpooledRow) }

// give adds a sample as a row or as an update.
func (w *Writer) give(s Sample, kind byte) error {
	for i := range s.Images {
		if s.Images[i].SHA256 == "" {
			s.Images[i].SHA256 = Hash(s.Images[i].Bytes)
		}
	}
	if w.broken == nil {
		w.broken = w.moveFailed()
	}
	w.spooled(func(b []byte) []byte { return appendSample(append(b, kind), &s) })
	if w.broken != nil {
		return w.broken
	}
	if err := w.appendRow(s, kind); err != nil {
		w.broken = err
	}
	return w.broken
}

// appendRow adds a sample to the open part.
func (w *Writer) appendRow(s Sample, kind byte) error {
	if w.part == nil {
		part, err := createTable[Sample](w.dir, partName(w.next), s.layout())
		if err != nil {
			return err
		}
		w.part = part
	}
	if err := w.part.append(s); err != nil {
		return err
	}
	w.stat.Count(&s)
	if kind == SpooledUpdate {
		w.stat.Rows, w.stat.Updated = w.stat.Rows-1, w.stat.Updated+1
	}
	n := s.size()
	w.inPart, w.inGroup, w.rowsIn = w.inPart+n, w.inGroup+n, w.rowsIn+1
	if w.inGroup >= w.limits.GroupBytes || w.rowsIn >= w.limits.GroupRows {
		w.inGroup, w.rowsIn = 0, 0
		return w.part.endGroup()
	}
	return nil
}

// AppendAll adds samples, ending parts that are full.
func (w *Writer) AppendAll(samples iter.Seq2[Sample, error]) error {
	for s, err := range samples {
		if err == nil {
			err = w.Append(s)
		}
		if err == nil && w.PartFull() {
			_, _, err = w.EndPart()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// PartFull reports whether the open part has reached its size and [Writer.EndPart] is due.
func (w *Writer) PartFull() bool { return w.inPart >= w.limits.PartBytes }

// Reject keeps a record that did not become a sample, on disk until the commit. An error stays with
// the writer.
func (w *Writer) Reject(r Reject) {
	w.spooled(func(b []byte) []byte { return appendReject(append(b, SpooledReject), r) })
	if err := w.reject(r); err != nil && w.broken == nil {
		w.broken = err
	}
}

func (w *Writer) reject(r Reject) error {
	w.stat.Rejected++
	if err := w.rejects.add(r); err != nil {
		return fmt.Errorf("keeping a reject of %s: %w", w.name, err)
	}
	return nil
}

// Duplicate counts a record whose key the dataset has already.
func (w *Writer) Duplicate() {
	w.spooled(func(b []byte) []byte { return append(b, SpooledDuplicate) })
	w.stat.Duplicates++
}

// EndPart completes the open part and returns its description; ok is false if none was open. The
// file is whole and synced, but belongs to the dataset only after Commit. To an object store it
// moves beside what follows: until it is there, it is on this machine, and [Writer.Resume] finds it
// in either place.
func (w *Writer) EndPart() (part File, ok bool, err error) {
	if w.broken != nil {
		return File{}, false, w.broken
	}
	if w.part == nil {
		return File{}, false, nil
	}
	part, err = w.part.commit()
	if err == nil {
		err = w.beginMove(part)
	}
	w.part, w.inPart, w.inGroup, w.rowsIn = nil, 0, 0, 0
	if err != nil {
		w.broken = err
		return File{}, false, err
	}
	w.manifest.Files = append(w.manifest.Files, part)
	if err := w.toFreePart(w.next + 1); err != nil {
		w.broken = fmt.Errorf("writing dataset %s: %w", w.name, err)
		return File{}, false, w.broken
	}
	return part, true, nil
}

// Commit completes the open part, waits until all parts are where they belong, and writes the
// manifest: from here on the dataset has the new rows.
func (w *Writer) Commit(command string, sources ...string) error {
	if _, _, err := w.EndPart(); err != nil {
		return err
	}
	if err := w.awaitMoves(); err != nil {
		w.broken = err
		return err
	}
	if err := w.commitRejects(); err != nil {
		return err
	}
	stat := w.stat
	stat.Add(Stat{})
	w.manifest.Totals.Add(stat)
	w.manifest.Totals.Rows += stat.Updated // they are in the parts that were added
	w.manifest.Totals.subtract(w.removed)
	w.manifest.Provenance = append(w.manifest.Provenance, Entry{Command: command, Sources: sources, Stat: stat})
	if w.manifest.Files == nil {
		w.manifest.Files = []File{}
	}
	if err := w.writeManifest(); err != nil {
		return err
	}
	if w.spool == nil {
		return w.rejects.drop()
	}
	return w.DropSpool()
}

// Abort removes the part that is not whole, and leaves the spool and what it stands for. After
// Commit it does nothing.
func (w *Writer) Abort() {
	w.stopMoves()
	if w.resumes {
		w.rejects.close()
	} else {
		w.rejects.drop()
	}
	w.closeSpool()
	if w.part != nil {
		w.part.abort()
		w.part = nil
	}
	closeStore(w.store)
}

// Hash returns the sha256 of an image's bytes in hex, as [Image.SHA256] has it.
func Hash(image []byte) string {
	sum := sha256.Sum256(image)
	return hex.EncodeToString(sum[:])
}

// size returns about how many bytes the sample takes.
func (s *Sample) size() int64 {
	n := s.textBytes() + 256
	for i := range s.Images {
		n += int64(len(s.Images[i].Bytes) + 128)
	}
	return n
}

// textBytes returns about how many bytes the texts of the sample take.
func (s *Sample) textBytes() int64 {
	n := int64(len(s.Key))
	for i := range s.Texts {
		n += int64(len(s.Texts[i].Value) + 32)
	}
	for i := range s.Questions {
		n += int64(len(s.Questions[i].Text) + 64*len(s.Questions[i].Answers))
	}
	return n
}
