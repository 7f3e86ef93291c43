package maskvae_test

import (
	"fmt"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/maskvae"
	"github.com/pali3/pali3/models/weights"
)

// BenchmarkStep times a training step of the published network on 64 masks.
func BenchmarkStep(b *testing.B) {
	c := maskvae.Default()
	specs, err := maskvae.Specs(modeltest.Backend(b), c)
	if err != nil {
		b.Fatal(err)
	}
	modeltest.NewStep(b, weights.Initial(specs, 1), 3e-4, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{maskvae.Loss(s, c, in[0]).Total}
	}, modeltest.Floats("masks", 64, 64, 64, 1)).Time(b)
}

// BenchmarkCodec times masks in batches of 32, and one mask alone.
func BenchmarkCodec(b *testing.B) {
	c := maskvae.Default()
	specs, err := maskvae.Specs(modeltest.Backend(b), c)
	if err != nil {
		b.Fatal(err)
	}
	codec, err := maskvae.NewCodec(modeltest.Backend(b), c, weights.Initial(specs, 1))
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{1, 32} {
		masks, ids := make([][]float32, n), make([][]int32, n)
		for i := range n {
			masks[i], ids[i] = make([]float32, c.Image*c.Image), make([]int32, c.Tokens())
		}
		b.Run(fmt.Sprintf("encode%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := codec.Encode(masks); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "masks/s")
		})
		b.Run(fmt.Sprintf("decode%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := codec.Decode(ids); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "masks/s")
		})
	}
}
