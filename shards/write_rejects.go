package shards

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/internal/parquet/table"
)

// RejectsSpoolName is the file in which a [Writer] keeps rejects until its commit.
const RejectsSpoolName = ".rejects.spool"

// rejectLog keeps rejects on disk in frames like those of the spool, so that only the last few of
// many millions are in memory.
type rejectLog struct {
	path  string
	file  *os.File // nil before the first reject
	out   *bufio.Writer
	size  int64  // bytes of all frames
	frame []byte // reused
}

func newRejectLog(dir string) *rejectLog {
	return &rejectLog{path: filepath.Join(dir, RejectsSpoolName)}
}

// resume keeps the first size bytes of the file that an earlier session left.
func (l *rejectLog) resume(size int64) error {
	l.close()
	flags := os.O_RDWR | os.O_CREATE
	if size == 0 {
		flags |= os.O_TRUNC
	}
	file, err := os.OpenFile(l.path, flags, 0o644)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil && info.Size() < size {
		err = fmt.Errorf("%s has %d bytes, its journal says %d", l.path, info.Size(), size)
	}
	if err == nil {
		err = file.Truncate(size)
	}
	if err == nil {
		_, err = file.Seek(size, io.SeekStart)
	}
	if err != nil {
		file.Close()
		return err
	}
	l.file, l.out, l.size = file, bufio.NewWriterSize(file, 1<<16), size
	return nil
}

func (l *rejectLog) add(r Reject) error {
	if l.file == nil {
		if err := l.resume(0); err != nil {
			return err
		}
	}
	l.frame = appendReject(append(append(l.frame[:0], make([]byte, frameHead)...), SpooledReject), r)
	if err := sealFrame(l.frame); err != nil {
		return err
	}
	l.size += int64(len(l.frame))
	_, err := l.out.Write(l.frame)
	return err
}

// sync writes what was added to disk.
func (l *rejectLog) sync() error {
	if l.file == nil {
		return nil
	}
	return errors.Join(l.out.Flush(), l.file.Sync())
}

// all yields what was added, and ends after an error.
func (l *rejectLog) all() iter.Seq2[Reject, error] {
	return func(yield func(Reject, error) bool) {
		if l.size == 0 {
			return
		}
		if err := l.out.Flush(); err != nil {
			yield(Reject{}, err)
			return
		}
		frames := bufio.NewReaderSize(io.NewSectionReader(l.file, 0, l.size), 1<<20)
		for at := int64(0); at < l.size; {
			payload := readFrame(frames, l.size-at)
			if payload == nil {
				yield(Reject{}, fmt.Errorf("%s is damaged at byte %d", l.path, at))
				return
			}
			s, err := decodeSpooled(payload)
			if !yield(s.Reject, err) || err != nil {
				return
			}
			at += int64(frameHead + len(payload))
		}
	}
}

// close closes the file but keeps it.
func (l *rejectLog) close() {
	if l.file != nil {
		l.file.Close()
		l.file, l.out, l.size = nil, nil, 0
	}
}

// drop removes the file.
func (l *rejectLog) drop() error {
	l.close()
	if err := os.Remove(l.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("removing the rejects that were kept: %w", err)
	}
	return nil
}

// commitRejects rewrites rejects.parquet with the earlier rejects and then the new ones. It holds
// one row group of each in memory.
func (w *Writer) commitRejects() error {
	if w.rejects.size == 0 {
		return nil
	}
	out, err := createTable[Reject](w.dir, RejectsName, compressed)
	if err != nil {
		return err
	}
	defer out.abort()
	var inGroup int64
	for _, rejects := range []iter.Seq2[Reject, error]{w.earlierRejects(), w.rejects.all()} {
		for r, err := range rejects {
			if err == nil {
				err = out.append(r)
			}
			if inGroup += r.size(); err == nil && inGroup >= w.limits.GroupBytes {
				err, inGroup = out.endGroup(), 0
			}
			if err != nil {
				return fmt.Errorf("writing the rejects of %s: %w", w.name, err)
			}
		}
	}
	file, err := out.commit()
	if err == nil && w.moves() {
		err = w.move(w.ctx, file)
	}
	if err != nil {
		return err
	}
	w.manifest.Rejects = &file
	return nil
}

// earlierRejects yields the rejects that the manifest lists.
func (w *Writer) earlierRejects() iter.Seq2[Reject, error] {
	if w.manifest.Rejects == nil {
		return func(func(Reject, error) bool) {}
	}
	return listedRejects(w.ctx, w.store, w.name, w.manifest.Rejects.Rows)
}

// listedRejects yields the first rows of rejects.parquet. If a writer was killed before it wrote
// the manifest, the file has more rows than the manifest lists.
func listedRejects(ctx context.Context, store Store, name string, rows int64) iter.Seq2[Reject, error] {
	return func(yield func(Reject, error) bool) {
		size, err := store.Size(ctx, RejectsName)
		if err != nil {
			yield(Reject{}, err)
			return
		}
		r, err := store.OpenFile(ctx, RejectsName)
		if err != nil {
			yield(Reject{}, err)
			return
		}
		if closer, ok := r.(io.Closer); ok {
			defer closer.Close()
		}
		left := rows
		for reject, err := range readRejects(r, size, fileOf(name, RejectsName)) {
			if left--; left < 0 || !yield(reject, err) || err != nil {
				return
			}
		}
		if left > 0 {
			yield(Reject{}, fmt.Errorf("%s has %d fewer rows than its manifest says", fileOf(name, RejectsName), left))
		}
	}
}

// readRejects yields the rejects of a file, and ends after an error.
func readRejects(r io.ReaderAt, size int64, path string) iter.Seq2[Reject, error] {
	return func(yield func(Reject, error) bool) {
		file, err := table.Open(r, size)
		if err != nil {
			yield(Reject{}, fmt.Errorf("opening %s: %w", path, err))
			return
		}
		for row, err := range file.Rows() {
			if err != nil {
				yield(Reject{}, fmt.Errorf("reading %s: %w", path, err))
				return
			}
			text := func(column string) string {
				s, _ := row[column].(string)
				return s
			}
			if !yield(Reject{text("origin"), text("key"), text("reason"), text("detail")}, nil) {
				return
			}
		}
	}
}
