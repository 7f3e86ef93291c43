package ul2

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
)

// CrossEntropy is the mean over targets [B, L], weighted by weights [B, L] (nil: 1 where the target is
// not 0), of T5X's loss of logits [B, L, V] (t5x/losses.py, cross_entropy_with_logits):
//
//	-sum over ids of q·log p  -  the least value that sum can have  +  ZLoss · (log Z)²
//
// where p is the softmax of the logits, Z its normaliser, and q gives the target 1 - LabelSmoothing and
// every other id an equal part of the rest.
func CrossEntropy(c Config, logits, targets, weights *Node) *Node {
	if weights == nil {
		weights = block.NotPadding(targets)
	}
	d := logits.Shape().Dimensions
	rows, vocab := d[0]*d[1], d[2]
	logits = Reshape(logits, rows, vocab)
	weights = Reshape(weights, rows)

	largest := StopGradient(ReduceMax(logits, -1))
	normalizer := Add(Log(ReduceSum(Exp(Sub(logits, InsertAxes(largest, -1))), -1)), largest) // log Z
	losses := Sub(normalizer, at(logits, Reshape(targets, rows)))
	if c.LabelSmoothing > 0 {
		losses = smoothed(c.LabelSmoothing, vocab, losses, Sub(normalizer, ReduceMean(logits, -1)))
	}
	if c.ZLoss > 0 {
		losses = Add(losses, MulScalar(Square(normalizer), c.ZLoss))
	}
	// A batch of nothing but padding has loss 0.
	return Div(ReduceAllSum(Mul(losses, weights)), MaxScalar(ReduceAllSum(weights), 1e-9))
}

// at returns element targets[i] of each row i of logits [N, V]: [N]. The gradient is a scatter of N
// numbers; no one-hot matrix is made.
func at(logits, targets *Node) *Node {
	rows := logits.Shape().Dimensions[0]
	row := Iota(logits.Graph(), shapes.Make(dtypes.Int32, rows), 0)
	return Gather(logits, Stack([]*Node{row, targets}, -1))
}

// smoothed mixes the losses of the targets and the mean losses of all ids by q, less q's entropy.
func smoothed(smoothing float64, vocab int, targetLosses, meanLosses *Node) *Node {
	others := smoothing / float64(vocab-1)
	confidence := 1 - smoothing
	entropy := -(confidence*math.Log(confidence) + float64(vocab-1)*others*math.Log(others+1e-20))
	ofTarget := MulScalar(targetLosses, confidence-others)
	ofAll := MulScalar(meanLosses, others*float64(vocab))
	return AddScalar(Add(ofTarget, ofAll), -entropy)
}
