package block_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/weights"
)

// TestSegmentBias_IsT5XMask compares, for queries that are not padding, which keys are hidden with
// the masks that parity/segment_masks.py wrote.
func TestSegmentBias_IsT5XMask(t *testing.T) {
	content, err := os.ReadFile("testdata/segment_masks.json")
	if err != nil {
		t.Fatal(err)
	}
	var batches []struct {
		Encoder, Decoder [][]int32
		EncoderMask      [][][]int `json:"encoder_mask"`
		DecoderMask      [][][]int `json:"decoder_mask"`
		CrossMask        [][][]int `json:"cross_mask"`
	}
	if err := json.Unmarshal(content, &batches); err != nil || len(batches) == 0 {
		t.Fatalf("%d batches, %v", len(batches), err)
	}
	for i, b := range batches {
		out := modeltest.Outputs(t, weights.Initial(nil, 0), func(_ *weights.Scope, in []*Node) []*Node {
			causal := block.CausalBias(in[0].Graph(), len(b.Decoder[0]))
			return []*Node{
				block.SegmentBias(in[0], in[0]), Add(causal, block.SegmentBias(in[1], in[1])), block.SegmentBias(in[1], in[0]),
			}
		}, tensors.FromValue(b.Encoder), tensors.FromValue(b.Decoder))
		for j, want := range []struct {
			queries [][]int32
			mask    [][][]int
		}{{b.Encoder, b.EncoderMask}, {b.Decoder, b.DecoderMask}, {b.Decoder, b.CrossMask}} {
			got := out[j].Value().([][][][]float32)
			for row := range want.mask {
				for query := range want.mask[row] {
					if want.queries[row][query] == 0 {
						continue // padding, whose output nothing depends on
					}
					for key, may := range want.mask[row][query] {
						if bias := got[row][0][query][key]; (may == 1) != (bias == 0) || bias > 0 || bias < -3e9 {
							t.Errorf("batch %d, mask %d: row %d, query %d, key %d has bias %g; t5x's mask is %d", i, j, row, query, key, bias, may)
						}
					}
				}
			}
		}
	}
}

func TestOrderBySegment_PutsImagesBeforeTheirText(t *testing.T) {
	// Two images of two tokens, then five ids, the first of them of a segment without images.
	segments := [][]int32{{2, 2, 3, 3, 1, 2, 2, 3, 0}, {0, 0, 0, 0, 1, 1, 0, 2, 0}}
	out := modeltest.Outputs(t, weights.Initial(nil, 0), func(_ *weights.Scope, in []*Node) []*Node {
		order := block.OrderBySegment(in[0])
		rows := order.Rows(nil)
		return []*Node{order.Sort(in[0]), rows.Rows, rows.Places}
	}, tensors.FromValue(segments))
	sorted, from, to := out[0].Value().([][]int32), out[1].Value().([][]int32), out[2].Value().([]int32)
	if want := []int32{1, 2, 2, 2, 2, 3, 3, 3, 0}; !slices.Equal(sorted[0], want) {
		t.Errorf("segments sorted are %v, want %v", sorted[0], want)
	}
	if want := []int32{4, 0, 1, 5, 6, 2, 3, 7, 8}; !slices.Equal(from[0], want) {
		t.Errorf("positions sorted are %v, want %v", from[0], want)
	}
	if want := []int32{13, 14, 16, 9, 10, 11, 12, 15, 17}; !slices.Equal(from[1], want) {
		t.Errorf("positions of the second row sorted are %v, want %v", from[1], want)
	}
	for row := range from {
		for at, place := range from[row] {
			if to[place] != int32(row*9+at) {
				t.Errorf("position %d of row %d comes from %d, which goes to %d", at, row, place, to[place])
			}
		}
	}
}

func TestSumSegments(t *testing.T) {
	out := modeltest.Flat(t, weights.Initial(nil, 0), func(_ *weights.Scope, in []*Node) []*Node {
		return []*Node{block.SumSegments(in[0], in[1], 3)}
	}, tensors.FromValue([][]float32{{1, 2, 3, 4}, {5, 6, 7, 8}}), tensors.FromValue([][]int32{{1, 1, 2, 0}, {1, 2, 3, 3}}))
	if want := []float32{3, 3, 0, 5, 6, 15}; !slices.Equal(out, want) {
		t.Errorf("sums are %v, want %v", out, want)
	}
}
