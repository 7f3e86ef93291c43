package pali3_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/random"
)

// example is an example before it is put into a row.
type example struct {
	images         [][]float32 // pixels, at most as many as places
	places         int         // for images, 0 for text alone
	prompt, target []int32
	weights        []float32
}

const side = 4

// drawExamples draws n examples of random lengths. Of those with images some have one fewer than
// there are places for.
func drawExamples(n, places int, draw *random.Stream) []*example {
	ids := func(n int) []int32 {
		all := make([]int32, n)
		for i := range all {
			all[i] = int32(1 + draw.IntN(22))
		}
		return all
	}
	var all []*example
	for i := range n {
		e := &example{prompt: ids(1 + draw.IntN(9)), target: ids(1 + draw.IntN(7))}
		for range e.target {
			e.weights = append(e.weights, float32(draw.Float64()))
		}
		if places > 0 && i%3 != 1 {
			e.places = places
			for range places - i%2*(places-1) {
				pixels := make([]float32, side*side*3)
				for j := range pixels {
					pixels[j] = float32(2*draw.Float64() - 1)
				}
				e.images = append(e.images, pixels)
			}
		}
		all = append(all, e)
	}
	return all
}

// rows are the tensors of a batch.
type rows struct {
	b, n, le, ld                int
	pixels, mask, weights       []float32
	encoder, decoder, targets   []int32
	encoders, decoders, ofImage []int32 // segments, nil if not packed
}

func newRows(b, n, le, ld int) *rows {
	return &rows{b, n, le, ld, make([]float32, b*n*side*side*3), make([]float32, b*n), make([]float32, b*ld),
		make([]int32, b*le), make([]int32, b*ld), make([]int32, b*ld), make([]int32, b*le), make([]int32, b*ld), make([]int32, b*n)}
}

// put writes an example into a row, from the given place of images, encoder and decoder ids on.
func (r *rows) put(e *example, row, image, encoder, decoder, segment int) {
	for i, pixels := range e.images {
		copy(r.pixels[(row*r.n+image+i)*len(pixels):], pixels)
		r.mask[row*r.n+image+i] = 1
	}
	for i := range e.places {
		r.ofImage[row*r.n+image+i] = int32(segment)
	}
	copy(r.encoder[row*r.le+encoder:], e.prompt)
	for i := range e.prompt {
		r.encoders[row*r.le+encoder+i] = int32(segment)
	}
	copy(r.targets[row*r.ld+decoder:], e.target)
	copy(r.decoder[row*r.ld+decoder+1:], e.target[:len(e.target)-1])
	copy(r.weights[row*r.ld+decoder:], e.weights)
	for i := range e.target {
		r.decoders[row*r.ld+decoder+i] = int32(segment)
	}
}

// unpacked puts each example into a row.
func unpacked(all []*example, places int) *rows {
	r := newRows(len(all), places, 10, 8)
	for i, e := range all {
		r.put(e, i, 0, 0, 0, 1)
	}
	return r
}

// packed puts the examples into rows in turn, with a gap between some of them.
func packed(all []*example, places, perRow int, draw *random.Stream) *rows {
	b := (len(all) + perRow - 1) / perRow
	r := newRows(b, places*perRow, 11*perRow+1, 8*perRow+1)
	for row := range b {
		image, encoder, decoder := 0, 0, 0
		for segment := range perRow {
			at := row*perRow + segment
			if at == len(all) {
				break
			}
			e := all[at]
			encoder, decoder = encoder+draw.IntN(2), decoder+draw.IntN(2)
			r.put(e, row, image, encoder, decoder, segment+1)
			image, encoder, decoder = image+e.places, encoder+len(e.prompt), decoder+len(e.target)
		}
	}
	return r
}

func (r *rows) tensors() []*tensors.Tensor {
	all := []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(r.encoder, r.b, r.le), tensors.FromFlatDataAndDimensions(r.decoder, r.b, r.ld),
		tensors.FromFlatDataAndDimensions(r.targets, r.b, r.ld), tensors.FromFlatDataAndDimensions(r.weights, r.b, r.ld),
		tensors.FromFlatDataAndDimensions(r.encoders, r.b, r.le), tensors.FromFlatDataAndDimensions(r.decoders, r.b, r.ld),
	}
	if r.n > 0 {
		all = append(all, tensors.FromFlatDataAndDimensions(r.pixels, r.b, r.n, side, side, 3),
			tensors.FromFlatDataAndDimensions(r.mask, r.b, r.n), tensors.FromFlatDataAndDimensions(r.ofImage, r.b, r.n))
	}
	return all
}

