package stages

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// bigVisionAdafactor is the optimizer of SigLIP and ScalingViT, big_vision's scale_by_adafactor and
// the chain around it (big_vision/optax.py): factored second moments with a capped decay, then a
// mean of the updates with momentum, not debiased; no scaling by the weight's size. Weight decay is
// added to the update after the learning rate and follows the schedule with it:
//
//	u = mean(gradient / sqrt(second moments))
//	w = w - schedule · (rate · u + decay · w)
//
// The reference keeps the mean in bfloat16 between steps; it is float32 here. A kernel of attention
// is a matrix [W, H·D] here and has three axes there, of which it factors the two largest.
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
