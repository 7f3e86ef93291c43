package mixture

import (
	"math"
	"testing"

	"github.com/pali3/pali3/random"
)

// quality is how well an order mixes rows that lie in shards.
type quality struct {
	// sameShard is how often two examples of a batch are of one shard, beside a full shuffle.
	sameShard float64
	// neighbours is how often two neighbouring rows are in one batch, beside a full shuffle.
	neighbours float64
	// jump is the mean distance of two rows that follow each other, beside a full shuffle.
	jump float64
	// rank is the correlation of positions and rows (Spearman), as a magnitude.
	rank float64
}

const (
	qualityRows, qualityShard, qualityBatch = 200_000, 1000, 256
	qualityEpochs                           = 3
)

// measureQuality measures an order of rows, averaged over some epochs.
func measureQuality(order func(epoch int) []int) (q quality) {
	for epoch := range qualityEpochs {
		rows := order(epoch)
		same, pairs, near, jump, products := 0.0, 0.0, 0.0, 0.0, 0.0
		batchOf := make([]int, len(rows))
		for i, row := range rows {
			batchOf[row] = i / qualityBatch
			if i > 0 {
				jump += math.Abs(float64(row - rows[i-1]))
			}
			products += (float64(i) - float64(len(rows)-1)/2) * (float64(row) - float64(len(rows)-1)/2)
		}
		for start := 0; start+qualityBatch <= len(rows); start += qualityBatch {
			shards := map[int]float64{}
			for _, row := range rows[start : start+qualityBatch] {
				shards[row/qualityShard]++
			}
			for _, n := range shards {
				same += n * (n - 1)
			}
			pairs += qualityBatch * (qualityBatch - 1)
		}
		for row := 1; row < len(rows); row++ {
			if batchOf[row] == batchOf[row-1] {
				near++
			}
		}
		n := float64(len(rows))
		q.sameShard += same / pairs / (qualityShard / n) / qualityEpochs
		q.neighbours += near / n / (qualityBatch / n) / qualityEpochs
		q.jump += jump / n / (n / 3) / qualityEpochs
		q.rank += math.Abs(products/(n*(n*n-1)/12)) / qualityEpochs
	}
	return q
}

// fullShuffle is the order that the others are compared with.
func fullShuffle(epoch int) []int { return random.New(1, uint64(epoch)).Perm(qualityRows) }

// ours is an order of this package.
func ours(o Order) func(epoch int) []int {
	return func(epoch int) []int {
		rows := make([]int, qualityRows)
		for i := range rows {
			rows[i] = o.At(i, random.Key(7, uint64(epoch)))
		}
		return rows
	}
}

// buffered is the order of webdataset: shards in random order, read one after the other by each of
// some workers in turn, through a buffer from which a random sample is taken for each that comes in
// (webdataset's filters.py: _shuffle; PyTorch's DataLoader takes a batch of each worker in turn).
func buffered(buffer, workers int) func(epoch int) []int {
	return func(epoch int) []int {
		rng := random.New(3, uint64(epoch))
		shards := rng.Perm(qualityRows / qualityShard)
		streams := make([][]int, workers)
		for w := range streams {
			var held []int
			for i := w; i < len(shards); i += workers {
				for row := range qualityShard {
					held = append(held, shards[i]*qualityShard+row)
					if len(held) > buffer {
						at := rng.IntN(len(held))
						streams[w] = append(streams[w], held[at])
						held[at] = held[len(held)-1]
						held = held[:len(held)-1]
					}
				}
			}
			for _, at := range rng.Perm(len(held)) {
				streams[w] = append(streams[w], held[at])
			}
		}
		var rows []int
		for len(rows) < qualityRows {
			for w := range streams {
				n := min(qualityBatch, len(streams[w]))
				rows, streams[w] = append(rows, streams[w][:n]...), streams[w][n:]
			}
		}
		return rows
	}
}

// TestOrder_MixesNearlyAsAFullShuffle measures the order of docs/design/order.md's table, beside a
// full shuffle and the buffers of webdataset.
func TestOrder_MixesNearlyAsAFullShuffle(t *testing.T) {
	own := measureQuality(ours(NewOrder(qualityRows, orderBlock, orderBlend)))
	for _, one := range []struct {
		name  string
		order func(int) []int
	}{{"full shuffle", fullShuffle}, {"ours", nil},
		{"buffer of 1,000", buffered(1000, 1)}, {"buffer of 5,000", buffered(5000, 1)}, {"buffer of 5,000, 4 workers", buffered(5000, 4)}} {
		q := own
		if one.order != nil {
			q = measureQuality(one.order)
		}
		t.Logf("| %s | %.1f | %.1f | %.2f | %.3f |", one.name, q.sameShard, q.neighbours, q.jump, q.rank)
	}
	buffer := measureQuality(buffered(1000, 1))
	if own.sameShard > 25 || own.neighbours > 55 || own.jump < 0.85 || own.rank > 0.1 {
		t.Errorf("%+v", own)
	}
	if own.sameShard > buffer.sameShard/2 || own.neighbours > buffer.neighbours || own.jump < buffer.jump {
		t.Errorf("%+v, and a buffer of 1,000 %+v", own, buffer)
	}
}

// TestOrder_ReadsFewBytesTwice reads rows through units of storage, each kept while its window
// lasts, and compares what is read with what is used.
func TestOrder_ReadsFewBytesTwice(t *testing.T) {
	o := NewOrder(qualityRows, orderBlock, orderBlend)
	for _, unit := range []int{1, 20, 80} { // a page; a group of 4 MiB of images of 50 KB
		for epoch := range uint64(3) {
			read := 0
			for start := 0; start < qualityRows; start += orderBlock * orderBlend {
				units := map[int]bool{}
				for i := start; i < min(start+orderBlock*orderBlend, qualityRows); i++ {
					units[o.At(i, epoch)/unit] = true
				}
				read += len(units) * unit
			}
			if times := float64(read) / qualityRows; times >= 1.2 {
				t.Errorf("units of %d rows: %.3f bytes read for each that is used", unit, times)
			} else {
				t.Logf("units of %d rows: %.3f", unit, times)
			}
		}
	}
}
