package mixture

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// countingBatcher makes batches of one size, and counts them.
type countingBatcher struct {
	made   atomic.Int64
	failAt int // this step cannot be made; 0 for none
}

var errNoStep = errors.New("no such step")

func (c *countingBatcher) Batch(ctx context.Context, step int) (*Batch, error) {
	if c.failAt > 0 && step == c.failAt {
		return nil, errNoStep
	}
	c.made.Add(1)
	return NewBatch(step, Shape{Rows: 4, Encoder: 256}, false), ctx.Err()
}

func TestPrefetcher_GivesBatchesInOrderAndEnds(t *testing.T) {
	p := Prefetch(t.Context(), &countingBatcher{}, 3, 50, PrefetchLimits{})
	defer p.Stop()
	for step := 3; step < 50; step++ {
		b, err := p.Next(t.Context())
		if err != nil || b.Step != step {
			t.Fatalf("batch %+v, error %v, want step %d", b, err, step)
		}
	}
	for range 2 {
		if _, err := p.Next(t.Context()); err != ErrNoMoreBatches {
			t.Errorf("after the last batch: error %v", err)
		}
	}
}

// TestPrefetcher_IsBounded lets batches wait and counts them.
func TestPrefetcher_IsBounded(t *testing.T) {
	size := NewBatch(0, Shape{Rows: 4, Encoder: 256}, false).Bytes()
	for name, c := range map[string]struct {
		limits PrefetchLimits
		want   int64
	}{
		"default": {PrefetchLimits{}, DefaultPrefetch},
		"batches": {PrefetchLimits{Batches: 5}, 5},
		"bytes":   {PrefetchLimits{Batches: 100, Bytes: 7*size + 1}, 7},
		"one":     {PrefetchLimits{Batches: 100, Bytes: 1}, 1},
	} {
		from := &countingBatcher{}
		p := Prefetch(t.Context(), from, 0, 1000, c.limits)
		settled(t, func() bool { n, _ := p.Waiting(); return int64(n) == c.want })
		time.Sleep(5 * time.Millisecond)
		if n, bytes := p.Waiting(); int64(n) != c.want || bytes != c.want*size || from.made.Load() != c.want {
			t.Errorf("%s: %d batches of %d bytes wait, %d were made, want %d", name, n, bytes, from.made.Load(), c.want)
		}
		if _, err := p.Next(t.Context()); err != nil {
			t.Error(err)
		}
		settled(t, func() bool { return from.made.Load() == c.want+1 })
		p.Stop()
	}
}

// settled waits until something holds.
func settled(t *testing.T, holds func() bool) {
	t.Helper()
	for range 2000 {
		if holds() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("it did not come about within two seconds")
}

// TestPrefetcher_GivesErrorsAfterTheBatchesBefore meets a step that cannot be made.
func TestPrefetcher_GivesErrorsAfterTheBatchesBefore(t *testing.T) {
	p := Prefetch(t.Context(), &countingBatcher{failAt: 2}, 0, 10, PrefetchLimits{})
	defer p.Stop()
	for step := range 2 {
		if b, err := p.Next(t.Context()); err != nil || b.Step != step {
			t.Fatalf("step %d: %v", step, err)
		}
	}
	for range 2 {
		if _, err := p.Next(t.Context()); !errors.Is(err, errNoStep) || err.Error() != "making the batch of step 2: no such step" {
			t.Errorf("error %v", err)
		}
	}
}

// TestPrefetcher_LeavesNoGoroutine stops prefetchers in every state: full, empty, failed, waited
// for, and cancelled from outside.
func TestPrefetcher_LeavesNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	for i := range 100 {
		ctx, cancel := context.WithCancel(t.Context())
		p := Prefetch(ctx, &countingBatcher{failAt: i % 3}, 0, 1+i%20, PrefetchLimits{})
		var taking sync.WaitGroup
		for range 2 {
			taking.Go(func() {
				for {
					if _, err := p.Next(ctx); err != nil {
						return
					}
				}
			})
		}
		if i%2 == 0 {
			cancel()
		}
		p.Stop()
		taking.Wait()
		cancel()
		if n, bytes := p.Waiting(); n != 0 || bytes != 0 {
			t.Fatalf("%d batches are left", n)
		}
	}
	settled(t, func() bool { return runtime.NumGoroutine() <= before })
}

// TestPrefetcher_NextEndsWithItsContext cancels a wait for a batch that never comes.
func TestPrefetcher_NextEndsWithItsContext(t *testing.T) {
	p := Prefetch(t.Context(), neverBatcher{}, 0, 10, PrefetchLimits{})
	defer p.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if _, err := p.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

type neverBatcher struct{}

func (neverBatcher) Batch(ctx context.Context, _ int) (*Batch, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
