package t5_test

import (
	"fmt"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/weights"
)

// BenchmarkStep times the decoder of a T5 1.0 small shape with gated layers, one id of each answer
// at a time, after prompts of 64 ids and with room for 64 and 512 ids.
func BenchmarkStep(b *testing.B) {
	c := t5.Config{Width: 512, MLP: 1024, Heads: 8, HeadDim: 64, EncoderLayers: 6, DecoderLayers: 6, Vocab: 32128}.WithDefaults()
	specs, err := t5.Specs(modeltest.Backend(b), c)
	if err != nil {
		b.Fatal(err)
	}
	set := weights.Initial(specs, 1)
	for _, batch := range []int{1, 8} {
		for _, room := range []int{64, 512} {
			b.Run(fmt.Sprintf("batch=%d/room=%d", batch, room), func(b *testing.B) { timeSteps(b, c, set, batch, room) })
		}
	}
}

func timeSteps(b *testing.B, c t5.Config, set *weights.Set, batch, room int) {
	be, n := modeltest.Backend(b), 2*c.DecoderLayers
	exec, err := graph.NewExec(be, func(all []*graph.Node) []*graph.Node {
		position, ids, said, cross, mask := all[0], all[1], all[2:2+n], all[2+n:2+2*n], all[2+2*n]
		s := weights.Bind(set.Specs(), all[3+2*n:])
		cache := func(nodes []*graph.Node) t5.Cache {
			return t5.Cache{Keys: nodes[:c.DecoderLayers], Values: nodes[c.DecoderLayers:]}
		}
		logits, next := t5.Step(s, c, ids, position, cache(said), cache(cross), mask)
		return append([]*graph.Node{graph.ArgMax(logits, -1)}, append(next.Keys, next.Values...)...)
	})
	if err != nil {
		b.Fatal(err)
	}
	ids := modeltest.IDs("ids", c.Vocab, batch, 1)
	ids = tensors.FromFlatDataAndDimensions(tensors.MustCopyFlatData[int32](ids), batch)
	var said, cross []*tensors.Tensor
	for range n {
		said = append(said, modeltest.Floats("said", batch, c.Heads, room, c.HeadDim))
		cross = append(cross, modeltest.Floats("cross", batch, c.Heads, 64, c.HeadDim))
	}
	mask := modeltest.Floats("mask", batch, 64)
	step := func(position int) {
		args := []any{int32(position % room), ids}
		for _, x := range said {
			donated, err := graph.DonateTensorBuffer(x, be, 0)
			if err != nil {
				b.Fatal(err)
			}
			args = append(args, donated)
		}
		for _, x := range append(append(cross, mask), set.Tensors()...) {
			args = append(args, x)
		}
		out, err := exec.Call(args...)
		if err != nil {
			b.Fatal(err)
		}
		copy(said, out[1:])
	}
	step(0)
	step(1)
	b.ResetTimer()
	for i := range b.N {
		step(i)
	}
	b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "tokens/s")
	b.ReportMetric(0, "ns/op")
}
