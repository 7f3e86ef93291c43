package ul2

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
)

// CrossEntropy is the mean over targets [B, L], weighted by weights [B, L] (nil: 1 where the target
// is not 0), of block.CrossEntropy of logits [B, L, V] with the config's smoothing and z-loss. A
// batch of nothing but padding has loss 0.
func CrossEntropy(c Config, logits, targets, weights *Node) *Node {
	loss, _, _ := CrossEntropyByExample(c, logits, targets, weights)
	return loss
}

// CrossEntropyByExample is CrossEntropy with, for each example [B], the weighted sum of its
// targets' losses and the sum of its weights: the loss is the quotient of the totals of both.
func CrossEntropyByExample(c Config, logits, targets, weights *Node) (loss, sums, counts *Node) {
	if weights == nil {
		weights = block.NotPadding(targets)
	}
	d := logits.Shape().Dimensions
	rows := d[0] * d[1]
	losses := block.CrossEntropy(Reshape(logits, rows, d[2]), Reshape(targets, rows), c.LabelSmoothing, c.ZLoss)
	flat := Reshape(weights, rows)
	weighted := Mul(losses, flat)
	loss = Div(ReduceAllSum(weighted), MaxScalar(ReduceAllSum(flat), 1e-9))
	return loss, ReduceSum(Reshape(weighted, d[0], d[1]), 1), ReduceSum(Reshape(flat, d[0], d[1]), 1)
}
