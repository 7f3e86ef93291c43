package block

import (
	"github.com/gomlx/compute/support/envutil"
	. "github.com/gomlx/gomlx/core/graph"
)

// withGradient returns forward(), a function of the given inputs, with vjp for its gradient: given
// the result y and the gradient dy of the loss with respect to it, vjp returns the gradients with
// respect to each input, in their order. It may use nodes that forward made, but y in place of the
// last.
//
// GoMLX derives gradients op by op, which in its Go backend costs several passes over memory where
// a formula for the whole needs few, and transposes both sides of a matrix product where one would
// do. A graph with GOMLX_FUSION=0 uses the derived gradients, so that the two can be compared.
//
// How: the result's gradient is sent to a stand-in of the same shape, which is never computed and
// whose only purpose is to lead back to the inputs. On its way it is kept, and each input's path
// ends in a node whose gradient is the one vjp gives.
func withGradient(inputs []*Node, forward func() *Node, vjp func(y, dy *Node) []*Node) *Node {
	if !envutil.MustReadBool(FusionEnv, true) {
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
	// Identity makes a node that comes after the stand-in, as InternalFusedOpCaller asks for. It
	// costs nothing as long as nothing else reads what it is given.
	y, _ = InternalFusedOpCaller(func() *Node { return Identity(computed) }, func() *Node { return standIn }, true)
	return y
}
