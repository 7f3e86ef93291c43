package shards

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
)

// Limits of the files a [Writer] makes, in bytes of image and text. A reader holds a few row groups in
// memory, so their size bounds its memory.
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

// Writer adds samples to a dataset folder. Nothing it writes belongs to the dataset before [Writer.Commit].
// Not safe for concurrent use.
type Writer struct {
	dir      string
	limits   Limits
	manifest *Manifest
	stat     Stat
	rejects  []Reject
	next     int // number of the next part
	part     *tableWriter[Sample]
	inPart   int64 // bytes
	inGroup  int64 // bytes
	rowsIn   int64 // rows of the open group
	spool    *spool
	broken   error // that ended the writer's work
}

// Create returns a writer that adds to the dataset in dir, or starts one there.
func Create(dir string, limits Limits) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("creating dataset %s: %w", dir, err)
	}
	manifest, err := readManifest(dir)
	if errors.Is(err, os.ErrNotExist) {
		manifest, err = &Manifest{SchemaVersion: SchemaVersion}, nil
	}
	if err != nil {
		return nil, err
	}
	return &Writer{dir: dir, limits: limits.withDefaults(), manifest: manifest, next: firstFreePart(dir, len(manifest.Files))}, nil
}

// firstFreePart returns the first number from n on for which dir has no part: a part that no manifest
// lists may be somebody's, and is never overwritten.
func firstFreePart(dir string, n int) int {
	for {
		if _, err := os.Lstat(filepath.Join(dir, partName(n))); os.IsNotExist(err) {
			return n
		}
		n++
	}
}

func partName(n int) string { return fmt.Sprintf("part-%05d.parquet", n) }

// Resume adopts what an interrupted command had written: its whole parts and what it had counted.
// The parts must be in the folder. Rejects are those to be written with the commit.
func (w *Writer) Resume(parts []File, stat Stat, rejects []Reject) error {
	for _, part := range parts {
		info, err := os.Stat(filepath.Join(w.dir, part.Name))
		if err != nil {
			return fmt.Errorf("resuming %s: %w", w.dir, err)
		}
		if info.Size() != part.Bytes {
			return fmt.Errorf("resuming %s: %s has %d bytes, its journal says %d", w.dir, part.Name, info.Size(), part.Bytes)
		}
	}
	w.manifest.Files = append(w.manifest.Files, parts...)
	w.stat, w.rejects = stat, rejects
	return nil
}

// NextPart returns the name that the next part will have.
func (w *Writer) NextPart() string { return partName(w.next) }

// UsePart makes name the next part's, replacing such a file: for a command that knows it for its own.
func (w *Writer) UsePart(name string) error {
	var n int
	if _, err := fmt.Sscanf(name, "part-%05d.parquet", &n); err != nil || partName(n) != name {
		return fmt.Errorf("%q is not the name of a part", name)
	}
	w.next = n
	return nil
}

// Commits returns how many commits the dataset has had, this writer's included.
func (w *Writer) Commits() int { return len(w.manifest.Provenance) }

// Stat returns what was added so far.
func (w *Writer) Stat() Stat { return w.stat }

// Append adds a sample. Missing image hashes are computed.
func (w *Writer) Append(s Sample) error {
	for i := range s.Images {
		if s.Images[i].SHA256 == "" {
			s.Images[i].SHA256 = Hash(s.Images[i].Bytes)
		}
	}
	w.spooled(func(b []byte) []byte { return appendSample(append(b, SpooledRow), &s) })
	if w.broken != nil {
		return w.broken
	}
	if err := w.appendRow(s); err != nil {
		w.broken = err
	}
	return w.broken
}

// appendRow adds a sample to the open part.
func (w *Writer) appendRow(s Sample) error {
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

// Reject keeps a record that did not become a sample.
func (w *Writer) Reject(r Reject) {
	w.spooled(func(b []byte) []byte { return appendReject(append(b, SpooledReject), r) })
	w.reject(r)
}

func (w *Writer) reject(r Reject) {
	w.stat.Rejected++
	w.rejects = append(w.rejects, r)
}

// Duplicate counts a record whose key the dataset has already.
func (w *Writer) Duplicate() {
	w.spooled(func(b []byte) []byte { return append(b, SpooledDuplicate) })
	w.stat.Duplicates++
}

// EndPart completes the open part and returns its description; ok is false if none was open. The file
// is whole and synced, but belongs to the dataset only after Commit.
func (w *Writer) EndPart() (part File, ok bool, err error) {
	if w.broken != nil {
		return File{}, false, w.broken
	}
	if w.part == nil {
		return File{}, false, nil
	}
	part, err = w.part.commit()
	w.part, w.inPart, w.inGroup, w.rowsIn = nil, 0, 0, 0
	if err != nil {
		w.broken = err
		return File{}, false, err
	}
	w.manifest.Files = append(w.manifest.Files, part)
	w.next = firstFreePart(w.dir, w.next)
	return part, true, nil
}

// Commit completes the open part and writes the manifest: from here on the dataset has the new rows.
func (w *Writer) Commit(command string, sources ...string) error {
	if _, _, err := w.EndPart(); err != nil {
		return err
	}
	if err := w.commitRejects(); err != nil {
		return err
	}
	stat := w.stat
	stat.Add(Stat{})
	w.manifest.Totals.Add(stat)
	w.manifest.Provenance = append(w.manifest.Provenance, Entry{Command: command, Sources: sources, Stat: stat})
	if w.manifest.Files == nil {
		w.manifest.Files = []File{}
	}
	if err := w.manifest.write(w.dir); err != nil {
		return err
	}
	if w.spool == nil {
		return nil
	}
	return w.DropSpool()
}

// commitRejects writes rejects.parquet anew, with the earlier rejects before the new ones.
func (w *Writer) commitRejects() error {
	if len(w.rejects) == 0 {
		return nil
	}
	out, err := createTable[Reject](w.dir, RejectsName, compressed)
	if err != nil {
		return err
	}
	defer out.abort()
	if w.manifest.Rejects != nil {
		for r, err := range readRejectsFile(filepath.Join(w.dir, RejectsName)) {
			if err != nil {
				return err
			}
			if err := out.append(r); err != nil {
				return err
			}
		}
	}
	for _, r := range w.rejects {
		if err := out.append(r); err != nil {
			return err
		}
	}
	file, err := out.commit()
	if err != nil {
		return err
	}
	w.manifest.Rejects = &file
	return nil
}

// Abort removes the part that is not whole, and leaves the spool. After Commit it does nothing.
func (w *Writer) Abort() {
	w.closeSpool()
	if w.part != nil {
		w.part.abort()
		w.part = nil
	}
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
