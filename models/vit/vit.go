package vit

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/weights"
)

// Out holds the intermediate results of an encoder, all [B, T, W] with T = Config.Tokens().
type Out struct {
	// Embedded is the patch embeddings plus positions.
	Embedded *Node
	// Blocks is the output of each block.
	Blocks []*Node
	// Encoded is the output of the final norm: PaLI-3's visual tokens, before pooling.
	Encoded *Node
}

// Encode turns images [B, H, W, 3] into tokens. Images are float32 in [-1, 1], or uint8, which it
// converts. The scope is the encoder's: "vision_model" in SigLIP and PaLI-3.
func Encode(s *weights.Scope, c Config, images *Node) Out {
	var out Out
	out.Embedded = s.In("embeddings").Note(embed(s.In("embeddings"), c, pixels(images)))
	x := out.Embedded
	for i := range c.Depth {
		x = Block(s.In("encoder", "layers", i), x, c.Heads, c.MLP)
		out.Blocks = append(out.Blocks, x)
	}
	out.Encoded = s.In("post_layernorm").Note(block.LayerNorm(s.In("post_layernorm"), x))
	return out
}

// pixels converts uint8 images to float32 in [-1, 1] (big_vision's value_range(-1, 1)) and leaves
// float32 images as they are.
func pixels(images *Node) *Node {
	if images.DType() != dtypes.Uint8 {
		return images
	}
	return AddScalar(MulScalar(ConvertDType(images, dtypes.Float32), 2.0/255), -1.0)
}

// embed cuts images into patches, projects them and adds positions: [B, H, W, 3] to [B, T, W].
func embed(s *weights.Scope, c Config, images *Node) *Node {
	batch, values := images.Shape().Dimensions[0], c.Patch*c.Patch*3
	rows, columns := c.Grid()
	patches := Reshape(images, batch, rows, c.Patch, columns, c.Patch*3)
	patches = TransposeAllAxes(patches, 0, 1, 3, 2, 4) // [B, rows, columns, patch, patch·3]
	patches = Reshape(patches, batch, rows*columns, values)
	projection := s.In("patch_embedding")
	kernel := projection.Weight(weights.Spec{
		Name: "weight", Shape: []int{values, c.Width}, Init: weights.FanInTruncated(values),
		Decay: true, Layout: weights.PatchKernel,
	})
	x := block.Linear(patches, kernel, projection.Vector("bias", c.Width, weights.Zeros()))
	positions := s.In("position_embedding").Weight(weights.Spec{
		Name: "weight", Shape: []int{c.Tokens(), c.Width}, Init: weights.Normal(1 / math.Sqrt(float64(c.Width))),
		Adapt: func(stored []float32, shape []int) ([]float32, error) {
			return ResizePositions(stored, shape, rows, columns, c.Width)
		},
	})
	return Add(x, InsertAxes(positions, 0))
}

// Block is one pre-norm transformer block, [B, T, W] to [B, T, W]: it adds attention(norm(x)) to x,
// then mlp(norm(x)). SigLIP's text tower uses the same block.
func Block(s *weights.Scope, x *Node, heads, mlp int) *Node {
	x = Add(x, selfAttention(s.In("self_attn"), block.LayerNorm(s.In("layer_norm1"), x), heads))
	return s.Note(Add(x, block.MLP(s.In("mlp"), block.LayerNorm(s.In("layer_norm2"), x), mlp)))
}

func selfAttention(s *weights.Scope, x *Node, heads int) *Node {
	project := func(name string, x *Node) *Node {
		w := x.Shape().Dimensions[2]
		return block.Dense(s.In(name), x, w, weights.XavierUniform(w, w), weights.Zeros())
	}
	q := block.Scale(block.SplitHeads(project("q_proj", x), heads))
	k := block.SplitHeads(project("k_proj", x), heads)
	v := block.SplitHeads(project("v_proj", x), heads)
	return project("out_proj", block.MergeHeads(block.Attend(q, k, v, nil, nil)))
}

// Pool is the MAP head, from tokens [B, T, W] to one vector per image [B, W]: a learned query
// attends to the tokens, and a residual MLP follows (big_vision models/vit.py, MAPHead). The scope
// is the encoder's.
func Pool(s *weights.Scope, c Config, tokens *Node) *Node {
	s = s.In("head")
	batch, w := tokens.Shape().Dimensions[0], c.Width
	probe := s.Weight(weights.Spec{Name: "probe", Shape: []int{1, 1, w}, Init: weights.XavierUniform(1, w)})
	attention := s.In("attention")
	kernel := attention.Kernel("in_proj_weight", w, 3*w, weights.XavierUniform(w, w)) // q, k, v side by side
	bias := attention.Vector("in_proj_bias", 3*w, weights.Zeros())

	q := block.Linear(Reshape(probe, 1, w), columns(kernel, 0, w), columns(bias, 0, w))
	kv := block.Linear(tokens, columns(kernel, w, 3*w), columns(bias, w, 3*w))
	q = BroadcastToDims(block.Scale(Reshape(q, 1, c.Heads, 1, w/c.Heads)), batch, c.Heads, 1, w/c.Heads)
	k := block.SplitHeads(columns(kv, 0, w), c.Heads) // [B, H, T, D]
	v := block.SplitHeads(columns(kv, w, 2*w), c.Heads)
	x := block.MergeHeads(block.Attend(q, k, v, nil, nil)) // [B, 1, W]
	x = block.Dense(attention.In("out_proj"), x, w, weights.XavierUniform(w, w), weights.Zeros())
	x = Add(x, block.MLP(s.In("mlp"), block.LayerNorm(s.In("layernorm"), x), c.MLP))
	return Reshape(x, batch, w)
}

// columns returns the elements from begin to end of the last axis.
func columns(x *Node, begin, end int) *Node { return SliceAxis(x, -1, AxisRange(begin, end)) }
