package metrics

// BinaryCounts counts the predictions of a yes/no question by truth.
type BinaryCounts struct {
	TruePositive, FalsePositive, TrueNegative, FalseNegative int
}

// Add counts one prediction.
func (c *BinaryCounts) Add(truth, predicted bool) {
	switch {
	case truth && predicted:
		c.TruePositive++
	case predicted:
		c.FalsePositive++
	case truth:
		c.FalseNegative++
	default:
		c.TrueNegative++
	}
}

// N is the number of predictions.
func (c BinaryCounts) N() int {
	return c.TruePositive + c.FalsePositive + c.TrueNegative + c.FalseNegative
}

// Accuracy is the share of right predictions. Like the other ratios it is 0 where nothing was
// counted.
func (c BinaryCounts) Accuracy() float64 { return ratio(c.TruePositive+c.TrueNegative, c.N()) }

// Precision is the share of right ones among those predicted positive.
func (c BinaryCounts) Precision() float64 {
	return ratio(c.TruePositive, c.TruePositive+c.FalsePositive)
}

// Recall is the share of the positive ones that were found.
func (c BinaryCounts) Recall() float64 { return ratio(c.TruePositive, c.TruePositive+c.FalseNegative) }

// F1 is the harmonic mean of precision and recall.
func (c BinaryCounts) F1() float64 {
	precision, recall := c.Precision(), c.Recall()
	if precision+recall == 0 {
		return 0
	}
	return 2 * precision * recall / (precision + recall)
}

// YesRatio is the share of predictions that are positive.
func (c BinaryCounts) YesRatio() float64 { return ratio(c.TruePositive+c.FalsePositive, c.N()) }

func ratio(part, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(part) / float64(of)
}
