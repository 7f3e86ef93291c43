package gemma_test

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/gemma"
	"github.com/pali3/pali3/models/weights"
)

// The language models of PaliGemma 1 and 2.
func ExampleVariant() {
	for _, name := range []string{"gemma-2b", "gemma2-2b"} {
		c, err := gemma.Variant(name)
		fmt.Println(c.Width, c.Depth, c.Heads, c.KVHeads, c.Window, err)
	}
	// Output:
	// 2048 18 8 1 0 <nil>
	// 2304 26 8 4 4096 <nil>
}

// A prefix of two tokens and an answer of three, on an untrained model.
func ExampleDecode() {
	c := gemma.Config{Width: 8, Depth: 2, MLP: 16, Heads: 2, KVHeads: 1, HeadDim: 4, Vocab: 32}
	build := func(s *weights.Scope, ids *Node) *Node {
		positions := OnePlus(Iota(ids.Graph(), ids.Shape(), 1))
		hidden, _ := gemma.Decode(s, c, gemma.Embed(s, c, ids), gemma.Sequence{Positions: positions, Prefix: 2})
		return gemma.Logits(s, c, hidden)
	}
	be, err := backend.Open("")
	if err != nil {
		fmt.Println(err)
		return
	}
	specs, err := weights.Collect(be, func(s *weights.Scope) { build(s, s.Input(dtypes.Int32, 1, 5)) })
	if err != nil {
		fmt.Println(err)
		return
	}
	exec, err := NewExec(be, func(in []*Node) *Node { return build(weights.Bind(specs, in[1:]), in[0]) })
	if err != nil {
		fmt.Println(err)
		return
	}
	args := []any{[][]int32{{5, 6, 7, 8, 9}}}
	for _, x := range weights.Initial(specs, 1).Tensors() {
		args = append(args, x)
	}
	out, err := exec.Call(args...)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(out[0].Shape())
	// Output: (Float32)[1, 5, 32]
}
