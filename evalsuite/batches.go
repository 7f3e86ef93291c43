package evalsuite

import (
	"fmt"
	"strings"
)

// batches groups requests for prediction. Requests with the same images and the same prompt are
// predicted once.
type batches struct {
	distinct []int // the first request of each group of equal ones
	group    []int // by request: the position of its group in distinct
	size     int   // distinct requests in a batch
}

func batchesOf(requests []request, size int) batches {
	b := batches{group: make([]int, len(requests)), size: size}
	known := map[string]int{}
	for i := range requests {
		r := &requests[i]
		key := fmt.Sprintf("%d\x00%s", r.row, r.Prompt)
		if r.hashes != nil {
			key = strings.Join(r.hashes, " ") + "\x00" + r.Prompt
		}
		at, ok := known[key]
		if !ok {
			at = len(b.distinct)
			known[key] = at
			b.distinct = append(b.distinct, i)
		}
		b.group[i] = at
	}
	return b
}

// end returns the end of the requests, beginning at from, whose groups are all below predicted.
func (b batches) end(from, predicted int) int {
	for from < len(b.group) && b.group[from] < predicted {
		from++
	}
	return from
}

// kept returns how many requests, and how many distinct ones, of a number of lines make whole
// batches. A resumed job thus predicts in the same batches as an uninterrupted one.
func (b batches) kept(lines int) (requests, predicted int) {
	for {
		next := min(predicted+b.size, len(b.distinct))
		if end := b.end(requests, next); next > predicted && end <= lines {
			requests, predicted = end, next
			continue
		}
		return requests, predicted
	}
}
