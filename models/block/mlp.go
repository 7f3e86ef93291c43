package block

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"

	"github.com/pali3/pali3/models/weights"
)

// MLP is fc2(gelu(fc1(x))) with biases and the tanh form of GELU, flax's default (big_vision
// models/vit.py, MlpBlock: xavier kernels, biases of deviation 1e-6).
func MLP(s *weights.Scope, x *Node, hidden int) *Node {
	w := width(x)
	bias := weights.Normal(1e-6)
	h := Dense(s.In("fc1"), x, hidden, weights.XavierUniform(w, hidden), bias)
	return Dense(s.In("fc2"), GELU(h), w, weights.XavierUniform(hidden, w), bias)
}

// GELU is the tanh form of the Gaussian error linear unit, x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2.
//
// Forward it is the backend's fused op; backward the derivative of the same formula in the form
// x·sigmoid(2√(2/π)·(x + 0.044715·x³)). The Go backend's own derivative (compute v0.1.14, SIMD builds)
// has the factor 0.044715 at x in place of x³.
func GELU(x *Node) *Node {
	y, _ := InternalFusedOpCaller(
		func() *Node { return BackendFusedActivation(x, activation.TypeGeluApprox.ToBackend()) },
		func() *Node {
			slope := MulScalar(AddScalar(MulScalar(Square(x), 0.044715), 1.0), 2*math.Sqrt(2/math.Pi))
			return Mul(x, Sigmoid(Mul(x, slope)))
		}, true)
	return y
}

// SiLU is x·sigmoid(x), also called swish.
func SiLU(x *Node) *Node { return activation.Apply(activation.TypeSwish, x) }

// Gate names the activation of a gated MLP, as in a T5 config's feed_forward_proj.
type Gate string

// The gates of the models of this family.
const (
	GatedSiLU Gate = "gated-silu" // UL2
	GatedGELU Gate = "gated-gelu" // T5 1.1, mT5, umT5
)

// Validate returns an error for a gate that is neither.
func (g Gate) Validate() error {
	if g != GatedSiLU && g != GatedGELU {
		return fmt.Errorf("activation %q is neither %q nor %q", string(g), GatedSiLU, GatedGELU)
	}
	return nil
}

// GatedMLP is wo(act(wi_0(x)) * wi_1(x)) without biases (t5x examples/t5/layers.py, MlpBlock).
func GatedMLP(s *weights.Scope, x *Node, hidden int, gate Gate) *Node {
	w := width(x)
	act := SiLU
	if gate == GatedGELU {
		act = GELU
	}
	gated := act(DenseNoBias(s.In("wi_0"), x, hidden, weights.FanInTruncated(w)))
	linear := DenseNoBias(s.In("wi_1"), x, hidden, weights.FanInTruncated(w))
	return DenseNoBias(s.In("wo"), Mul(gated, linear), w, weights.FanInTruncated(hidden))
}
