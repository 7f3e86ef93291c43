package ingest

import (
	"context"
	"iter"
)

// inOrder yields work's results for the items of a source in the source's order, while up to width of them are
// worked on or wait for their turn. When it returns nothing is under way any more.
func inOrder[A, B any](ctx context.Context, items iter.Seq[A], width int, work func(context.Context, A) B) iter.Seq[B] {
	return func(yield func(B) bool) {
		ctx, cancel := context.WithCancel(ctx)
		queue := make(chan chan B, max(0, width-1)) // what is in work, first come first
		finished := make(chan struct{})
		go func() {
			defer close(finished)
			defer close(queue)
			for item := range items {
				result := make(chan B, 1)
				select {
				case queue <- result:
				case <-ctx.Done():
					return
				}
				go func() { result <- work(ctx, item) }()
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
