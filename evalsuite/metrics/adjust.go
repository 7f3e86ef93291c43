package metrics

import (
	"cmp"
	"slices"
)

// Holm returns p-values adjusted for the number of tests, in their order. If all models are equal,
// the probability that any adjusted value is 0.05 or less is at most 0.05 (Holm, Scandinavian
// Journal of Statistics 1979).
func Holm(p []float64) []float64 {
	adjusted, order := make([]float64, len(p)), ascending(p)
	highest := 0.0
	for rank, i := range order {
		highest = max(highest, min(1, p[i]*float64(len(p)-rank)))
		adjusted[i] = highest
	}
	return adjusted
}

// BenjaminiHochberg returns p-values adjusted for the number of tests, in their order. Among those
// at most 0.05 the expected share of equal models is at most 0.05 (Benjamini and Hochberg, Journal
// of the Royal Statistical Society B 1995). It assumes tests that are independent or positively
// dependent.
func BenjaminiHochberg(p []float64) []float64 {
	adjusted, order := make([]float64, len(p)), ascending(p)
	lowest := 1.0
	for rank := len(order) - 1; rank >= 0; rank-- {
		i := order[rank]
		lowest = min(lowest, p[i]*float64(len(p))/float64(rank+1))
		adjusted[i] = lowest
	}
	return adjusted
}

// ascending returns the places of the values from the lowest to the highest.
func ascending(values []float64) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	return order
}
