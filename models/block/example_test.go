package block_test

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/weights"
)

// One function builds a sublayer: pre-norm self-attention with a residual. Collect lists the
// weights that it declares.
func Example() {
	be, err := backend.Open("")
	if err != nil {
		fmt.Println(err)
		return
	}
	const width, heads = 8, 2
	xavier := weights.XavierUniform(width, width)
	specs, err := weights.Collect(be, func(s *weights.Scope) {
		x := s.Input(dtypes.Float32, 1, 5, width)
		h := block.RMSNorm(s.In("layer_norm"), x)
		q := block.SplitHeads(block.DenseNoBias(s.In("q"), h, width, xavier), heads)
		k := block.SplitHeads(block.DenseNoBias(s.In("k"), h, width, xavier), heads)
		v := block.SplitHeads(block.DenseNoBias(s.In("v"), h, width, xavier), heads)
		fmt.Println("a head's queries:", q.Shape())
		causal := block.CausalBias(x.Graph(), 5)
		attended := block.MergeHeads(block.Attend(block.Scale(q), k, v, causal, nil))
		x = graph.Add(x, block.DenseNoBias(s.In("o"), attended, width, xavier))
		fmt.Println("the sublayer's output:", x.Shape())
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range specs {
		fmt.Println(s.Name, s.Shape)
	}
	// Output:
	// a head's queries: (Float32)[1, 2, 5, 4]
	// the sublayer's output: (Float32)[1, 5, 8]
	// layer_norm.weight [8]
	// q.weight [8 8]
	// k.weight [8 8]
	// v.weight [8 8]
	// o.weight [8 8]
}
