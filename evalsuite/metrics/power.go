package metrics

import (
	"fmt"
	"math"
)

// Power plans a comparison of two models on the same items, by the normal approximation of a
// two-sided test (Cohen, Statistical Power Analysis, 1988, section 2.3). Where items come in
// clusters, N is the number of clusters and Deviation that of the clusters' mean differences.
type Power struct {
	// Deviation is the standard deviation of the difference between the two models on an item.
	Deviation float64
	// Level is the highest probability of calling equal models different; default 0.05.
	Level float64
}

// Detect returns the probability that a comparison on n items finds a true mean difference.
func (p Power) Detect(difference float64, n int) float64 {
	if p.Deviation == 0 {
		return 1
	}
	shift := math.Abs(difference) * math.Sqrt(float64(n)) / p.Deviation
	z := normalQuantile(1 - p.level()/2)
	return normalTail(z-shift) + normalTail(z+shift)
}

// Smallest returns the smallest mean difference that a comparison on n items finds with the given
// probability, for example 0.8.
func (p Power) Smallest(probability float64, n int) (difference float64, err error) {
	if err := p.check(probability); err != nil {
		return 0, err
	}
	if n < 1 {
		return 0, fmt.Errorf("power: %d items", n)
	}
	if p.Deviation == 0 {
		return 0, nil
	}
	low, high := 0.0, 1.0
	for p.Detect(high, n) < probability {
		high *= 2
	}
	for range 200 {
		if middle := (low + high) / 2; p.Detect(middle, n) < probability {
			low = middle
		} else {
			high = middle
		}
	}
	return high, nil
}

// Needed returns the smallest number of items with which a comparison finds a true mean difference
// with the given probability.
func (p Power) Needed(difference, probability float64) (n int, err error) {
	if err := p.check(probability); err != nil {
		return 0, err
	}
	if difference == 0 {
		return 0, fmt.Errorf("power: no number of items finds a difference of 0")
	}
	const most = 1 << 50
	high := 1
	for p.Detect(difference, high) < probability {
		if high *= 2; high > most {
			return 0, fmt.Errorf("power: a difference of %g needs more than %d items", difference, most)
		}
	}
	low := high / 2
	for low+1 < high {
		if middle := (low + high) / 2; p.Detect(difference, middle) < probability {
			low = middle
		} else {
			high = middle
		}
	}
	return high, nil
}

func (p Power) level() float64 {
	if p.Level == 0 {
		return 0.05
	}
	return p.Level
}

func (p Power) check(probability float64) error {
	switch {
	case !(p.Deviation >= 0) || math.IsInf(p.Deviation, 0):
		return fmt.Errorf("power: the deviation %g is not a number of 0 or more", p.Deviation)
	case !(p.level() > 0 && p.level() < 1):
		return fmt.Errorf("power: the level %g is not between 0 and 1", p.Level)
	case !(probability > p.level() && probability < 1):
		return fmt.Errorf("power: the probability %g is not between the level %g and 1", probability, p.level())
	}
	return nil
}

// normalQuantile is the inverse of the standard normal distribution function.
func normalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

// normalTail is the probability of a standard normal variable above z.
func normalTail(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

// DeviationOf returns the standard deviation of the difference between the two models, for [Power]:
// that of the items, or of the clusters' mean differences if the items have clusters (with n-1 in
// the denominator), and the number of items or clusters.
func DeviationOf(p Pairs) (deviation float64, n int, err error) {
	if err := p.Check(); err != nil {
		return 0, 0, err
	}
	differences := make([]float64, len(p.A))
	for i := range differences {
		differences[i] = p.B[i] - p.A[i]
	}
	sums := clusterSums(differences, p.Cluster, p.Weight)
	if len(sums) < 2 {
		return 0, len(sums), nil
	}
	weight, centre, square := 0.0, meanOfSums(sums), 0.0
	for _, s := range sums {
		weight += s.weight
	}
	// A cluster counts by its weight, as in the mean over all items.
	for _, s := range sums {
		d := (s.sum - s.weight*centre) * float64(len(sums)) / weight
		square += d * d
	}
	return math.Sqrt(square / float64(len(sums)-1)), len(sums), nil
}
