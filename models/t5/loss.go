package t5

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
)

// CrossEntropy returns the mean cross entropy of logits [B, L, V] over targets [B, L], with the
// config's smoothing and z-loss (see [block.CrossEntropy]). Targets are weighted by weights [B, L];
// nil means 1 for targets other than 0. A batch of padding alone has loss 0.
func CrossEntropy(c Config, logits, targets, weights *Node) *Node {
	loss, _, _ := CrossEntropyByExample(c, logits, targets, weights)
	return loss
}

// CrossEntropyByExample returns the [CrossEntropy] and, for each example [B], the weighted sum of
// its targets' losses and the sum of its weights. The loss is the total of the sums divided by the
// total of the counts.
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
