package decode_test

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// Answers two prompts about two grey images with beam search. The model is untrained, so only the
// number of answers and their greatest length are known.
func ExampleGenerator() {
	config := pali3.Config{
		Vision:   vit.Config{Width: 16, Depth: 1, MLP: 32, Heads: 2, Patch: 8, Image: vit.Side(16)},
		Language: t5.Config{Width: 16, MLP: 32, Heads: 2, HeadDim: 8, EncoderLayers: 1, DecoderLayers: 1, Vocab: 64},
	}
	be, err := backend.Open("")
	if err != nil {
		fmt.Println(err)
		return
	}
	specs, err := pali3.Specs(be, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	const maxLength = 6
	generator, err := decode.NewGenerator(be, &config, specs, maxLength)
	if err != nil {
		fmt.Println(err)
		return
	}
	generator.Method = decode.Method{Beams: 4, Alpha: decode.T5XAlpha}
	answers, err := generator.Generate(context.Background(), weights.Initial(specs, 1), decode.Inputs{
		Images:  tensors.FromFlatDataAndDimensions(make([]float32, 2*16*16*3), 2, 1, 16, 16, 3),
		Encoder: tensors.FromValue([][]int32{{5, 9, 1, 0}, {7, 3, 8, 1}}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, answer := range answers {
		fmt.Printf("answer %d has at most %d ids: %v\n", i, maxLength, len(answer.IDs) <= maxLength)
	}
	// Output:
	// answer 0 has at most 6 ids: true
	// answer 1 has at most 6 ids: true
}
