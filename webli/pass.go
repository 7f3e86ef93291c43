package webli

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/pali3/pali3/shards"
)

// job is a sample to examine.
type job struct {
	place  int // among the samples of all datasets
	from   Origin
	sample shards.Sample
}

// view selects the columns of a dataset that are read.
type view func(*shards.Dataset) *shards.View

// examineEach returns the result of examine for every sample, in order. One goroutine reads, the
// workers examine. Memory holds at most two samples per worker besides what the reader holds.
func examineEach[T any](
	ctx context.Context, in []*shards.Dataset, columns view, options Options, examine func(*shards.Sample, Origin) T,
) ([]T, error) {
	total := 0
	for _, d := range in {
		total += d.Len()
	}
	results := make([]T, total)
	progress := func(done int) {
		if options.Progress != nil {
			options.Progress(done, total)
		}
	}
	workers := options.Workers
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	jobs := make(chan job, workers)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(jobs)
		return eachSample(ctx, in, columns, func(place int, from Origin, s shards.Sample) error {
			progress(place)
			select {
			case jobs <- job{place, from, s}:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	for range workers {
		group.Go(func() error {
			for j := range jobs {
				results[j.place] = examine(&j.sample, j.from)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	progress(total)
	return results, nil
}

// eachSample calls visit for the samples of all datasets, in order; place counts them across
// datasets.
func eachSample(
	ctx context.Context, in []*shards.Dataset, columns view, visit func(place int, from Origin, s shards.Sample) error,
) error {
	place := 0
	for _, d := range in {
		row := 0
		for s, err := range columns(d).Samples() {
			if err == nil {
				err = ctx.Err()
			}
			if err == nil && row >= d.Len() {
				err = fmt.Errorf("its manifest says %d rows", d.Len())
			}
			if err == nil {
				err = visit(place, Origin{d.Dir(), row}, s)
			}
			if err != nil {
				return fmt.Errorf("reading row %d of %s: %w", row, d.Dir(), err)
			}
			place, row = place+1, row+1
		}
		if row != d.Len() {
			return fmt.Errorf("reading %s: %d rows read, its manifest says %d", d.Dir(), row, d.Len())
		}
	}
	return nil
}
