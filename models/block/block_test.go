package block

import (
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/weights"
)

func TestGradients(t *testing.T) {
	for name, layer := range map[string]func(s *weights.Scope, x *graph.Node) *graph.Node{
		"gelu":       func(s *weights.Scope, x *graph.Node) *graph.Node { return GELU(x) },
		"silu":       func(s *weights.Scope, x *graph.Node) *graph.Node { return SiLU(x) },
		"layer norm": LayerNorm,
		"RMS norm":   RMSNorm,
		"MLP":        func(s *weights.Scope, x *graph.Node) *graph.Node { return MLP(s, x, 9) },
		"attention": func(s *weights.Scope, x *graph.Node) *graph.Node {
			h := SplitHeads(x, 2)
			return MergeHeads(Attend(Scale(h), h, h, nil))
		},
	} {
		t.Run(name, func(t *testing.T) {
			model := func(s *weights.Scope, _ []*graph.Node) []*graph.Node {
				x := s.Weight(weights.Spec{Name: "x", Shape: []int{2, 3, 6}, Init: weights.Normal(1)})
				target := s.Weight(weights.Spec{Name: "target", Shape: []int{2, 3, 6}, Init: weights.Normal(1)})
				return []*graph.Node{graph.ReduceAllSum(graph.Mul(layer(s, x), target))}
			}
			specs, err := weights.Collect(modeltest.Backend(t), func(s *weights.Scope) { model(s, nil) })
			if err != nil {
				t.Fatal(err)
			}
			modeltest.Gradient(t, weights.Initial(specs, 1), model)
		})
	}
}
