package stages

import (
	"cmp"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// bigVisionAdafactor is the optimizer of SigLIP and ScalingViT, big_vision's scale_by_adafactor and
// the chain around it (big_vision/optax.py): factored second moments with a capped decay, then an
// exponential mean of the updates without bias correction, and no scaling by the weight's size.
// Weight decay is added after the learning rate and multiplied by the schedule with it:
//
//	u = mean(gradient / sqrt(second moments))
//	w = w - schedule · (rate · u + decay · w)
//
// The reference keeps the mean in bfloat16 between steps; here it is float32. A kernel of attention
// has three axes there, of which the two largest are factored; here it is a matrix [W, H·D].
type bigVisionAdafactor struct {
	momentum float64
	beta2Cap float64
}

const bigVisionFactoredFrom = 32

func (a bigVisionAdafactor) slots(shape []int) []slot {
	return append(secondMomentSlots(shape, bigVisionFactoredFrom), slot{"m", shape})
}

func (a bigVisionAdafactor) scalars(step int) []float64 {
	return []float64{secondMomentDecay(step, a.beta2Cap)}
}

func (a bigVisionAdafactor) update(p parameter) (*Node, []*Node) {
	last := len(p.state) - 1
	scaled, moments := scaleByFactoredRMS(p.gradient, p.state[:last], p.scalars[0], bigVisionFactoredFrom)
	mean := Add(MulScalar(p.state[last], a.momentum), MulScalar(scaled, 1-a.momentum))
	change := MulScalar(mean, p.rate)
	if p.decay > 0 {
		change = Add(change, MulScalar(p.weight, p.decay))
	}
	return Sub(p.weight, Mul(change, p.schedule)), append(moments, mean)
}

// t5xAdafactor is the optimizer of T5, UL2 and PaLI (t5x/adafactor.py with its defaults and T5X's
// configuration): factored second moments, each weight's update limited to a root mean square of 1
// and multiplied by that of the weight; no momentum, no weight decay.
//
//	u = gradient / sqrt(second moments)
//	w = w - schedule · rate · max(rms(w), 1e-3) · u / max(1, rms(u))
type t5xAdafactor struct{}

const (
	t5xFactoredFrom      = 128
	t5xClippingThreshold = 1.0
	t5xSmallestScale     = 1e-3 // epsilon2
)

func (t5xAdafactor) slots(shape []int) []slot { return secondMomentSlots(shape, t5xFactoredFrom) }

func (t5xAdafactor) scalars(step int) []float64 { return []float64{secondMomentDecay(step, 1)} }

func (t5xAdafactor) update(p parameter) (*Node, []*Node) {
	scaled, moments := scaleByFactoredRMS(p.gradient, p.state, p.scalars[0], t5xFactoredFrom)
	limit := MaxScalar(DivScalar(rootMeanSquare(scaled), t5xClippingThreshold), 1)
	size := MaxScalar(rootMeanSquare(p.weight), t5xSmallestScale)
	scale := Div(Mul(MulScalar(p.schedule, p.rate), size), limit)
	return Sub(p.weight, Mul(scaled, scale)), moments
}

// Both variants share the second moments of Adafactor (Shazeer and Stern, arXiv 1804.04235): for a
// large matrix only the means of rows and columns are kept, whose product approximates it.

// secondMomentEpsilon is added to squared gradients (optax and T5X: 1e-30).
const secondMomentEpsilon = 1e-30

// factoredAxes returns the second largest and the largest axis, and whether to factor: if the
// second largest has at least minimum elements. Of equal axes the later counts as larger (optax and
// T5X, _factored_dims).
func factoredAxes(shape []int, minimum int) (second, largest int, factored bool) {
	if len(shape) < 2 {
		return 0, 0, false
	}
	axes := make([]int, len(shape))
	for i := range axes {
		axes[i] = i
	}
	slices.SortStableFunc(axes, func(a, b int) int { return cmp.Compare(shape[a], shape[b]) })
	second, largest = axes[len(axes)-2], axes[len(axes)-1]
	return second, largest, shape[second] >= minimum
}

// secondMomentSlots returns vr and vc, the means along the largest and the second largest axis, or
// v for a weight that is not factored.
func secondMomentSlots(shape []int, minimum int) []slot {
	second, largest, factored := factoredAxes(shape, minimum)
	if !factored {
		return []slot{{"v", shape}}
	}
	without := func(axis int) []int { return slices.Delete(slices.Clone(shape), axis, axis+1) }
	return []slot{{"vr", without(largest)}, {"vc", without(second)}}
}

// secondMomentDecay returns min(largest, 1 - (step+1)^-0.8), Adafactor's growing beta2.
func secondMomentDecay(step int, largest float64) float64 {
	return min(largest, 1-math.Pow(float64(step+1), -0.8))
}

// scaleByFactoredRMS updates the second moments with the given decay and divides the gradient by
// their root (optax scale_by_factored_rms; t5x/adafactor.py, apply_param_gradient).
func scaleByFactoredRMS(gradient *Node, state []*Node, decay *Node, minimum int) (scaled *Node, next []*Node) {
	second, largest, factored := factoredAxes(gradient.Shape().Dimensions, minimum)
	square := AddScalar(Square(gradient), secondMomentEpsilon)
	if !factored {
		v := blend(state[0], square, decay)
		return Div(gradient, Sqrt(v)), []*Node{v}
	}
	rows := blend(state[0], ReduceMean(square, largest), decay)
	columns := blend(state[1], ReduceMean(square, second), decay)
	axis := second
	if second > largest {
		axis-- // rows lacks the largest axis
	}
	rowFactor := Inverse(Sqrt(Div(rows, ReduceAndKeep(rows, ReduceMean, axis))))
	columnFactor := Inverse(Sqrt(columns))
	scaled = Mul(Mul(gradient, InsertAxes(rowFactor, largest)), InsertAxes(columnFactor, second))
	return scaled, []*Node{rows, columns}
}

// blend returns decay·old + (1-decay)·new.
func blend(old, new, decay *Node) *Node { return Add(Mul(old, decay), Mul(new, OneMinus(decay))) }

func rootMeanSquare(x *Node) *Node { return Sqrt(ReduceAllMean(Square(x))) }
