package ordered

import (
	"context"
	"iter"
)

// Map yields work's results for the items of a source in the source's order, while up to width
// items are in progress or waiting for their turn. When it returns, no work is in progress.
// Goroutines are reused, because a new one would have to grow its stack for each item.
func Map[A, B any](ctx context.Context, items iter.Seq[A], width int, work func(context.Context, A) B) iter.Seq[B] {
	return func(yield func(B) bool) {
		ctx, cancel := context.WithCancel(ctx)
		queue := make(chan chan B, max(0, width-1)) // items in progress, in order
		finished := make(chan struct{})
		type job struct {
			item   A
			result chan B
		}
		jobs := make(chan job)
		worker := func() {
			for j := range jobs {
				j.result <- work(ctx, j.item)
			}
		}
		go func() {
			defer close(finished)
			defer close(queue)
			defer close(jobs)
			workers := 0
			for item := range items {
				j := job{item, make(chan B, 1)}
				select {
				case queue <- j.result:
				case <-ctx.Done():
					return
				}
				select {
				case jobs <- j:
				default:
					if workers < max(1, width) {
						workers++
						go worker()
					}
					jobs <- j
				}
			}
		}()
		defer func() {
			cancel()
			for result := range queue {
				<-result
			}
			<-finished
		}()
		for result := range queue {
			if !yield(<-result) {
				return
			}
		}
	}
}
