package shards

import (
	"iter"
	"runtime"
	"slices"
	"sync"
)

// Rows yields the rows of the given numbers, in the order of the numbers, and ends after an error.
// They are read ahead on several cores, each block of them in the order in which they lie in the
// files: many rows take less time than as many calls of [View.Row].
func (v *View) Rows(numbers []int) iter.Seq2[Sample, error] {
	return func(yield func(Sample, error) bool) {
		readers := max(runtime.GOMAXPROCS(0), 4)
		blocks := make(chan chan rowBlock, readers) // as many, and one more, are read ahead
		done := make(chan struct{})
		var reading sync.WaitGroup
		defer reading.Wait()
		defer close(done)
		reading.Go(func() {
			defer close(blocks)
			for block := range slices.Chunk(numbers, rowsAtOnce) {
				next := make(chan rowBlock, 1)
				select {
				case blocks <- next:
					reading.Go(func() { next <- v.readRows(block) })
				case <-done:
					return
				}
			}
		})
		for next := range blocks {
			block := <-next
			for i := range block.samples {
				if !yield(block.samples[i], nil) {
					return
				}
			}
			if block.err != nil {
				yield(Sample{}, block.err)
				return
			}
		}
	}
}

// Rows is [View.Rows] of whole rows.
func (d *Dataset) Rows(numbers []int) iter.Seq2[Sample, error] { return d.all.Rows(numbers) }

// rowsAtOnce is how many rows one goroutine reads before it hands them on.
const rowsAtOnce = 64

// rowBlock is some of the rows asked for: all, or those in front of the one that could not be read.
type rowBlock struct {
	samples []Sample
	err     error
}

// readRows reads rows in ascending order, and returns them in the order asked for.
func (v *View) readRows(numbers []int) (block rowBlock) {
	order := make([]int, len(numbers))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return numbers[a] - numbers[b] })
	block.samples = make([]Sample, len(numbers))
	end := len(numbers)
	for _, i := range order {
		if i >= end {
			continue
		}
		s, err := v.Row(numbers[i])
		if err != nil {
			block.err, end = err, i
		}
		block.samples[i] = s
	}
	block.samples = block.samples[:end]
	return block
}
