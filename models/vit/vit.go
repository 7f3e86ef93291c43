package vit

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/weights"
)

// Out holds the intermediate results of an encoder, [B, T, W] with T = Config.Tokens().
type Out struct {
	// Embedded is the patch embeddings plus positions.
	Embedded *Node
	// Blocks is the output of each block. With a class token it is [B, 1+T, W], that token first.
	Blocks []*Node
	// Encoded is the output of the final norm: PaLI-3's visual tokens, before pooling.
	Encoded *Node
	// Class [B, W] is the class token after the final norm, nil without one.
	Class *Node
	// Mask [B, T] is 1 for patches and 0 for padding, nil without padding.
	Mask *Node
}

// Encode turns images [B, H, W, 3] into tokens. Images are float32 in [-1, 1], or uint8, which it
// converts. The scope is the encoder's: "vision_model" in SigLIP and PaLI-3.
func Encode(s *weights.Scope, c Config, images *Node) Out {
	patches := patchify(c, pixels(images))
	rows, columns := c.Grid()
	x := project(s.In("embeddings"), c, patches)
	switch {
	case c.Positions == "sincos2d":
		x = Add(x, Const(x.Graph(), [][][]float32{sincos2d(rows, columns, c.Width)}))
	case c.NaFlex > 0:
		grid := Const(x.Graph(), [][]int32{{int32(rows), int32(columns)}})
		x = Add(x, resizedPositions(s.In("embeddings"), c, grid, rows*columns))
	default:
		x = Add(x, InsertAxes(positions(s.In("embeddings"), c), 0))
	}
	return encode(s, c, s.In("embeddings").Note(x), nil)
}

