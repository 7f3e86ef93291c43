package metrics

import (
	"fmt"
	"math"
	"slices"
)

// TopClasses returns the numbers of the k classes with the highest scores, the best first. Of equal
// scores the lower number is first, as in big_vision's argmax (evaluators/proj/image_text/
// discriminative_classifier.py).
func TopClasses(scores []float32, k int) ([]int, error) {
	top := make([]int, 0, k+1)
	for class, score := range scores {
		if math.IsNaN(float64(score)) {
			return nil, fmt.Errorf("the score of class %d is NaN", class)
		}
		at := len(top)
		for at > 0 && score > scores[top[at-1]] {
			at--
		}
		if at < k {
			top = slices.Insert(top, at, class)
			top = top[:min(len(top), k)]
		}
	}
	return top, nil
}

// TopHit returns 1 if one of the right classes is among the first k of the top ones, else 0. In
// ReaL several classes are right (Beyer et al., Are we done with ImageNet?, 2020, section 3.1).
func TopHit(top, right []int, k int) float64 {
	for _, class := range top[:min(k, len(top))] {
		if slices.Contains(right, class) {
			return 1
		}
	}
	return 0
}

// MeanPerClass returns the mean over classes of the mean value of their items: with hits at 1, the
// mean per class accuracy of CLIP (arXiv 2103.00020, appendix A).
func MeanPerClass(classes []int, values []float64) (float64, error) {
	if len(classes) != len(values) {
		return 0, fmt.Errorf("mean per class: %d classes for %d values", len(classes), len(values))
	}
	sums, counts := map[int]float64{}, map[int]float64{}
	var order []int
	for i, class := range classes {
		if counts[class] == 0 {
			order = append(order, class)
		}
		sums[class] += values[i]
		counts[class]++
	}
	if len(order) == 0 {
		return 0, nil
	}
	slices.Sort(order)
	total := 0.0
	for _, class := range order {
		total += sums[class] / counts[class]
	}
	return total / float64(len(order)), nil
}
