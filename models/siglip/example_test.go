package siglip_test

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// Compares two images with three texts: one logit for each pair.
func ExampleLogits() {
	config := siglip.Config{
		Image: vit.Config{Width: 16, Depth: 1, MLP: 32, Heads: 2, Patch: 4, Image: vit.Side(8)},
		Text:  siglip.Text{Width: 16, Depth: 1, MLP: 32, Heads: 2, Vocab: 32, Length: 4},
	}
	be, err := backend.Open("")
	if err != nil {
		fmt.Println(err)
		return
	}
	specs, err := siglip.Specs(be, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	exec, err := graph.NewExec(be, func(in []*graph.Node) *graph.Node {
		s := weights.Bind(specs, in[2:])
		return siglip.Logits(s, config, siglip.EmbedImages(s, config, in[0]), siglip.EmbedTexts(s, config, in[1]))
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	args := []any{
		tensors.FromFlatDataAndDimensions(make([]float32, 2*8*8*3), 2, 8, 8, 3),
		[][]int32{{5, 9, 3, 1}, {7, 1, 1, 1}, {4, 8, 1, 1}}, // padded with EOS
	}
	for _, w := range weights.Initial(specs, 1).Tensors() {
		args = append(args, w)
	}
	out, err := exec.Call(args...)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(weights.Parameters(specs), "parameters")
	fmt.Println("logits", out[0].Shape())
	// Output:
	// 8418 parameters
	// logits (Float32)[2, 3]
}
