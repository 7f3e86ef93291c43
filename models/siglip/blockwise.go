package siglip

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// blockwise returns for each image the sum of its sigmoid losses over all texts, [B], from
// embeddings [B, E] and [B·K, E], and scale and bias [1]. It holds the logits of no more than block
// images at a time, in the backward pass too, which computes them again.
//
// With p = sigmoid(logits) and z = 1 for matching pairs, the gradient of a loss with respect to its
// logit is p - z (arXiv 2303.15343, section 3.3, computes the same sum by blocks of texts).
func blockwise(images, texts, scale, bias *Node, block int) *Node {
	n, m := images.Shape().Dimensions[0], texts.Shape().Dimensions[0]
	each := m / n
	part := func(x *Node, begin int) *Node { return Slice(x, AxisRange(begin, min(begin+block, n))) }

	forward := func(images, texts, scale, bias *Node) *Node {
		var sums []*Node
		done := scale
		for begin := 0; begin < n; begin += block {
			x := logits(after(part(images, begin), done), texts, scale, bias)
			wrong := Where(matchingAfter(done, begin, x.Shape().Dimensions[0], m, each), Neg(x), x)
			done = ReduceSum(softplus(wrong), 1)
			sums = append(sums, done)
		}
		return Concatenate(sums, 0)
	}
	backward := func(dsums *Node) []*Node {
		var dimages []*Node
		dtexts, dscale, dbias := ZerosLike(texts), ZerosLike(scale), ZerosLike(bias)
		done := dsums
		for begin := 0; begin < n; begin += block {
			rows := after(part(images, begin), done)
			p := Sigmoid(logits(rows, texts, scale, bias))
			match := matchingAfter(done, begin, p.Shape().Dimensions[0], m, each)
			dx := Mul(Where(match, AddScalar(p, -1), p), InsertAxes(part(dsums, begin), -1))
			ofCosines := DotGeneral(dx, []int{1}, nil, texts, []int{0}, nil) // without scale, [block, E]
			dimages = append(dimages, Mul(ofCosines, InsertAxes(scale, 0)))
			ofTexts := DotGeneral(dx, []int{0}, nil, rows, []int{0}, nil)
			dtexts = Add(dtexts, Mul(ofTexts, InsertAxes(scale, 0)))
			dscale = Add(dscale, ReduceAllSum(Mul(ofCosines, rows)))
			dbias = Add(dbias, ReduceAllSum(dx))
			done = Add(Add(dscale, dbias), ReduceAllSum(Slice(dtexts, AxisElem(0))))
		}
		return []*Node{Concatenate(dimages, 0), dtexts, dscale, dbias}
	}
	return withBackward(forward, backward, images, texts, scale, bias)
}

// after returns x, but only when done has been computed. It keeps a backend from computing all
// blocks at the same time, and from keeping the logits of the forward pass for the backward pass as
// equal expressions.
func after(x, done *Node) *Node {
	first := Reshape(Slice(Reshape(done, -1), AxisRange(0, 1)))
	return Add(x, Where(LessThan(first, first), first, ZerosLike(first))) // never less than itself
}

// matchingAfter tells which of the texts match the images from first to first+images-1, with each
// texts per image, but only when done has been computed.
func matchingAfter(done *Node, first, images, texts, each int) *Node {
	g := done.Graph()
	begin := ConvertDType(after(Scalar(g, dtypes.Float32, first), done), dtypes.Int32) // exact up to 2^24
	image := Add(Iota(g, shapes.Make(dtypes.Int32, images, 1), 0), begin)
	text := DivScalar(Iota(g, shapes.Make(dtypes.Int32, 1, texts), 1), each)
	return Equal(image, text)
}

// withBackward returns forward of the inputs, a vector, with the gradients that backward gives. The
// gradient takes its way through a vector of zeros that depends on the inputs.
func withBackward(forward func(a, b, c, d *Node) *Node, backward func(dy *Node) []*Node, inputs ...*Node) *Node {
	y := forward(StopGradient(inputs[0]), StopGradient(inputs[1]), StopGradient(inputs[2]), StopGradient(inputs[3]))
	var gradients []*Node
	path := ScalarZero(y.Graph(), y.DType())
	for i, x := range inputs {
		end := IdentityWithCustomGradient(x, func(_, _ *Node) *Node { return gradients[i] })
		path = Add(path, ReduceAllSum(Slice(Reshape(end, -1), AxisRange(0, 1))))
	}
	zeros := Sub(path, StopGradient(path))
	return Add(y, IdentityWithCustomGradient(BroadcastToShape(zeros, y.Shape()), func(_, dy *Node) *Node {
		gradients = backward(dy)
		return dy
	}))
}

// Gradients are a sigmoid loss and its gradients.
type Gradients struct {
	Loss float64
	// Images [B, E] and Texts [B·K, E] are the gradients of the embeddings.
	Images, Texts *tensors.Tensor
	// Scale and Bias are the gradients of t', the log of the temperature, and b.
	Scale, Bias float64
}

