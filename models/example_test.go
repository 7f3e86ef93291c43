package models_test

import (
	"fmt"
	"log"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/weights"
)

// Training by hand: a graph returns the loss of a batch and each weight after a step of gradient
// descent with momentum. It works in the same way for the model of any family.
func Example_trainingStep() {
	var model family.Model = &t5.Model{Config: t5.Config{
		Width: 16, MLP: 32, Heads: 2, HeadDim: 8, EncoderLayers: 1, DecoderLayers: 1, Vocab: 32,
	}.WithDefaults()}
	be, err := backend.Open("")
	if err != nil {
		log.Fatal(err)
	}
	specs, err := model.Specs(be)
	if err != nil {
		log.Fatal(err)
	}
	n := len(specs)
	step, err := graph.NewExec(be, func(in []*graph.Node) []*graph.Node {
		batch := family.Batch{Encoder: in[0], Decoder: in[1], Targets: in[2]}
		old, momentum := in[3:3+n], in[3+n:]
		loss := model.Loss(weights.Bind(specs, old), batch).Mean
		results := []*graph.Node{loss}
		var moved []*graph.Node
		for i, gradient := range graph.Gradient(loss, old...) {
			m := graph.Add(graph.MulScalar(momentum[i], 0.9), gradient)
			results, moved = append(results, graph.Sub(old[i], graph.MulScalar(m, 0.02))), append(moved, m)
		}
		return append(results, moved...)
	})
	if err != nil {
		log.Fatal(err)
	}

	state := weights.Initial(specs, 1).Tensors() // the weights, then their momentum
	for _, s := range specs {
		state = append(state, tensors.FromFlatDataAndDimensions(make([]float32, s.Size()), s.Shape...))
	}
	var first, last float32
	for i := range 30 {
		args := []any{
			[][]int32{{5, 9, 1, 0}, {7, 3, 8, 1}}, // prompts with their ends and padding
			[][]int32{{0, 12, 30}, {0, 4, 21}},    // answers, shifted right
			[][]int32{{12, 30, 1}, {4, 21, 1}},    // answers and their ends
		}
		for _, t := range state {
			args = append(args, t)
		}
		out, err := step.Call(args...)
		if err != nil {
			log.Fatal(err)
		}
		if last = tensors.ToScalar[float32](out[0]); i == 0 {
			first = last
		}
		state = out[1:]
	}
	trained, err := weights.NewSet(specs, state[:n])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(trained.Parameters(), "parameters")
	fmt.Println("the loss fell to less than half:", last < first/2)
	// Output:
	// 7408 parameters
	// the loss fell to less than half: true
}
