package block

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"

	"github.com/pali3/pali3/models/weights"
)

// MLP returns fc2(gelu(fc1(x))) with biases and the tanh form of GELU, flax's default (big_vision
// models/vit.py, MlpBlock: xavier kernels, biases of deviation 1e-6).
func MLP(s *weights.Scope, x *Node, hidden int) *Node {
	w := width(x)
	bias := weights.Normal(1e-6)
	h := Dense(s.In("fc1"), x, hidden, weights.XavierUniform(w, hidden), bias)
	return Dense(s.In("fc2"), GELU(h), w, weights.XavierUniform(hidden, w), bias)
}

// GELU is the tanh form of the Gaussian error linear unit, x·(1 + tanh(√(2/π)·(x +
// 0.044715·x³)))/2.
//
// It has a derivative of its own because that of the Go backend (compute v0.1.14, SIMD builds) has
// the factor 0.044715 at x instead of x³. With t = a·x + b·x³, a = 2√(2/π), b = 0.044715·a and
// s = sigmoid(t), GELU is x·s and its derivative is s·(1 + (1 - s)·(a·x + 3b·x³)).
func GELU(x *Node) *Node {
	const a = 1.5957691216057308 // 2√(2/π)
	const b = 0.044715 * a
	forward := func() *Node { return activation.Apply(activation.TypeGeluApprox, x) }
	return tunedGradient([]*Node{x}, forward, func(_, dy *Node) []*Node {
		square := Square(x)
		s := Sigmoid(Mul(x, AddScalar(MulScalar(square, b), a)))
		slope := Mul(x, AddScalar(MulScalar(square, 3*b), a))
		return []*Node{Mul(Mul(dy, s), OnePlus(Mul(OneMinus(s), slope)))}
	})
}

// SiLU is x·sigmoid(x), also called swish.
func SiLU(x *Node) *Node { return activation.Apply(activation.TypeSwish, x) }

// Gate names the activation of a gated MLP, as in a T5 config's feed_forward_proj.
type Gate string

// The gates of T5 models.
const (
	GatedSiLU Gate = "gated-silu" // UL2
	GatedGELU Gate = "gated-gelu" // T5 1.1, mT5, umT5
)

// Validate returns an error for any other gate.
func (g Gate) Validate() error {
	if g != GatedSiLU && g != GatedGELU {
		return fmt.Errorf("activation %q is neither %q nor %q", string(g), GatedSiLU, GatedGELU)
	}
	return nil
}

// GatedMLP returns wo(act(wi_0(x)) * wi_1(x)) without biases, with dropout before wo in training
// (t5x examples/t5/layers.py, MlpBlock).
func GatedMLP(s *weights.Scope, x *Node, hidden int, gate Gate, dropout float64) *Node {
	w := width(x)
	act := SiLU
	if gate == GatedGELU {
		act = GELU
	}
	gated := act(DenseNoBias(s.In("wi_0"), x, hidden, weights.FanInTruncated(w)))
	linear := DenseNoBias(s.In("wi_1"), x, hidden, weights.FanInTruncated(w))
	return DenseNoBias(s.In("wo"), Dropout(s, Mul(gated, linear), dropout), w, weights.FanInTruncated(hidden))
}
