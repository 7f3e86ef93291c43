package shards

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"
)

// movesAtOnce is how many whole parts move to an object store at once. With the one that is made
// meanwhile, so many and one more are on this machine at most.
const movesAtOnce = 2

// moving are the parts on their way to an object store while the next is made.
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

// moves reports whether files that are whole move to an object store.
func (w *Writer) moves() bool { return IsURL(w.name) }

// beginMove lets a part that is whole move to the object store, if the dataset is in one. It waits
// while others fill the way, and returns the error of one that did not arrive.
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
			os.Remove(filepath.Join(w.dir, f.Name)) // nobody will send it
		}
		return err
	})
	return w.moveFailed()
}

// moveFailed returns the error of a part that did not arrive, as soon as it is known.
func (w *Writer) moveFailed() error {
	if w.moving == nil {
		return nil
	}
	return context.Cause(w.moving.failed)
}

// awaitMoves waits until all parts have arrived, or one has not.
func (w *Writer) awaitMoves() error {
	if w.moving == nil {
		return nil
	}
	err := w.moving.group.Wait()
	w.moving.stop()
	w.moving = nil
	return err
}

// stopMoves leaves parts that are on their way where they were made.
func (w *Writer) stopMoves() {
	if w.moving != nil {
		w.moving.stop()
		w.awaitMoves()
	}
}

// move moves a file that is whole to the object store: it leaves this machine when the store has
// all of it. Safe for concurrent use.
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
