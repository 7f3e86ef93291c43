package shards

import (
	"iter"
	"runtime"
	"slices"
	"sync"
)

// Rows yields the rows with the given numbers, in that order, and ends after an error. It reads
// ahead on several cores, and reads each block of rows in the order of the files, which is faster
// than calling [View.Row] for each.
func (v *View) Rows(numbers []int) iter.Seq2[Sample, error] {
	return func(yield func(Sample, error) bool) {
		readers := max(runtime.GOMAXPROCS(0), 4)
		blocks := make(chan chan rowBlock, readers) // this many and one more are read ahead
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

// Rows yields whole rows; see [View.Rows].
func (d *Dataset) Rows(numbers []int) iter.Seq2[Sample, error] { return d.all.Rows(numbers) }

// rowsAtOnce is how many rows one goroutine reads before it passes them on.
const rowsAtOnce = 64

// rowBlock is a block of the requested rows, up to the first that could not be read.
type rowBlock struct {
	samples []Sample
	err     error
}

// readRows reads rows in ascending order and returns them in the requested order.
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
