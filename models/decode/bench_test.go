package decode_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// captioner is the shape of the quickstart's caption model, and small that of T5 1.1 small.
var (
	captioner = pali3.Config{
		Vision: vit.Config{Width: 128, Depth: 4, MLP: 512, Heads: 4, Patch: 15, Image: vit.Side(75)},
		Language: t5.Config{Width: 128, MLP: 256, Heads: 4, HeadDim: 32, EncoderLayers: 3, DecoderLayers: 3,
			Vocab: 4224},
	}
	small = t5.Model{Config: t5.Config{Width: 512, MLP: 1024, Heads: 6, HeadDim: 64, EncoderLayers: 8, DecoderLayers: 8,
		Vocab: 32128, Activation: block.GatedGELU}}
)

// BenchmarkGenerate measures greedy decoding in ids per second over all rows, reading of the
// prompts included.
func BenchmarkGenerate(b *testing.B) {
	for _, shape := range []struct {
		name           string
		model          family.Writer
		prompt, length int
		tokens         int // visual tokens
		batches        []int
	}{
		{"captioner", &captioner, 10, 16, 25, []int{1, 36, 64}},
		{"t5-small", &small, 64, 32, 0, []int{1, 8, 32}},
	} {
		var specs []weights.Spec
		var set *weights.Set
		for _, batch := range shape.batches {
			for _, fixed := range []bool{false, true} {
				b.Run(fmt.Sprintf("%s/batch=%d/fixed=%t", shape.name, batch, fixed), func(b *testing.B) {
					be := modeltest.Backend(b)
					if set == nil {
						var err error
						if specs, err = shape.model.Specs(be); err != nil {
							b.Fatal(err)
						}
						set = weights.Initial(specs, 1)
					}
					generator, err := decode.NewGenerator(be, shape.model, specs, shape.length)
					if err != nil {
						b.Fatal(err)
					}
					generator.Fixed = fixed
					in := decode.Inputs{Encoder: modeltest.IDs("prompts", 4000, batch, shape.prompt)}
					if shape.tokens > 0 {
						in.Tokens = tensors.FromFlatDataAndDimensions(make([]float32, batch*shape.tokens*128), batch, shape.tokens, 128)
					}
					ids := 0
					generate := func() {
						answers, err := generator.Generate(context.Background(), set, in)
						if err != nil {
							b.Fatal(err)
						}
						for _, a := range answers {
							ids += len(a.IDs)
						}
					}
					generate()
					ids = 0
					began := modeltest.ProcessorTime()
					for b.Loop() {
						generate()
					}
					b.ReportMetric(float64(ids)/(modeltest.ProcessorTime()-began).Seconds(), "ids/CPU-s")
					b.ReportMetric(float64(ids)/b.Elapsed().Seconds(), "ids/s")
					b.ReportMetric(float64(ids)/float64(b.N*batch), "ids/row")
				})
			}
		}
	}
}
