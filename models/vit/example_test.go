package vit_test

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// Encodes two images of 8 by 8 pixels into visual tokens, one for each patch, and pools them into
// one vector per image.
func ExampleEncode() {
	config := vit.Config{Width: 16, Depth: 2, MLP: 32, Heads: 2, Patch: 4, Image: vit.Side(8)}
	be, err := backend.Open("")
	if err != nil {
		fmt.Println(err)
		return
	}
	encode := func(s *weights.Scope, images *graph.Node) (tokens, pooled *graph.Node) {
		out := vit.Encode(s, config, images)
		return out.Encoded, vit.Pool(s, config, out)
	}
	specs, err := weights.Collect(be, func(s *weights.Scope) { encode(s, s.Input(dtypes.Float32, 1, 8, 8, 3)) })
	if err != nil {
		fmt.Println(err)
		return
	}
	exec, err := graph.NewExec(be, func(in []*graph.Node) (*graph.Node, *graph.Node) {
		return encode(weights.Bind(specs, in[1:]), in[0])
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	args := []any{tensors.FromFlatDataAndDimensions(make([]float32, 2*8*8*3), 2, 8, 8, 3)}
	for _, w := range weights.Initial(specs, 1).Tensors() {
		args = append(args, w)
	}
	out, err := exec.Call(args...)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(weights.Parameters(specs), "parameters")
	fmt.Println("tokens", out[0].Shape())
	fmt.Println("pooled", out[1].Shape())
	// Output:
	// 7536 parameters
	// tokens (Float32)[2, 4, 16]
	// pooled (Float32)[2, 16]
}
