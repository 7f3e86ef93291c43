package shards

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"
)

// movesAtOnce is how many complete parts move to an object store at once. Together with the part
// being written, at most one more than this is on this machine.
const movesAtOnce = 2

// moving has the parts that move to an object store while the next is written.
type moving struct {
	group  *errgroup.Group
	ctx    context.Context // ends when the writer gives up
	failed context.Context // ends with the first error, which is its cause
	stop   context.CancelFunc
}

func newMoving(ctx context.Context) *moving {
	var m moving
	m.ctx, m.stop = context.WithCancel(ctx)
	m.group, m.failed = errgroup.WithContext(m.ctx)
	m.group.SetLimit(movesAtOnce)
	return &m
}

// moves reports whether complete files move to an object store.
func (w *Writer) moves() bool { return IsURL(w.name) }

// beginMove starts moving a complete part to the object store, if the dataset is in one. It waits
// while movesAtOnce others are moving, and returns the error of one that failed.
func (w *Writer) beginMove(f File) error {
	if !w.moves() {
		return nil
	}
	if w.moving == nil {
		w.moving = newMoving(w.ctx)
	}
	m, resumes := w.moving, w.resumes
	m.group.Go(func() error {
		err := context.Cause(m.failed)
		if err == nil {
			err = w.move(m.ctx, f)
		}
		if err != nil && !resumes {
			os.Remove(filepath.Join(w.dir, f.Name)) // no later session will send it
		}
		return err
	})
	return w.moveFailed()
}

// moveFailed returns the first error of a move, as soon as it is known.
func (w *Writer) moveFailed() error {
	if w.moving == nil {
		return nil
	}
	return context.Cause(w.moving.failed)
}

// awaitMoves waits until all parts have arrived or one has failed.
func (w *Writer) awaitMoves() error {
	if w.moving == nil {
		return nil
	}
	err := w.moving.group.Wait()
	w.moving.stop()
	w.moving = nil
	return err
}

// stopMoves cancels the moves; the parts stay on this machine.
func (w *Writer) stopMoves() {
	if w.moving != nil {
		w.moving.stop()
		w.awaitMoves()
	}
}

// move moves a complete file to the object store, and removes it from this machine when the store
// has all of it. It is safe for concurrent use.
func (w *Writer) move(ctx context.Context, f File) error {
	path := filepath.Join(w.dir, f.Name)
	content, err := os.Open(path)
	if err != nil {
		return err
	}
	defer content.Close()
	if err := w.store.Put(ctx, f, &interruptible{ctx, content}); err != nil {
		return fmt.Errorf("moving %s to %s: %w", path, w.name, err)
	}
	return os.Remove(path)
}

// interruptible reads a file until ctx ends.
type interruptible struct {
	ctx context.Context
	io.ReaderAt
}

func (r *interruptible) ReadAt(b []byte, at int64) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.ReaderAt.ReadAt(b, at)
}