// lossesOf returns the loss of a model, its gradients, and the sums and counts by example.
func lossesOf(t *testing.T, m family.Model, set *weights.Set, r *rows, perRow int) (gradients [][]float32, loss, sums, counts []float32) {
	t.Helper()
	batch := func(in []*graph.Node) family.Batch {
		b := family.Batch{Encoder: in[0], Decoder: in[1], Targets: in[2], Weights: in[3]}
		if perRow > 0 {
			b.Segments = &block.Segments{Encoder: in[4], Decoder: in[5], PerRow: perRow}
		}
		if len(in) > 6 {
			b.Pixels, b.ImageMask = in[6], in[7]
			if perRow > 0 {
				b.Segments.Images = in[8]
			}
		}
		return b
	}
	out := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		l := m.Loss(s, batch(in))
		return []*graph.Node{l.Mean, l.Sums, l.Counts}
	}, r.tensors()...)
	for _, g := range modeltest.Gradients(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{m.Loss(s, batch(in)).Mean}
	}, r.tensors()...) {
		gradients = append(gradients, tensors.MustCopyFlatData[float32](g))
	}
	flat := func(i int) []float32 { return tensors.MustCopyFlatData[float32](out[i]) }
	return gradients, flat(0), flat(1), flat(2)
}

// relative returns the largest difference between values, relative to the largest of them, or to
// the given scale if that is more.
func relative(a, b []float32, scale float64) float64 {
	largest := 0.0
	for i := range a {
		largest = max(largest, math.Abs(float64(a[i]-b[i])))
		scale = max(scale, math.Abs(float64(b[i])))
	}
	return largest / scale
}

// TestLoss_OfPackedRowsIsThatOfTheirExamples compares packed rows with the same examples in rows of
// their own: the loss, each example's part of it, and the gradients of all weights.
func TestLoss_OfPackedRowsIsThatOfTheirExamples(t *testing.T) {
	language := t5.Config{Width: 16, MLP: 20, Heads: 2, HeadDim: 6, EncoderLayers: 2, DecoderLayers: 2, Vocab: 23,
		Buckets: 8, MaxDistance: 12, ZLoss: 1e-2, LabelSmoothing: 0.1}.WithDefaults()
	shared := language
	shared.LayerBias, shared.Tied = true, true
	dropping := language
	dropping.Dropout = 0.1
	vision := vit.Config{Width: 12, Depth: 2, MLP: 16, Heads: 2, Patch: 2, Image: vit.Side(side)}
	both := &pali3.Config{Vision: vision, Language: language}
	for _, c := range []struct {
		name                     string
		model                    family.Model
		examples, places, perRow int
	}{
		{"t5", &t5.Model{Config: language}, 7, 0, 3},
		{"t5 with a table per layer", &t5.Model{Config: shared}, 12, 0, 4},
		{"t5 in one row", &t5.Model{Config: language}, 5, 0, 5},
		{"pali3 without images", both, 6, 0, 3},
		{"pali3", both, 8, 1, 3},
		{"pali3 with two images", both, 7, 2, 2},
		{"pali3 with dropout, which inference has none of", &pali3.Config{Vision: vision, Language: dropping}, 7, 2, 3},
		{"pali3 with three images", &pali3.Config{Vision: vision, Language: shared}, 9, 3, 4},
	} {
		for _, fusion := range []string{"", "0"} {
			t.Run(fmt.Sprint(c.name, " fusion ", fusion), func(t *testing.T) {
				t.Setenv(graph.FusionEnv, fusion)
				specs, err := c.model.Specs(modeltest.Backend(t))
				if err != nil {
					t.Fatal(err)
				}
				for i := range specs {
					specs[i].Init = weights.Normal(0.3) // also norms and biases
				}
				set := weights.Initial(specs, 11)
				draw := random.New(uint64(c.examples))
				all := drawExamples(c.examples, c.places, draw)
				want, wantLoss, wantSums, wantCounts := lossesOf(t, c.model, set, unpacked(all, c.places), 0)
				got, loss, sums, counts := lossesOf(t, c.model, set, packed(all, c.places, c.perRow, draw), c.perRow)
				largest, worst := 0.0, 0.0
				for i := range want {
					for _, v := range want[i] {
						largest = max(largest, math.Abs(float64(v)))
					}
				}
				for i, spec := range specs {
					d := relative(got[i], want[i], 1e-3*largest) // biases of keys have no gradient but rounding
					worst = max(worst, d)
					if d > 1e-5 {
						t.Errorf("the gradient of %s differs by %.2g of its largest element", spec.Name, d)
					}
				}
				ofLoss, ofSums := relative(loss, wantLoss, 0), relative(sums[:c.examples], wantSums, 0)
				t.Logf("loss %.2g, sums %.2g, gradients %.2g", ofLoss, ofSums, worst)
				if ofLoss > 1e-6 || ofSums > 1e-6 || relative(counts[:c.examples], wantCounts, 0) > 1e-6 {
					t.Errorf("loss %v, sums %v, counts %v; in rows of their own %v, %v, %v", loss, sums, counts, wantLoss, wantSums, wantCounts)
				}
				for i := c.examples; i < len(sums); i++ {
					if sums[i] != 0 || counts[i] != 0 {
						t.Errorf("segment %d is empty and has a sum of %g and a count of %g", i, sums[i], counts[i])
					}
				}
			})
		}
	}
}
