package block

import (
	"fmt"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/weights"
)

// Window is how a convolution's kernel moves over an image: kernels of Side by Side pixels, Stride
// pixels apart, over an image with Padding zeros at each edge. The stride must divide the side, and
// the padded image's.
type Window struct {
	Side, Stride, Padding int
}

// places returns how many places of the window fit along n pixels.
func (w Window) places(n int) int {
	padded := n + 2*w.Padding
	if w.Side%w.Stride != 0 || padded%w.Stride != 0 || padded < w.Side {
		panic(fmt.Errorf("a convolution of side %d, stride %d and padding %d does not fit an image of %d pixels",
			w.Side, w.Stride, w.Padding, n))
	}
	return (padded-w.Side)/w.Stride + 1
}

// Conv is a convolution with bias, from [B, H, W, C] to [B, H', W', out]. It equals torch's Conv2d.
// The weights are "weight", [side, side, C, out], and "bias".
//
// It copies the windows and multiplies them by the kernel: the Go backend's own convolution is a
// plain loop.
func Conv(s *weights.Scope, x *Node, out int, w Window, kernel, bias weights.Init) *Node {
	in := width(x)
	k := s.Weight(weights.Spec{
		Name: "weight", Shape: []int{w.Side, w.Side, in, out}, Init: kernel, Decay: true, Layout: weights.ConvKernel,
	})
	return addBias(s, Linear(windows(x, w), Reshape(k, w.Side*w.Side*in, out), nil), bias)
}

// ConvTranspose is a transposed convolution with bias, from [B, H', W', C] to [B, H, W, out].
// It equals torch's ConvTranspose2d with the window's padding, and flax's with transpose_kernel and
// a padding of side-1-padding. The weights are "weight", [C, side, side, out], and "bias".
func ConvTranspose(s *weights.Scope, x *Node, out int, w Window, kernel, bias weights.Init) *Node {
	in := width(x)
	k := s.Weight(weights.Spec{
		Name: "weight", Shape: []int{in, w.Side, w.Side, out}, Init: kernel, Decay: true, Layout: weights.ConvTransposeKernel,
	})
	return addBias(s, sumWindows(Linear(x, Reshape(k, in, w.Side*w.Side*out), nil), w), bias)
}

// addBias adds the weight "bias" to the channels of x [B, H, W, C]. Its gradient sums axis by axis:
// one sum over all pixels of a batch loses digits. XLA merges the three sums into one again, whose
// rounding is 1e-6 of 262,144 numbers of one sign where the Go backend's is 1e-7.
func addBias(s *weights.Scope, x *Node, init weights.Init) *Node {
	bias := s.Vector("bias", width(x), init)
	return withGradient([]*Node{x, bias},
		func() *Node { return Add(x, alongLast(bias, x)) },
		func(_, dy *Node) []*Node {
			return []*Node{dy, ReduceSum(ReduceSum(ReduceSum(dy, 2), 1), 0)}
		})
}

// windows copies what each place of the window sees, from [B, H, W, C] to [B, H', W', side·side·C].
// Its gradient is [sumWindows].
func windows(x *Node, w Window) *Node {
	if w.Side == 1 && w.Stride == 1 && w.Padding == 0 {
		return x
	}
	return withGradient([]*Node{x},
		func() *Node { return copyWindows(x, w) },
		func(_, dy *Node) []*Node { return []*Node{addWindows(dy, w)} })
}

// sumWindows adds what each place of the window holds to an image, from [B, H', W', side·side·C] to
// [B, H, W, C]. Its gradient is [windows].
func sumWindows(x *Node, w Window) *Node {
	return withGradient([]*Node{x},
		func() *Node { return addWindows(x, w) },
		func(_, dy *Node) []*Node { return []*Node{copyWindows(dy, w)} })
}

