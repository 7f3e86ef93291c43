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

// SpoolName is the file in which a [Session] keeps what the open part has.
const SpoolName = ".building.spool"

// Kinds of [Spooled].
const (
	SpooledRow       = 'r'
	SpooledUpdate    = 'u' // a row that replaces the one with its key
	SpooledReject    = 'x'
	SpooledDuplicate = 'd'
	SpooledNote      = 'n'
	SpooledAside     = 'a'
	spooledLeftOut   = 'o' // counts only together with the frame that follows
	spooledLabel     = 'l' // the first frame
)

// Spooled is one record that an interrupted session was given.
type Spooled struct {
	Kind   byte
	Sample Sample // of a row; valid during the call
	Reject Reject // of a reject
	Note   []byte // of a note; valid during the call
	left   []LeftOut
}

// spool is the open spool file: frames of a length, a CRC-32C and a payload. Each frame is written
// by one call, so that after a kill the file is readable up to the frame being written. The page
// cache outlives the process, so the file is not synced; after a power failure only the parts are
// left.
type spool struct {
	file  *os.File
	frame []byte // reused
}

const frameHead = 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Spool keeps every row, reject and duplicate from here on in a file beside the parts, so that a
// killed process loses at most the record being written. Label names the state after which the
// records come. If a killed session left a spool with the same label, its records are added again
// and each is called with every one of them; a spool with another label is dropped. After a part
// has ended and the caller has recorded it, Spool is called with the next label. Commit removes the
// spool.
//
// Spool also removes temporary files of killed writers: the caller must hold a lock of the dataset.
// After Spool a part may be full, as after [Session.Append].
func (s *Session) Spool(label string, each func(Spooled) error) error {
	err := s.respool(label, each)
	if err != nil {
		err = fmt.Errorf("spooling in %s: %w", s.w.dir, err)
	}
	return err
}

func (s *Session) respool(label string, each func(Spooled) error) error {
	s.closeSpool()
	s.w.resumes = true
	if s.w.part == nil {
		if err := removeTemporary(s.w.dir); err != nil {
			return err
		}
	}
	file, err := os.OpenFile(filepath.Join(s.w.dir, SpoolName), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	keep, err := s.replay(file, label, each)
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
	s.spool = &spool{file: file}
	if keep == 0 {
		return s.spool.write(append([]byte{spooledLabel}, label...))
	}
	return nil
}

// replay adds what a spool with that label holds, and returns the size of its complete frames.
func (s *Session) replay(file *os.File, label string, each func(Spooled) error) (keep int64, err error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	frames := bufio.NewReaderSize(file, 1<<20)
	var waiting [][]byte // frames of what was left out of the next record
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
			if err := s.again(left, nil); err != nil {
				return 0, fmt.Errorf("reading back %s at byte %d: %w", file.Name(), keep, err)
			}
		}
		waiting = nil
		if first {
			if payload[0] != spooledLabel || string(payload[1:]) != label {
				return 0, nil
			}
		} else if err := s.again(payload, each); err != nil {
			return 0, fmt.Errorf("reading back %s at byte %d: %w", file.Name(), keep, err)
		}
		keep = read
	}
}

// readFrame returns the payload of the next frame, or nil if the next left bytes have no complete
// frame.
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

// again adds the record of one frame.
func (s *Session) again(payload []byte, each func(Spooled) error) error {
	record, err := decodeSpooled(payload)
	if err != nil {
		return err
	}
	switch record.Kind {
	case SpooledRow, SpooledUpdate:
		err = s.w.appendRow(record.Sample, record.Kind == SpooledUpdate)
	case SpooledReject:
		err = s.w.reject(record.Reject)
	case SpooledDuplicate:
		s.w.Duplicate()
	case spooledLeftOut:
		s.w.stat.leave(record.left)
	}
	if err != nil || each == nil {
		return err
	}
	return each(record)
}

// spooled writes a frame if there is a spool. An error stays with the writer: frames after one that
// is cut short could not be read back.
func (s *Session) spooled(payload func([]byte) []byte) {
	if s.spool == nil || s.w.broken != nil {
		return
	}
	out := s.spool
	out.frame = payload(append(out.frame[:0], make([]byte, frameHead)...))
	if err := out.flush(); err != nil {
		s.w.broken = fmt.Errorf("spooling in %s: %w", s.w.dir, err)
	}
	if cap(out.frame) > 64<<20 {
		out.frame = nil
	}
}

func (s *spool) write(payload []byte) error {
	s.frame = append(append(s.frame[:0], make([]byte, frameHead)...), payload...)
	return s.flush()
}

// flush completes the head of the frame and writes the frame.
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

// closeSpool closes the spool but keeps its file.
func (s *Session) closeSpool() {
	if s.spool != nil {
		s.spool.file.Close()
		s.spool = nil
	}
}

// DropSpool removes the spool and the rejects that were kept: after a command is complete, or to
// start fresh.
func (s *Session) DropSpool() error {
	s.closeSpool()
	if err := s.w.rejects.drop(); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(s.w.dir, SpoolName)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("removing the spool: %w", err)
	}
	return nil
}

// removeTemporary removes the temporary files of killed writers.
func removeTemporary(dir string) error {
	return removeFiles(dir, func(name string) bool {
		name, temporary := strings.CutPrefix(name, ".tmp-")
		return temporary && (strings.Contains(name, ".parquet-") || strings.HasPrefix(name, ManifestName+"-"))
	})
}

// removeFiles removes the files of a folder for whose name such returns true.
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
