package stages

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/block"
)

// A model that is a family.Unpadder gets the places of a batch's ids that are not padding. Each
// number of rows is a graph of its own, so rows come in few sizes: multiples of a sixteenth of the
// padded size.
const unpaddedSizes = 16

// unpadded lists the places [N] of the ids [B·L] that are real, and the row [B·L] of each place:
// see [block.Unpadded]. It returns nil if less than an eighth is padding, which is not worth it.
func unpadded(real []bool) (places, rows []int32) {
	count := 0
	padding := -1 // a place of it
	for at, is := range real {
		if is {
			count++
		} else {
			padding = at
		}
	}
	step := max(len(real)/unpaddedSizes/8*8, 8)
	n := (count + step) / step * step // with a spare row
	if n > len(real)*7/8 {
		return nil, nil
	}
	places, rows = make([]int32, 0, n), make([]int32, len(real))
	for at, is := range real {
		if rows[at] = int32(n - 1); is {
			rows[at] = int32(len(places))
			places = append(places, int32(at))
		}
	}
	for len(places) < n {
		places = append(places, int32(padding))
	}
	return places, rows
}

// realPrompts tells which encoder ids are not padding. A prompt of padding alone is kept: without
// images, its positions attend to each other. Of packed rows it would be no example's.
func realPrompts(b *mixture.Batch) []bool {
	real := make([]bool, len(b.EncoderIDs))
	length := b.Shape.Encoder
	for first := 0; first < len(real); first += length {
		any := b.Segments != nil
		for at := first; at < first+length; at++ {
			real[at] = b.EncoderIDs[at] > 0
			any = any || real[at]
		}
		for at := first; at < first+length && !any; at++ {
			real[at] = true
		}
	}
	return real
}

// realTargets tells which decoder positions a loss depends on: those with a weight and all before
// them.
func realTargets(b *mixture.Batch) []bool {
	real := make([]bool, len(b.Weights))
	length := b.Shape.Decoder
	for first := 0; first < len(real); first += length {
		found := false
		for at := first + length - 1; at >= first; at-- {
			found = found || b.Weights[at] != 0
			real[at] = found
		}
	}
	return real
}

// unpaddedTensors returns the tensors that bindUnpadded binds: places and rows, of length 1 where
// padding stays.
func unpaddedTensors(real []bool, batch int) []*tensors.Tensor {
	places, rows := unpadded(real)
	if places == nil {
		return []*tensors.Tensor{tensors.FromFlatDataAndDimensions([]int32{0}, 1), tensors.FromFlatDataAndDimensions([]int32{0}, 1, 1)}
	}
	return []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(places, len(places)),
		tensors.FromFlatDataAndDimensions(rows, batch, len(rows)/batch),
	}
}

func bindUnpadded(places, rows *graph.Node) *block.Unpadded {
	if places.Shape().Size() == 1 {
		return nil
	}
	return &block.Unpadded{Places: places, Rows: rows}
}
