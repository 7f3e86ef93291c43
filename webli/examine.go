package webli

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/pali3/pali3/shards"
)

// examineAll makes the record of every sample, in order. One goroutine reads, the workers decode.
func examineAll(ctx context.Context, in []*shards.Dataset, config Config, options Options) ([]*record, error) {
	total := 0
	for _, d := range in {
		total += d.Len()
	}
	workers := options.Workers
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	type job struct {
		place  int
		from   origin
		sample shards.Sample
	}
	jobs := make(chan job, workers)
	records := make([]*record, total)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(jobs)
		return eachSample(ctx, in, func(place int, from origin, s shards.Sample) error {
			if options.Progress != nil {
				options.Progress(place, total)
			}
			select {
			case jobs <- job{place, from, s}:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	e := &examiner{config, newTextJudge(config.Texts)}
	for range workers {
		group.Go(func() error {
			for j := range jobs {
				records[j.place] = e.examine(&j.sample, j.from)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if options.Progress != nil {
		options.Progress(total, total)
	}
	return records, nil
}

// eachSample calls visit for the samples of all datasets, in order, place counting through.
func eachSample(ctx context.Context, in []*shards.Dataset, visit func(place int, from origin, s shards.Sample) error) error {
	place := 0
	for _, d := range in {
		row := 0
		for s, err := range d.Samples() {
			if err == nil {
				err = ctx.Err()
			}
			if err == nil {
				err = visit(place, origin{d.Dir(), row}, s)
			}
			if err != nil {
				return fmt.Errorf("curating row %d of %s: %w", row, d.Dir(), err)
			}
			place, row = place+1, row+1
		}
		if row != d.Len() {
			return fmt.Errorf("curating %s: %d rows read, its manifest says %d", d.Dir(), row, d.Len())
		}
	}
	return nil
}
