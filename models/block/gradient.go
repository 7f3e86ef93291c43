package block

import (
	"github.com/gomlx/compute/support/envutil"
	. "github.com/gomlx/gomlx/core/graph"
)

// withGradient returns forward(), a function of the given inputs, with vjp for its gradient: given the
// gradient of the loss with respect to the result, vjp returns those with respect to each input, in
// their order. It may use nodes that forward made.
//
// GoMLX derives gradients op by op, which in its Go backend costs several passes over memory where a
// formula for the whole needs few, and transposes both sides of a matrix product where one would do.
// A graph with GOMLX_FUSION=0 uses the derived gradients, so that the two can be compared.
//
// How: the result's gradient is sent to a stand-in of the same shape, which is never computed and whose
// only purpose is to lead back to the inputs. On its way it is kept, and each input's path ends in a
// node whose gradient is the one vjp gives.
func withGradient(inputs []*Node, forward func() *Node, vjp func(dy *Node) []*Node) *Node {
	if !envutil.MustReadBool(FusionEnv, true) {
		return forward()
	}
	y := forward()
	var gradients []*Node
	path := ScalarZero(y.Graph(), y.DType())
	for i, x := range inputs {
		end := IdentityWithCustomGradient(x, func(_, _ *Node) *Node { return gradients[i] })
		path = Add(path, ReduceAllSum(end))
	}
	standIn := IdentityWithCustomGradient(BroadcastToShape(path, y.Shape()), func(_, dy *Node) *Node {
		gradients = vjp(dy)
		return dy
	})
	// Identity makes a node that comes after the stand-in, as InternalFusedOpCaller asks for.
	result, _ := InternalFusedOpCaller(func() *Node { return Identity(y) }, func() *Node { return standIn }, true)
	return result
}
