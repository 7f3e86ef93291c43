package block

import (
	"fmt"
	"math"
	"slices"
	"strings"

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

// ExactGELU is x·Φ(x) with Φ the normal distribution function, (1 + erf(x/√2))/2, which
// transformers calls "gelu". Its derivative is Φ(x) + x·φ(x) with φ the normal density.
func ExactGELU(x *Node) *Node {
	var below *Node
	forward := func() *Node {
		below = MulScalar(OnePlus(Erf(MulScalar(x, 1/math.Sqrt2))), 0.5)
		return Mul(x, below)
	}
	return withGradient([]*Node{x}, forward, func(_, dy *Node) []*Node {
		density := MulScalar(Exp(MulScalar(Square(x), -0.5)), 1/math.Sqrt(2*math.Pi))
		return []*Node{Mul(dy, Add(below, Mul(x, density)))}
	})
}

// SiLU is x·sigmoid(x), also called swish.
func SiLU(x *Node) *Node { return activation.Apply(activation.TypeSwish, x) }

// Activation names the activation of a T5's feed-forward layers, and whether they are gated. The
// names are those of feed_forward_proj in transformers' T5Config, where "gated-gelu" means the tanh
// form and "gelu" the exact one.
type Activation string

// The activations of T5 models.
const (
	PlainReLU      Activation = "relu" // T5 1.0
	PlainExactGELU Activation = "gelu"
	PlainGELU      Activation = "gelu_new"
	PlainSiLU      Activation = "silu"
	GatedReLU      Activation = "gated-relu"
	GatedExactGELU Activation = "gated-gelu_python"
	GatedGELU      Activation = "gated-gelu" // T5 1.1, mT5, umT5
	GatedSiLU      Activation = "gated-silu" // UL2
)

// Activations lists the activations.
func Activations() []Activation {
	return []Activation{PlainReLU, PlainExactGELU, PlainGELU, PlainSiLU, GatedReLU, GatedExactGELU, GatedGELU, GatedSiLU}
}

// Validate returns an error for any other activation.
func (a Activation) Validate() error {
	if !slices.Contains(Activations(), a) {
		return fmt.Errorf("activation is %q; legal are %q", string(a), Activations())
	}
	return nil
}

// Gated reports whether the activation's output is multiplied by a second projection.
func (a Activation) Gated() bool { return strings.HasPrefix(string(a), "gated-") }

// of applies the activation's function.
func (a Activation) of(x *Node) *Node {
	switch a {
	case PlainReLU, GatedReLU:
		return ReLU(x)
	case PlainExactGELU, GatedExactGELU:
		return ExactGELU(x)
	case PlainGELU, GatedGELU:
		return GELU(x)
	}
	return SiLU(x)
}

// FeedForward returns wo(act(wi(x))) or, gated, wo(act(wi_0(x))·wi_1(x)), without biases and with
// dropout before wo in training (t5x examples/t5/layers.py, MlpBlock).
func FeedForward(s *weights.Scope, x *Node, hidden int, act Activation, dropout float64) *Node {
	w := width(x)
	into := weights.FanInTruncated(w)
	var h *Node
	if act.Gated() {
		gate := act.of(DenseNoBias(s.In("wi_0"), x, hidden, into))
		h = Mul(gate, DenseNoBias(s.In("wi_1"), x, hidden, into))
	} else {
		h = act.of(DenseNoBias(s.In("wi"), x, hidden, into))
	}
	return DenseNoBias(s.In("wo"), Dropout(s, h, dropout), w, weights.FanInTruncated(hidden))
}
