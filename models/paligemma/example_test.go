package paligemma_test

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/models/gemma"
	"github.com/pali3/pali3/models/paligemma"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// An untrained model answers a prompt about a grey image.
func ExampleConfig_Prefill() {
	config := &paligemma.Config{
		Vision:   vit.Config{Width: 16, Depth: 2, MLP: 32, Heads: 2, Patch: 8, Image: vit.Side(16)},
		Language: gemma.Config{Width: 16, Depth: 2, MLP: 32, Heads: 4, KVHeads: 1, HeadDim: 8, Vocab: 64},
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
	const bos, newline = 2, 10
	answers, err := generator.Generate(context.Background(), weights.Initial(specs, 1), decode.Inputs{
		Images:  tensors.FromFlatDataAndDimensions(make([]float32, 16*16*3), 1, 1, 16, 16, 3),
		Encoder: tensors.FromValue([][]int32{{bos, 17, 23, newline, 0, 0}}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(answers), "answer of", len(answers[0].IDs), "ids")
	// Output: 1 answer of 4 ids
}

// A config.json of transformers, in which most keys have their defaults.
func ExampleHubConfig() {
	config, err := paligemma.HubConfig([]byte(`{"model_type": "paligemma", "projection_dim": 2304,
		"text_config": {"model_type": "gemma2", "vocab_size": 257216},
		"vision_config": {"hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27,
			"num_attention_heads": 16, "patch_size": 14, "image_size": 448}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	variant, err := paligemma.Variant("paligemma2-3b-448")
	fmt.Println(*config == variant, err)
	// Output: true <nil>
}
