package t5gemma2_test

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/models/t5gemma2"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// An untrained model answers a prompt about a grey image.
func ExampleConfig_Prefill() {
	config := &t5gemma2.Config{
		Vision: vit.Config{Width: 16, Depth: 2, MLP: 32, Heads: 2, Patch: 4, Image: vit.Side(16)},
		Pool:   2, Width: 16, Vocab: 64,
		Encoder: t5gemma2.Tower{Depth: 2, MLP: 32, Heads: 4, KVHeads: 1, HeadDim: 8, Window: 4, GlobalEvery: 2},
	}
	be, err := backend.Open("")
	if err != nil {
		fmt.Println(err)
		return
	}
	specs, err := config.Specs(be)
	if err != nil {
		fmt.Println(err)
		return
	}
	generator, err := decode.NewGenerator(be, config, specs, 4)
	if err != nil {
		fmt.Println(err)
		return
	}
	const bos = 2
	answers, err := generator.Generate(context.Background(), weights.Initial(specs, 1), decode.Inputs{
		Images:  tensors.FromFlatDataAndDimensions(make([]float32, 16*16*3), 1, 1, 16, 16, 3),
		Encoder: tensors.FromValue([][]int32{{bos, 17, 23, 0, 0}}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(answers), "answer of", len(answers[0].IDs), "ids to an image of", config.Tokens(), "tokens")
	// Output: 1 answer of 4 ids to an image of 4 tokens
}

// The parts of a published size.
func ExampleVariant() {
	config, err := t5gemma2.Variant("t5gemma2-270m-270m")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(config.Vision.Tokens(), "patches become", config.Tokens(), "tokens of width", config.Width)
	fmt.Println(config.Encoder.Depth, "blocks read and", config.Decoder.Depth, "write; every", config.Encoder.GlobalEvery, "is global")
	// Output:
	// 4096 patches become 256 tokens of width 640
	// 18 blocks read and 18 write; every 6 is global
}
