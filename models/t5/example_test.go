package t5_test

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/weights"
)

// The loss of an untrained model is near the logarithm of its vocabulary, 4.2 for 64 ids.
func ExampleLoss() {
	config := t5.Config{Width: 16, MLP: 32, Heads: 2, HeadDim: 8, EncoderLayers: 1, DecoderLayers: 1, Vocab: 64}.WithDefaults()
	be, err := backend.Open("")
	if err != nil {
		fmt.Println(err)
		return
	}
	specs, err := t5.Specs(be, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	exec, err := graph.NewExec(be, func(in []*graph.Node) *graph.Node {
		inputs := t5.Inputs{Encoder: in[0], Decoder: in[1], Targets: in[2]}
		return t5.Loss(weights.Bind(specs, in[3:]), config, inputs)
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	args := []any{
		[][]int32{{5, 9, 1, 0}}, // the prompt, its EOS and padding
		[][]int32{{0, 12, 30}},  // the target, shifted right
		[][]int32{{12, 30, 1}},  // the target and its EOS
	}
	for _, w := range weights.Initial(specs, 1).Tensors() {
		args = append(args, w)
	}
	out, err := exec.Call(args...)
	if err != nil {
		fmt.Println(err)
		return
	}
	loss := tensors.ToScalar[float32](out[0])
	fmt.Println(weights.Parameters(specs), "parameters")
	fmt.Println("the loss is between 3 and 8:", 3 < loss && loss < 8)
	// Output:
	// 8432 parameters
	// the loss is between 3 and 8: true
}