// BlockwiseLoss computes the sigmoid loss of embeddings that are there already, images [B, E] and K
// texts for each [B·K, E], and its gradients, in blocks of block by block pairs. Beside the
// embeddings and their gradients it needs the memory of one block, so batches are possible whose
// logits fit nowhere: 32,768 by 32,768 take 4 GiB. LogScale is t', the log of the temperature. The
// loss is divided by the number of texts, as [SigmoidLoss] is.
//
// It stops with the context's error when ctx ends.
func BlockwiseLoss(ctx context.Context, be compute.Backend, images, texts *tensors.Tensor, logScale, bias float64, block int) (*Gradients, error) {
	n, m, width, err := pairSizes(images, texts)
	if err != nil {
		return nil, err
	}
	if block < 1 {
		return nil, fmt.Errorf("blockwise loss: blocks of %d pairs, want 1 or more", block)
	}
	exec, err := NewExec(be, func(in []*Node) []*Node { return pairsOfBlock(in, m, m/n) })
	if err != nil {
		return nil, fmt.Errorf("blockwise loss: %w", err)
	}
	defer exec.Finalize()
	out := &Gradients{
		Images: tensors.FromFlatDataAndDimensions(make([]float32, n*width), n, width),
		Texts:  tensors.FromFlatDataAndDimensions(make([]float32, m*width), m, width),
	}
	scale := []float32{float32(math.Exp(logScale))}
	for i := 0; i < n; i += block {
		rows, err := partOf(images, i, min(i+block, n), width)
		if err != nil {
			return nil, fmt.Errorf("blockwise loss: %w", err)
		}
		for j := 0; j < m; j += block {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			columns, err := partOf(texts, j, min(j+block, m), width)
			if err != nil {
				return nil, fmt.Errorf("blockwise loss: %w", err)
			}
			got, err := exec.Call(rows, columns, scale, []float32{float32(bias)}, int32(i), int32(j))
			if err != nil {
				return nil, fmt.Errorf("blockwise loss: images from %d, texts from %d: %w", i, j, err)
			}
			out.Loss += float64(tensors.ToScalar[float32](got[0]))
			out.Scale += float64(tensors.ToScalar[float32](got[3]))
			out.Bias += float64(tensors.ToScalar[float32](got[4]))
			if err := addTo(out.Images, i*width, got[1]); err != nil {
				return nil, err
			}
			if err := addTo(out.Texts, j*width, got[2]); err != nil {
				return nil, err
			}
			for _, x := range append(got, columns) {
				x.FinalizeAll()
			}
		}
		rows.FinalizeAll()
	}
	return out, nil
}

// pairSizes returns the numbers of images and texts, and the width of the embeddings.
func pairSizes(images, texts *tensors.Tensor) (n, m, width int, err error) {
	a, b := images.Shape(), texts.Shape()
	if a.DType != dtypes.Float32 || b.DType != dtypes.Float32 || a.Rank() != 2 || b.Rank() != 2 || a.Dimensions[1] != b.Dimensions[1] ||
		a.Size() == 0 || b.Size() == 0 || b.Dimensions[0]%a.Dimensions[0] != 0 {
		return 0, 0, 0, fmt.Errorf("blockwise loss: images are %s and texts %s, want float32 [B, E] and [B·K, E]", a, b)
	}
	return a.Dimensions[0], b.Dimensions[0], a.Dimensions[1], nil
}

// pairsOfBlock takes images [b, E], texts [c, E], the scale and bias, and the numbers of the first
// image and text. It returns the block's share of the loss and of its gradients with respect to
// images, texts, t' and b.
func pairsOfBlock(in []*Node, texts, each int) []*Node {
	images, columns, scale, bias, firstImage, firstText := in[0], in[1], in[2], in[3], in[4], in[5]
	g := images.Graph()
	x := logits(images, columns, scale, bias)
	b, c := x.Shape().Dimensions[0], x.Shape().Dimensions[1]
	image := Add(IotaFull(g, shapes.Make(dtypes.Int32, b)), firstImage)
	text := DivScalar(Add(IotaFull(g, shapes.Make(dtypes.Int32, c)), firstText), each)
	match := Equal(BroadcastToDims(InsertAxes(image, -1), b, c), BroadcastToDims(InsertAxes(text, 0), b, c))
	loss := ReduceAllSum(softplus(Where(match, Neg(x), x)))
	dx := DivScalar(Sub(Sigmoid(x), ConvertDType(match, dtypes.Float32)), texts)
	ofCosines := Mul(DotGeneral(dx, []int{1}, nil, columns, []int{0}, nil), InsertAxes(scale, 0))
	ofTexts := Mul(DotGeneral(dx, []int{0}, nil, images, []int{0}, nil), InsertAxes(scale, 0))
	return []*Node{DivScalar(loss, texts), ofCosines, ofTexts, ReduceAllSum(Mul(ofCosines, images)), ReduceAllSum(dx)}
}

// partOf copies rows of a matrix.
func partOf(x *tensors.Tensor, begin, end, width int) (part *tensors.Tensor, err error) {
	err = tensors.ConstFlatData(x, func(flat []float32) {
		part = tensors.FromFlatDataAndDimensions(flat[begin*width:end*width], end-begin, width)
	})
	return part, err
}

// addTo adds x to the elements of sum from the given one on.
func addTo(sum *tensors.Tensor, from int, x *tensors.Tensor) error {
	return tensors.ConstFlatData(x, func(add []float32) {
		tensors.MustMutableFlatData(sum, func(flat []float32) {
			for i, v := range add {
				flat[from+i] += v
			}
		})
	})
}
