package stages

import (
	. "github.com/gomlx/gomlx/core/graph"
)

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
