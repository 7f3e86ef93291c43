package metrics

import (
	"math"
	"testing"

	"github.com/pali3/pali3/random"
)

// TestCompareStatistic_OfAMeanIsCompare takes the mean as the statistic: Compare knows the answer.
func TestCompareStatistic_OfAMeanIsCompare(t *testing.T) {
	const n = 120
	rng := random.New(7)
	p := Pairs{A: make([]float64, n), B: make([]float64, n), Cluster: make([]int, n)}
	for i := range n {
		p.A[i] = float64(rng.Uint64()%1000) / 1000
		p.B[i] = p.A[i] + float64(rng.Uint64()%100)/500 - 0.07
		p.Cluster[i] = i / 3
	}
	values := append(append([]float64{}, p.A...), p.B...)
	of := PairedStatistic{N: n, Cluster: p.Cluster, Value: func(chosen []int) float64 {
		sum := 0.0
		for _, i := range chosen {
			sum += values[i]
		}
		return sum / float64(len(chosen))
	}}
	b := Bootstrap{Seed: 3}
	want, err := b.Compare(p)
	if err != nil {
		t.Fatal(err)
	}
	scoreA, scoreB, got, err := b.CompareStatistic(of)
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, got, want, within float64) {
		if math.Abs(got-want) > within {
			t.Errorf("%s: %g, want %g", what, got, want)
		}
	}
	near("difference", got.Value, want.Value, 1e-12)
	near("lower end", got.Lo, want.Lo, 1e-12)
	near("upper end", got.Hi, want.Hi, 1e-12)
	near("p", got.P, want.P, 0.02)
	near("score of A", scoreA.Lo, b.Clustered(p.A, p.Cluster).Lo, 1e-12)
	near("score of B", scoreB.Hi, b.Clustered(p.B, p.Cluster).Hi, 1e-12)
	if got.N != n || got.Clusters != 40 || got.Test != PermutationTest {
		t.Errorf("got %+v", got)
	}
}

func TestCompareStatistic_EqualModelsDoNotDiffer(t *testing.T) {
	of := PairedStatistic{N: 5, Value: func(chosen []int) float64 { return float64(chosen[0] % 5) }}
	if _, _, d, err := (Bootstrap{Resamples: 20}).CompareStatistic(of); err != nil || d.P != 1 || d.Value != 0 || d.Lo != 0 || d.Hi != 0 {
		t.Errorf("got %+v, %v", d, err)
	}
}

func TestCompareStatistic_RefusesBadInput(t *testing.T) {
	one := func([]int) float64 { return 1 }
	for name, p := range map[string]PairedStatistic{
		"no items":      {Value: one},
		"gap":           {N: 2, Cluster: []int{0, 2}, Value: one},
		"other length":  {N: 2, Cluster: []int{0}, Value: one},
		"not a number":  {N: 2, Value: func([]int) float64 { return math.NaN() }},
		"negative":      {N: 1, Cluster: []int{-1}, Value: one},
		"infinite part": {N: 2, Value: func(c []int) float64 { return math.Inf(1) }},
	} {
		if _, _, _, err := (Bootstrap{Resamples: 10}).CompareStatistic(p); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
