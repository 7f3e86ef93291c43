package block

import (
	"github.com/gomlx/compute/support/envutil"
	. "github.com/gomlx/gomlx/core/graph"
)

// withGradient returns forward(), a function of the given inputs, with vjp as its gradient. Given
// the result y and the gradient dy of the loss with respect to y, vjp returns the gradients with
// respect to each input, in order. It may use nodes that forward made, except that it must use y in
// place of the last one.
//
// GoMLX derives gradients op by op. In its Go backend that takes several passes over memory where
// one formula needs few, and transposes both sides of a matrix product where one is enough. With
// GOMLX_FUSION=0 graphs use the derived gradients, so that the two can be compared.
//
// It works by sending the result's gradient to a stand-in of the same shape, which is never
// computed and only leads back to the inputs. The stand-in keeps the gradient, and the path to each
// input ends in a node whose gradient is the one from vjp.
func withGradient(inputs []*Node, forward func() *Node, vjp func(y, dy *Node) []*Node) *Node {
	if !ownGradients() {
		return forward()
	}
	computed := forward()
	var y *Node
	var gradients []*Node
	path := ScalarZero(computed.Graph(), computed.DType())
	for i, x := range inputs {
		end := IdentityWithCustomGradient(x, func(_, _ *Node) *Node { return gradients[i] })
		path = Add(path, ReduceAllSum(end))
	}
	standIn := IdentityWithCustomGradient(BroadcastToShape(path, computed.Shape()), func(_, dy *Node) *Node {
		gradients = vjp(y, dy)
		return dy
	})
	// InternalFusedOpCaller requires a node made after the stand-in, hence the Identity. It costs
	// nothing as long as nothing else reads its input.
	y, _ = InternalFusedOpCaller(func() *Node { return Identity(computed) }, func() *Node { return standIn }, true)
	return y
}

// ownGradients reports whether withGradient replaces the gradients that GoMLX derives.
func ownGradients() bool { return envutil.MustReadBool(FusionEnv, true) }
