package block

import (
	"github.com/gomlx/compute/support/envutil"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/backend"
)

// tuned reports whether a graph is for GoMLX's Go backend, which computes op by op: with derived
// gradients it takes several passes over memory where one formula needs few, and transposes both
// sides of a matrix product where one is enough. So layers build graphs with gradients and orders
// of axes that suit it. Other backends compile graphs and get the plain form, which their compilers
// look for. With GOMLX_FUSION=0 the Go backend gets the plain form too, to compare the two.
func tuned(g *Graph) bool { return backend.IsGo(g.Backend()) && ownGradients() }

// tunedGradient is [withGradient] in [tuned] graphs and forward() in others, which get the gradient
// that GoMLX derives from it.
func tunedGradient(inputs []*Node, forward func() *Node, vjp func(y, dy *Node) []*Node) *Node {
	if !tuned(inputs[0].Graph()) {
		return forward()
	}
	return withGradient(inputs, forward, vjp)
}

// withGradient returns forward(), a function of the given inputs, with vjp as its gradient. Given
// the result y and the gradient dy of the loss with respect to y, vjp returns the gradients with
// respect to each input, in order. It may use nodes that forward made, except that it must use y in
// place of the last one. With GOMLX_FUSION=0 GoMLX cannot replace gradients, and it returns
// forward().
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