// copyWindows cuts the padded image into blocks of stride by stride pixels. A window is
// side/stride blocks wide and high, so it takes that many shifted copies of the blocks, along
// each axis.
func copyWindows(x *Node, w Window) *Node {
	d := x.Shape().Dimensions
	batch, c := d[0], d[3]
	high, wide := w.places(d[1]), w.places(d[2])
	blocks := w.Side / w.Stride
	x = pad(x, edge{1, w.Padding, w.Padding}, edge{2, w.Padding, w.Padding})
	x = Reshape(x, batch, d[1]+2*w.Padding, wide+blocks-1, w.Stride*c)
	x = shifted(x, 2, blocks) // [B, H, W', side·C]
	x = Reshape(x, batch*(high+blocks-1), w.Stride, wide, w.Side*c)
	x = TransposeAllAxes(x, 0, 2, 1, 3)
	x = Reshape(x, batch, high+blocks-1, wide, w.Stride*w.Side*c)
	return shifted(x, 1, blocks)
}

// shifted joins along the last axis n copies of x, each without the first i and the last n-1-i
// elements of the axis.
func shifted(x *Node, axis, n int) *Node {
	if n == 1 {
		return x
	}
	copies := make([]*Node, n)
	for i := range copies {
		copies[i] = pad(x, edge{axis, -i, i - n + 1})
	}
	return Concatenate(copies, -1)
}

// addWindows is the transpose of copyWindows, step by step.
func addWindows(x *Node, w Window) *Node {
	d := x.Shape().Dimensions
	batch, high, wide := d[0], d[1], d[2]
	c := d[3] / (w.Side * w.Side)
	blocks := w.Side / w.Stride
	x = unshifted(x, 1, blocks)
	x = Reshape(x, batch*(high+blocks-1), wide, w.Stride, w.Side*c)
	x = TransposeAllAxes(x, 0, 2, 1, 3)
	x = Reshape(x, batch, (high+blocks-1)*w.Stride, wide, w.Side*c)
	x = unshifted(x, 2, blocks)
	x = Reshape(x, batch, (high+blocks-1)*w.Stride, (wide+blocks-1)*w.Stride, c)
	return pad(x, edge{1, -w.Padding, -w.Padding}, edge{2, -w.Padding, -w.Padding})
}

// unshifted is the transpose of shifted.
func unshifted(x *Node, axis, n int) *Node {
	if n == 1 {
		return x
	}
	size := width(x) / n
	var sum *Node
	for i := range n {
		part := pad(x, edge{axis, i, n - 1 - i}, edge{x.Rank() - 1, -i * size, -(n - 1 - i) * size})
		if sum == nil {
			sum = part
		} else {
			sum = Add(sum, part)
		}
	}
	return sum
}

// edge is how many zeros to add before and after an axis; negative counts remove elements.
type edge struct{ axis, before, after int }

// pad adds zeros and removes elements. The Go backend pads in blocks but slices element by element.
// GoMLX derives a wrong gradient for negative counts, so graphs with derived gradients slice.
func pad(x *Node, edges ...edge) *Node {
	axes := make([]compute.PadAxis, x.Rank())
	needed := false
	for _, e := range edges {
		if (e.before < 0 || e.after < 0) && !ownGradients() {
			x = SliceAxis(x, e.axis, AxisRange(max(-e.before, 0), x.Shape().Dimensions[e.axis]-max(-e.after, 0)))
			e.before, e.after = max(e.before, 0), max(e.after, 0)
		}
		axes[e.axis] = compute.PadAxis{Start: e.before, End: e.after}
		needed = needed || e.before != 0 || e.after != 0
	}
	if !needed {
		return x
	}
	return Pad(x, ScalarZero(x.Graph(), x.DType()), axes...)
}

// ReLU is max(x, 0). Its derivative at 0 is 0, as in torch and jax; that of GoMLX is 1.
func ReLU(x *Node) *Node {
	return withGradient([]*Node{x},
		func() *Node { return Max(x, ZerosLike(x)) },
		func(_, dy *Node) []*Node {
			return []*Node{Where(GreaterThan(x, ZerosLike(x)), dy, ZerosLike(dy))}
		})
}
