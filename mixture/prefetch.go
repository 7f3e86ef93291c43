package mixture

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Batcher gives the batch of a step, counted from 0. The batch is a function of the step. A
// [Stream] is one.
type Batcher interface {
	Batch(ctx context.Context, step int) (*Batch, error)
}

// PrefetchLimits bound the batches that wait for their step.
type PrefetchLimits struct {
	// Batches that wait, at most. Default: [DefaultPrefetch].
	Batches int
	// Bytes of the batches that wait, at most; one batch may be larger. Default:
	// [DefaultPrefetchBytes].
	Bytes int64
}

const (
	// DefaultPrefetch is how many batches wait for their step, at most.
	DefaultPrefetch = 3
	// DefaultPrefetchBytes is how much memory they take, at most, unless a single batch takes more.
	DefaultPrefetchBytes = 1 << 30
)

// ErrNoMoreBatches is returned by [Prefetcher.Next] after the last batch.
var ErrNoMoreBatches = errors.New("no more batches")

// Prefetcher makes batches ahead of the steps that take them, on a goroutine of its own. When as
// many wait as its limits allow, it makes no more until one is taken.
type Prefetcher struct {
	cancel  context.CancelFunc
	running sync.WaitGroup
	limits  PrefetchLimits
	filled  chan struct{} // has an element when a batch was added, or the last one was
	emptied chan struct{} // has an element when a batch was taken

	mu      sync.Mutex
	waiting []*Batch
	bytes   int64 // of those waiting
	end     error // why there will be no more
}

// Prefetch starts to make the batches of steps first to end-1, in order. The caller ends it with
// [Prefetcher.Stop].
func Prefetch(ctx context.Context, from Batcher, first, end int, limits PrefetchLimits) *Prefetcher {
	if limits.Batches < 1 {
		limits.Batches = DefaultPrefetch
	}
	if limits.Bytes < 1 {
		limits.Bytes = DefaultPrefetchBytes
	}
	ctx, cancel := context.WithCancel(ctx)
	p := &Prefetcher{cancel: cancel, limits: limits, filled: make(chan struct{}, 1), emptied: make(chan struct{}, 1)}
	p.running.Go(func() { p.finish(p.run(ctx, from, first, end)) })
	return p
}

// run makes batches and returns why it ended.
func (p *Prefetcher) run(ctx context.Context, from Batcher, first, end int) error {
	var size int64 // of the last batch; all are about as large
	for step := first; step < end; step++ {
		if err := p.waitForRoom(ctx, size); err != nil {
			return err
		}
		batch, err := from.Batch(ctx, step)
		if err != nil {
			return fmt.Errorf("making the batch of step %d: %w", step, err)
		}
		size = batch.Bytes()
		p.add(batch, size)
	}
	return ErrNoMoreBatches
}

// waitForRoom waits until a batch of a size may be made.
func (p *Prefetcher) waitForRoom(ctx context.Context, size int64) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.mu.Lock()
		room := len(p.waiting) == 0 || len(p.waiting) < p.limits.Batches && p.bytes+size <= p.limits.Bytes
		p.mu.Unlock()
		if room {
			return nil
		}
		select {
		case <-p.emptied:
		case <-ctx.Done():
		}
	}
}

func (p *Prefetcher) add(b *Batch, size int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting = append(p.waiting, b)
	p.bytes += size
	signal(p.filled)
}

func (p *Prefetcher) finish(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end = why
	signal(p.filled)
}

// signal puts an element into a channel that holds one, unless it is there.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Next returns the next batch, which the caller keeps, and waits for it until ctx ends. After the
// last batch it returns [ErrNoMoreBatches], and after one that could not be made its error.
func (p *Prefetcher) Next(ctx context.Context) (*Batch, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err // even if a batch is ready
		}
		if batch, err := p.take(); batch != nil || err != nil {
			return batch, err
		}
		select {
		case <-p.filled:
		case <-ctx.Done():
		}
	}
}

// take returns the next batch, or why there is none, or neither if one will come.
func (p *Prefetcher) take() (*Batch, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) == 0 {
		if p.end != nil {
			signal(p.filled) // for others that wait
		}
		return nil, p.end
	}
	batch := p.waiting[0]
	p.waiting[0] = nil
	p.waiting = p.waiting[1:]
	p.bytes -= batch.Bytes()
	if len(p.waiting) > 0 || p.end != nil {
		signal(p.filled)
	}
	signal(p.emptied)
	return batch, nil
}

// Waiting returns how many batches wait, and their size in bytes.
func (p *Prefetcher) Waiting() (batches int, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.waiting), p.bytes
}

// Stop ends the goroutine, waits for it, and drops the batches that wait.
func (p *Prefetcher) Stop() {
	p.cancel()
	p.running.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting, p.bytes = nil, 0
	if p.end == ErrNoMoreBatches {
		p.end = context.Canceled
	}
	signal(p.filled)
}