// encode runs the blocks on embedded patches [B, T, W], of which mask [B, T] marks the padding with
// 0. Mask may be nil.
func encode(s *weights.Scope, c Config, embedded, mask *Node) Out {
	out := Out{Embedded: embedded, Mask: mask}
	x, batch := embedded, embedded.Shape().Dimensions[0]
	if c.Pool == "tok" {
		class := s.In("embeddings").Weight(weights.Spec{Name: "cls_token", Shape: []int{1, 1, c.Width}})
		x = Concatenate([]*Node{BroadcastToDims(class, batch, 1, c.Width), x}, 1)
	}
	var hide *Node
	if mask != nil {
		hide = block.PaddingBias(mask)
	}
	for i := range c.Depth {
		x = Block(s.In("encoder", "layers", i), x, c.Heads, c.MLP, hide)
		out.Blocks = append(out.Blocks, x)
	}
	x = s.In("post_layernorm").Note(block.LayerNorm(s.In("post_layernorm"), x))
	if c.Pool == "tok" {
		out.Class = Reshape(Slice(x, AxisRange(), AxisRange(0, 1)), batch, c.Width)
		x = Slice(x, AxisRange(), AxisRangeToEnd(1))
	}
	out.Encoded = x
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

// patchify cuts images [B, H, W, 3] into patches [B, T, p·p·3].
func patchify(c Config, images *Node) *Node {
	batch := images.Shape().Dimensions[0]
	rows, columns := c.Grid()
	if c.DropRest {
		images = Slice(images, AxisRange(), AxisRange(0, rows*c.Patch), AxisRange(0, columns*c.Patch))
	}
	patches := Reshape(images, batch, rows, c.Patch, columns, c.Patch*3)
	patches = TransposeAllAxes(patches, 0, 1, 3, 2, 4) // [B, rows, columns, p, p·3]
	return Reshape(patches, batch, rows*columns, c.Patch*c.Patch*3)
}

// project embeds patches [B, T, p·p·3] in [B, T, W]. Files have the kernel of a NaFlex encoder as
// that of a dense layer, and of others as that of a convolution. Either is read.
func project(s *weights.Scope, c Config, patches *Node) *Node {
	values := c.Patch * c.Patch * 3
	layout := weights.PatchKernel
	if c.NaFlex > 0 {
		layout = weights.Transposed
	}
	projection := s.In("patch_embedding")
	kernel := projection.Weight(weights.Spec{
		Name: "weight", Shape: []int{values, c.Width}, Init: weights.FanInTruncated(values), Decay: true, Layout: layout,
		Adapt: func(stored []float32, shape []int) ([]float32, error) {
			return adaptPatchKernel(stored, shape, c)
		},
	})
	return block.Linear(patches, kernel, projection.Vector("bias", c.Width, weights.Zeros()))
}

// positions is the learned position table, [T, W], or [n·n, W] for NaFlex.
func positions(s *weights.Scope, c Config) *Node {
	rows, columns := c.Grid()
	if c.NaFlex > 0 {
		rows, columns = c.NaFlex, c.NaFlex
	}
	resize := ResizePositions
	if c.Resize == "bicubic" {
		resize = ResizePositionsBicubic
	}
	return s.In("position_embedding").Weight(weights.Spec{
		Name: "weight", Shape: []int{rows * columns, c.Width}, Init: weights.Normal(1 / math.Sqrt(float64(c.Width))),
		Adapt: func(stored []float32, shape []int) ([]float32, error) {
			return resize(stored, shape, rows, columns, c.Width)
		},
	})
}

// Block is one pre-norm transformer block, [B, T, W] to [B, T, W]: it adds attention(norm(x)) to x,
// then mlp(norm(x)). Mask is added to the attention scores [B, H, T, T]; it may be nil. SigLIP's
// text tower uses the same block.
func Block(s *weights.Scope, x *Node, heads, mlp int, mask *Node) *Node {
	h := block.LayerNorm(s.In("layer_norm1"), x)
	x = Add(x, attention(s.In("self_attn"), h, h, heads, mask))
	return s.Note(Add(x, block.MLP(s.In("mlp"), block.LayerNorm(s.In("layer_norm2"), x), mlp)))
}

// BlockAt returns what [Block] does at one position, [B, 1, W], and computes no more than that: it
// needs keys and values of all tokens, but one query, one output projection and one perceptron. If
// the scope records results it computes the whole block.
func BlockAt(s *weights.Scope, x *Node, position, heads, mlp int) *Node {
	at := func(x *Node) *Node { return Slice(x, AxisRange(), AxisRange(position, position+1)) }
	if s.Recording() {
		return at(Block(s, x, heads, mlp, nil))
	}
	h := block.LayerNorm(s.In("layer_norm1"), x)
	x = Add(at(x), attention(s.In("self_attn"), at(h), h, heads, nil))
	return Add(x, block.MLP(s.In("mlp"), block.LayerNorm(s.In("layer_norm2"), x), mlp))
}

// attention is multihead attention of x [B, Q, W] to y [B, T, W]: [B, Q, W].
func attention(s *weights.Scope, x, y *Node, heads int, mask *Node) *Node {
	project := func(name string, x *Node) *Node {
		w := x.Shape().Dimensions[2]
		return block.Dense(s.In(name), x, w, weights.XavierUniform(w, w), weights.Zeros())
	}
	q := block.Scale(block.SplitHeads(project("q_proj", x), heads))
	k := block.SplitHeads(project("k_proj", y), heads)
	v := block.SplitHeads(project("v_proj", y), heads)
	return project("out_proj", block.MergeHeads(block.Attend(q, k, v, nil, mask)))
}

// Pool makes one vector per image of an encoder's output, [B, Config.OutputWidth()], by the rule
// that the config names (big_vision models/vit.py, pool_type). With "none" it returns one vector
// per token, [B, T, ...]. The scope is the encoder's.
func Pool(s *weights.Scope, c Config, out Out) *Node {
	x := out.Encoded
	switch c.Pool {
	case "", "map":
		x = attentionPool(s.In("head"), c, x, out.Mask)
	case "gap":
		x = meanOfPatches(x, out.Mask)
	case "tok":
		x = out.Class
	}
	if c.PreLogits > 0 {
		x = Tanh(block.Dense(s.In("pre_logits"), x, c.PreLogits, weights.FanInTruncated(c.Width), weights.Zeros()))
	}
	return x
}

// attentionPool is the MAP head, from tokens [B, T, W] to [B, W]: a learned query attends to the
// tokens, and a residual MLP follows (big_vision models/vit.py, MAPHead).
func attentionPool(s *weights.Scope, c Config, tokens, mask *Node) *Node {
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
	var hide *Node
	if mask != nil {
		hide = block.PaddingBias(mask)
	}
	x := block.MergeHeads(block.Attend(q, k, v, nil, hide)) // [B, 1, W]
	x = block.Dense(attention.In("out_proj"), x, w, weights.XavierUniform(w, w), weights.Zeros())
	x = Add(x, block.MLP(s.In("mlp"), block.LayerNorm(s.In("layernorm"), x), c.MLP))
	return Reshape(x, batch, w)
}

// meanOfPatches is the mean of tokens [B, T, W] over T, without padding.
func meanOfPatches(tokens, mask *Node) *Node {
	if mask == nil {
		return ReduceMean(tokens, 1)
	}
	return Div(ReduceSum(Mul(tokens, InsertAxes(mask, -1)), 1), ReduceAndKeep(mask, ReduceSum, 1))
}

// columns returns the elements from begin to end of the last axis.
func columns(x *Node, begin, end int) *Node { return SliceAxis(x, -1, AxisRange(begin, end)) }
