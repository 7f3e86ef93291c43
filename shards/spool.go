package shards

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// SpoolName is the file in which a [Writer] keeps what the part under construction holds.
const SpoolName = ".building.spool"

// Kinds of [Spooled].
const (
	SpooledRow       = 'r'
	SpooledUpdate    = 'u' // a row in place of the one with its key
	SpooledReject    = 'x'
	SpooledDuplicate = 'd'
	SpooledNote      = 'n'
	SpooledAside     = 'a'
	spooledLeftOut   = 'o' // of the frame that follows: without it, it does not count
	spooledLabel     = 'l' // the first frame
)

// Spooled is one thing that an interrupted writer had been given, in the order given.
type Spooled struct {
	Kind   byte
	Sample Sample // of a row; valid during the call
	Reject Reject // of a reject
	Note   []byte // of a note; valid during the call
	left   []LeftOut
}

// spool is the open spool file: frames of a length, a CRC-32C and a payload, each written by one
// call, so that what a killed process had written stays readable up to the frame it was at. The
// page cache outlives the process, so nothing is synced; after a power failure the parts are what
// is left.
type spool struct {
	file  *os.File
	frame []byte // reused
}

const frameHead = 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Spool makes the writer keep every row, reject and duplicate from here on in a file beside the
// parts, so that a killed process loses no more than the record it was at. Label says what state
// the rows come after. If a killed writer left a spool of the same label, its content is added
// again, as if given anew, and each is called with it; a spool of another label is dropped. When a
// part has ended and what it stands for is recorded, Spool is called anew with the next label.
// Commit removes the spool.
//
// The caller holds the dataset for itself: temporary files of killed writers are removed too. After
// Spool a part may be full, as after [Writer.Append].
func (w *Writer) Spool(label string, each func(Spooled) error) error {
	err := w.respool(label, each)
	if err != nil {
		err = fmt.Errorf("spooling in %s: %w", w.dir, err)
	}
	return err
}

func (w *Writer) respool(label string, each func(Spooled) error) error {
	w.closeSpool()
	w.resumes = true
	if w.part == nil {
		if err := removeTemporary(w.dir); err != nil {
			return err
		}
	}
	file, err := os.OpenFile(filepath.Join(w.dir, SpoolName), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	keep, err := w.replay(file, label, each)
	if err == nil {
		err = file.Truncate(keep)
	}
	if err == nil {
		_, err = file.Seek(keep, io.SeekStart)
	}
	if err != nil {
		file.Close()
		return err
	}
	w.spool = &spool{file: file}
	if keep == 0 {
		return w.spool.write(append([]byte{spooledLabel}, label...))
	}
	return nil
}

// replay adds what the spool of that label holds, and returns the size of its whole frames.
func (w *Writer) replay(file *os.File, label string, each func(Spooled) error) (keep int64, err error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	frames := bufio.NewReaderSize(file, 1<<20)
	var waiting [][]byte // frames of what was left out of the record that follows them
	read := int64(0)
	for first := true; ; first = false {
		payload := readFrame(frames, info.Size()-read)
		if payload == nil {
			return keep, nil
		}
		read += int64(frameHead + len(payload))
		if !first && payload[0] == spooledLeftOut {
			waiting = append(waiting, payload)
			continue
		}
		for _, left := range waiting {
			if err := w.again(left, nil); err != nil {
				return 0, fmt.Errorf("reading back %s at byte %d: %w", file.Name(), keep, err)
			}
		}
		waiting = nil
		if first {
			if payload[0] != spooledLabel || string(payload[1:]) != label {
				return 0, nil
			}
		} else if err := w.again(payload, each); err != nil {
			return 0, fmt.Errorf("reading back %s at byte %d: %w", file.Name(), keep, err)
		}
		keep = read
	}
}

// readFrame returns the payload of the next frame, or nil if no whole one follows within left
// bytes.
func readFrame(r io.Reader, left int64) []byte {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil
	}
	size := int64(binary.LittleEndian.Uint32(head[:]))
	if size == 0 || size > left-frameHead {
		return nil
	}
	payload := make([]byte, size)
	if _, err := io.ReadFull(r, payload); err != nil {
		return nil
	}
	if crc32.Checksum(payload, castagnoli) != binary.LittleEndian.Uint32(head[4:]) {
		return nil
	}
	return payload
}

// again adds what one frame holds to the writer.
func (w *Writer) again(payload []byte, each func(Spooled) error) error {
	s, err := decodeSpooled(payload)
	if err != nil {
		return err
	}
	switch s.Kind {
	case SpooledRow, SpooledUpdate:
		err = w.appendRow(s.Sample, s.Kind)
	case SpooledReject:
		err = w.reject(s.Reject)
	case SpooledDuplicate:
		w.stat.Duplicates++
	case spooledLeftOut:
		w.stat.leave(s.left)
	}
	if err != nil || each == nil {
		return err
	}
	return each(s)
}

// Note keeps the caller's own words in the spool, in order with the rows; without a spool it does
// nothing.
func (w *Writer) Note(note []byte) error {
	w.spooled(func(b []byte) []byte { return append(append(b, SpooledNote), note...) })
	return w.broken
}

// spooled writes a frame if there is a spool. An error stays with the writer: what follows a frame
// that is cut short could not be read back.
func (w *Writer) spooled(payload func([]byte) []byte) {
	if w.spool == nil || w.broken != nil {
		return
	}
	s := w.spool
	s.frame = payload(append(s.frame[:0], make([]byte, frameHead)...))
	if err := s.flush(); err != nil {
		w.broken = fmt.Errorf("spooling in %s: %w", w.dir, err)
	}
	if cap(s.frame) > 64<<20 {
		s.frame = nil
	}
}

func (s *spool) write(payload []byte) error {
	s.frame = append(append(s.frame[:0], make([]byte, frameHead)...), payload...)
	return s.flush()
}

// flush completes the frame's head and writes it.
func (s *spool) flush() error {
	if err := sealFrame(s.frame); err != nil {
		return err
	}
	_, err := s.file.Write(s.frame)
	return err
}

// sealFrame writes the head of a frame.
func sealFrame(frame []byte) error {
	payload := frame[frameHead:]
	if int64(len(payload)) > 1<<32-1 {
		return errors.New("a record of 4 GiB or more")
	}
	binary.LittleEndian.PutUint32(frame, uint32(len(payload)))
	binary.LittleEndian.PutUint32(frame[4:], crc32.Checksum(payload, castagnoli))
	return nil
}

// closeSpool closes the spool and leaves the file.
func (w *Writer) closeSpool() {
	if w.spool != nil {
		w.spool.file.Close()
		w.spool = nil
	}
}

// DropSpool removes the spool, the rejects that were kept, and what they hold: of a command that is
// complete, or starts afresh.
func (w *Writer) DropSpool() error {
	w.closeSpool()
	if err := w.rejects.drop(); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(w.dir, SpoolName)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("removing the spool: %w", err)
	}
	return nil
}

// removeTemporary removes what killed writers left of files that never became visible.
func removeTemporary(dir string) error {
	return removeFiles(dir, func(name string) bool {
		name, temporary := strings.CutPrefix(name, ".tmp-")
		return temporary && (strings.Contains(name, ".parquet-") || strings.HasPrefix(name, ManifestName+"-"))
	})
}

// removeFiles removes those files of a folder whose names are such.
func removeFiles(dir string, such func(name string) bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if such(e.Name()) {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
