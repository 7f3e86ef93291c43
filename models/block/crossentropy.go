package block

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// CrossEntropy returns the loss [N] of each row of logits [N, V] given the id of its target,
// targets [N] (t5x/losses.py, cross_entropy_with_logits):
//
//	-sum over ids of q·log p  -  the minimum of that sum  +  zLoss · (log Z)²
//
// where p is the softmax of the logits, Z its normaliser, and q is 1 - smoothing for the target and
// an equal share of the rest for every other id.
//
// The gradient with respect to the logits is (1 + 2·zLoss·log Z)·p - q. It scatters q into p
// instead of building a one-hot matrix.
func CrossEntropy(logits, targets *Node, smoothing, zLoss float64) *Node {
	rows, vocab := logits.Shape().Dimensions[0], width(logits)
	others := smoothing / float64(vocab-1)
	confidence := 1 - smoothing
	row := Iota(logits.Graph(), shapes.Make(dtypes.Int32, rows), 0)
	places := Stack([]*Node{row, targets}, -1) // [N, 2]

	var e, z, logZ *Node
	forward := func() *Node {
		largest := StopGradient(ReduceMax(logits, -1))
		e = Exp(Sub(logits, InsertAxes(largest, -1)))
		z = ReduceSum(e, -1)
		logZ = Add(Log(z), largest)
		losses := Sub(logZ, Gather(logits, places))
		if smoothing > 0 {
			ofAll := Sub(logZ, ReduceMean(logits, -1))
			losses = Add(MulScalar(losses, confidence-others), MulScalar(ofAll, others*float64(vocab)))
			losses = AddScalar(losses, -entropy(confidence, others, vocab))
		}
		return Add(losses, MulScalar(Square(logZ), zLoss))
	}
	return tunedGradient([]*Node{logits}, forward, func(_, dy *Node) []*Node {
		ofP := Div(Mul(dy, AddScalar(MulScalar(logZ, 2*zLoss), 1)), z)
		d := Mul(e, InsertAxes(ofP, -1))
		if smoothing > 0 {
			d = Sub(d, InsertAxes(MulScalar(dy, others), -1))
		}
		return []*Node{ScatterSum(d, places, MulScalar(dy, others-confidence), true, true)}
	})
}

// MeanCrossEntropy returns the mean [CrossEntropy] of logits [B, L, V] over targets [B, L],
// weighted by weights [B, L], and for each example [B] the weighted sum of its targets' losses and
// the sum of its weights. Nil weights are 1 for targets other than 0. The loss of a batch without
// targets is 0. With u the logits are those of unpadded rows, [N, V].
func MeanCrossEntropy(logits, targets, weights *Node, u *Unpadded, smoothing, zLoss float64) (loss, sums, counts *Node) {
	return MeanCrossEntropyOf(logits, targets, weights, nil, u, smoothing, zLoss)
}

// MeanCrossEntropyOf is [MeanCrossEntropy] of packed rows, whose sums and counts are those of each
// segment, [B·S]: see [SumSegments]. Nil segments mean an example per row.
func MeanCrossEntropyOf(logits, targets, weights *Node, segments *Segments, u *Unpadded, smoothing, zLoss float64) (loss, sums, counts *Node) {
	if weights == nil {
		weights = NotPadding(targets)
	}
	logits = rows(logits)
	n := logits.Shape().Dimensions[0]
	losses := CrossEntropy(logits, Reshape(u.Take(targets), n), smoothing, zLoss)
	weighted := Mul(losses, Reshape(u.Take(weights), n))
	loss = Div(ReduceAllSum(weighted), MaxScalar(ReduceAllSum(weights), 1e-9))
	if u != nil {
		weighted = u.Pad(weighted)
	}
	weighted = Reshape(weighted, weights.Shape().Dimensions...)
	if segments != nil {
		return loss, SumSegments(weighted, segments.Decoder, segments.PerRow), SumSegments(weights, segments.Decoder, segments.PerRow)
	}
	return loss, ReduceSum(weighted, 1), ReduceSum(weights, 1)
}

// entropy is that of a distribution that gives one id the probability confidence and the vocab-1
// others the probability others each.
func entropy(confidence, others float64, vocab int) float64 {
	return -(confidence*math.Log(confidence) + float64(vocab-1)*others*math.Log(others+1e-20))
}
