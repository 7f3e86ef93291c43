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
		"dense": func(s *weights.Scope, x *graph.Node) *graph.Node {
			return Dense(s, DenseNoBias(s.In("narrow"), x, 4, weights.Normal(1)), 6, weights.Normal(1), weights.Normal(1))
		},
		"attention": func(s *weights.Scope, x *graph.Node) *graph.Node {
			h := SplitHeads(x, 2)
			k := SplitHeads(DenseNoBias(s.In("k"), x, 6, weights.Normal(1)), 2)
			v := SplitHeads(DenseNoBias(s.In("v"), x, 6, weights.Normal(1)), 2)
			bias := s.Weight(weights.Spec{Name: "bias", Shape: []int{1, 2, 3, 3}, Init: weights.Normal(1)})
			return MergeHeads(Attend(Scale(h), k, v, bias, CausalBias(x.Graph(), 3)))
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
