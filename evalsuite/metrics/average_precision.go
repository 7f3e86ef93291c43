package metrics

import (
	"cmp"
	"fmt"
	"slices"
)

// AveragePrecision is the area under the steps of precision over recall as the threshold falls
// (scikit-learn, average_precision_score). Equal scores share a threshold. Without a positive it is
// 0.
func AveragePrecision(positive []bool, scores []float64) (float64, error) {
	if len(positive) != len(scores) {
		return 0, fmt.Errorf("average precision: %d labels for %d scores", len(positive), len(scores))
	}
	order := make([]int, len(scores))
	positives := 0
	for i, score := range scores {
		if score != score {
			return 0, fmt.Errorf("average precision: score %d is NaN", i)
		}
		order[i] = i
		if positive[i] {
			positives++
		}
	}
	if positives == 0 {
		return 0, nil
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	area, recall, found := 0.0, 0.0, 0
	for n, i := range order {
		if positive[i] {
			found++
		}
		if n+1 < len(order) && scores[order[n+1]] == scores[i] {
			continue
		}
		now := float64(found) / float64(positives)
		area += (now - recall) * float64(found) / float64(n+1)
		recall = now
	}
	return area, nil
}

// VizWizUnanswerable scores whether questions can be answered, as VizWiz's vqaEval.py does: the
// average precision and the F1 of finding the unanswerable ones, from the predicted probability
// that each question is answerable. A question counts as unanswerable below 0.5.
func VizWizUnanswerable(answerable []bool, predicted []float64) (averagePrecision, f1 float64, err error) {
	positive := make([]bool, len(answerable))
	scores := make([]float64, len(predicted))
	for i := range predicted {
		scores[i] = 1 - predicted[i]
	}
	for i := range answerable {
		positive[i] = !answerable[i]
	}
	averagePrecision, err = AveragePrecision(positive, scores)
	if err != nil {
		return 0, 0, err
	}
	var counts BinaryCounts
	for i, score := range scores {
		counts.Add(positive[i], score > 0.5)
	}
	return averagePrecision, counts.F1(), nil
}
