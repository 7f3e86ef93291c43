package stages

import (
	"context"
	"fmt"
	"sync"

	"github.com/pali3/pali3/mixture"
)

// Stream gives the batch of a step, counted from 0: a function of the step, so that a run can begin
// at any. Batches are the caller's to keep.
type Stream interface {
	Batch(ctx context.Context, step int) (*mixture.Batch, error)
}

// prefetchDepth is how many batches may wait for the step that takes them.
const prefetchDepth = 3

// prefetcher fetches batches ahead of the steps, on one goroutine that ends with stop.
type prefetcher struct {
	fetched chan fetched
	cancel  context.CancelFunc
	running sync.WaitGroup
}

type fetched struct {
	batch *mixture.Batch
	err   error
}

// prefetch begins to fetch the batches of steps first to end-1.
func prefetch(ctx context.Context, stream Stream, first, end int) *prefetcher {
	ctx, cancel := context.WithCancel(ctx)
	p := &prefetcher{fetched: make(chan fetched, prefetchDepth), cancel: cancel}
	p.running.Go(func() {
		defer close(p.fetched)
		for step := first; step < end; step++ {
			batch, err := stream.Batch(ctx, step)
			if err != nil {
				err = fmt.Errorf("making the batch of step %d: %w", step, err)
			}
			select {
			case p.fetched <- fetched{batch, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	})
	return p
}

// next returns the next batch, or the context's error if it ends first.
func (p *prefetcher) next(ctx context.Context) (*mixture.Batch, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err() // rather than one more batch, if both are there
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case f, more := <-p.fetched:
		if !more {
			return nil, context.Canceled
		}
		return f.batch, f.err
	}
}

// stop ends the goroutine and waits for it.
func (p *prefetcher) stop() {
	p.cancel()
	p.running.Wait()
}
