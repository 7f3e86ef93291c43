package pali3_test

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// The loss of an untrained model on a grey image, and its gradients for the language model
// alone.
func ExampleLoss() {
	config := pali3.Config{
		Vision:   vit.Config{Width: 16, Depth: 2, MLP: 32, Heads: 2, Patch: 8, Image: vit.Side(16)},
		Language: t5.Config{Width: 16, MLP: 32, Heads: 2, HeadDim: 8, EncoderLayers: 2, DecoderLayers: 2, Vocab: 64},
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
	frozen, err := weights.Frozen(specs, []string{"vision_model"})
	if err != nil {
		fmt.Println(err)
		return
	}
	step, err := graph.NewExec(be, func(in []*graph.Node) []*graph.Node {
		loss := pali3.Loss(weights.Bind(specs, in[4:]), config, pali3.Inputs{
			Images: in[0], Encoder: in[1], Decoder: in[2], Targets: in[3],
		})
		var trained []*graph.Node
		for i, w := range in[4:] {
			if !frozen[i] {
				trained = append(trained, w)
			}
		}
		return append([]*graph.Node{loss}, graph.Gradient(loss, trained...)...)
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	args := []any{
		tensors.FromFlatDataAndDimensions(make([]float32, 16*16*3), 1, 1, 16, 16, 3),
		[][]int32{{5, 9, 1, 0}},   // a prompt, its EOS and padding
		[][]int32{{0, 12, 30, 7}}, // the answer, shifted right
		[][]int32{{12, 30, 7, 1}}, // the answer
	}
	for _, w := range weights.Initial(specs, 1).Tensors() {
		args = append(args, w)
	}
	out, err := step.Call(args...)
	if err != nil {
		fmt.Println(err)
		return
	}
	loss := tensors.ToScalar[float32](out[0])
	fmt.Printf("the loss is between 3 and 8: %v; %d gradients of %d weights\n", 3 < loss && loss < 8, len(out)-1, len(specs))
	// Output: the loss is between 3 and 8: true; 54 gradients of 91 weights
}
