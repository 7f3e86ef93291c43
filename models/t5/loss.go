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
	return block.MeanCrossEntropy(logits, targets, weights, nil, c.LabelSmoothing, c.ZLoss)
}
