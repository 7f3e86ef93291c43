package stages

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// adamW is Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101), as
// torch.optim.AdamW computes it:
//
//	m = mean(gradient), v = mean(gradient²), both debiased
//	w = w - schedule · rate · (m / (sqrt(v) + 1e-8) + decay · w)
type adamW struct {
	beta1, beta2 float64
}

const adamEpsilon = 1e-8

func (a adamW) slots(shape []int) []slot { return []slot{{"m", shape}, {"v", shape}} }

// scalars returns the factors that correct the bias of the two means.
func (a adamW) scalars(step int) []float64 {
	n := float64(step + 1)
	return []float64{1 / (1 - math.Pow(a.beta1, n)), 1 / (1 - math.Pow(a.beta2, n))}
}

func (a adamW) update(p parameter) (*Node, []*Node) {
	m := Add(MulScalar(p.state[0], a.beta1), MulScalar(p.gradient, 1-a.beta1))
	v := Add(MulScalar(p.state[1], a.beta2), MulScalar(Square(p.gradient), 1-a.beta2))
	change := Div(Mul(m, p.scalars[0]), AddScalar(Sqrt(Mul(v, p.scalars[1])), adamEpsilon))
	if p.decay > 0 {
		change = Add(change, MulScalar(p.weight, p.decay))
	}
	return Sub(p.weight, Mul(change, MulScalar(p.schedule, p.rate))), []*Node{m, v}
}
