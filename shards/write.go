package shards

import (
	"context"
	"fmt"
	"iter"
)

// Limits are the sizes of the files that a [Writer] writes, in bytes of images and texts. A reader
// holds a few row groups in memory, so their size bounds its memory.
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

// Writer adds samples to a dataset. Nothing it writes belongs to the dataset before
// [Writer.Commit]. Not safe for concurrent use. A [Session] is a writer whose work can be resumed
// after it was interrupted.
//
// The files of a dataset in an object store are written in a folder of this machine
// ([WorkFolder]). Each complete part moves to the store while the next is written, so that at most
// three parts are on this machine.
type Writer struct {
	ctx      context.Context // of all requests to the store
	name     string          // of the dataset
	dir      string          // where files are written
	store    WritableStore   // where they belong
	limits   Limits
	manifest *Manifest
	isNew    bool   // there was no dataset
	before   []byte // the manifest in an object store when the writer began
	stat     Stat
	rejects  *rejectLog
	next     int // number of the next part
	part     *tableWriter[Sample]
	inPart   int64           // bytes
	inGroup  int64           // bytes
	rowsIn   int64           // rows of the open group
	moving   *moving         // nil if no part is on its way
	resumes  bool            // Abort leaves complete parts and rejects for a later session
	broken   error           // the first error, which ended the writer's work
	own      map[string]bool // parts that an earlier session began: they may be overwritten
}

// Stat returns what was added so far.
func (w *Writer) Stat() Stat { return w.stat }

// Commits returns how many commits the dataset has had, this writer's included.
func (w *Writer) Commits() int { return len(w.manifest.Provenance) }

// Append adds a sample. Missing image hashes are computed.
func (w *Writer) Append(s Sample) error {
	s.hashImages()
	if err := w.ready(); err != nil {
		return err
	}
	return w.give(s, false)
}

// ready returns the error that ended the writer's work, if any.
func (w *Writer) ready() error {
	if w.broken == nil {
		w.broken = w.moveFailed()
	}
	return w.broken
}

// give adds a sample as a row, or as one that updates a row. An error stays with the writer.
func (w *Writer) give(s Sample, updates bool) error {
	w.broken = w.appendRow(s, updates)
	return w.broken
}

// appendRow adds a sample to the open part.
func (w *Writer) appendRow(s Sample, updates bool) error {
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
	if updates {
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

// AppendAll adds samples and ends parts that are full.
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
func (w *Writer) Duplicate() { w.stat.Duplicates++ }

// EndPart completes the open part and returns its description; ok is false if none was open. The
// file is complete and synced, but belongs to the dataset only after Commit. If the dataset is in
// an object store, the part moves there in the background.
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

// Commit completes the open part, waits until all parts are in their store, and writes the
// manifest: from then on the dataset has the new rows.
func (w *Writer) Commit(command string, sources ...string) error {
	if err := w.commit(command, sources, Stat{}); err != nil {
		return err
	}
	return w.rejects.drop()
}

// commit is [Writer.Commit] after rows were removed from the dataset's earlier parts. It leaves the
// rejects that are kept for a later session.
func (w *Writer) commit(command string, sources []string, removed Stat) error {
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
	w.manifest.Totals.subtract(removed)
	w.manifest.Provenance = append(w.manifest.Provenance, Entry{Command: command, Sources: sources, Stat: stat})
	if w.manifest.Files == nil {
		w.manifest.Files = []File{}
	}
	return w.writeManifest()
}

// Abort removes the incomplete part. After Commit it only releases what the writer holds.
func (w *Writer) Abort() {
	w.stopMoves()
	if w.resumes {
		w.rejects.close()
	} else {
		w.rejects.drop()
	}
	if w.part != nil {
		w.part.abort()
		w.part = nil
	}
	closeStore(w.store)
}
