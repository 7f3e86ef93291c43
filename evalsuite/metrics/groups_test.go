package metrics

import (
	"math"
	"testing"

	"github.com/pali3/pali3/random"
)

// TestGroups_IntervalIsThatOfTwoSamples compares the interval of independent items with the normal
// approximation of the difference of two means.
func TestGroups_IntervalIsThatOfTwoSamples(t *testing.T) {
	rng := random.New(1)
	var g Groups
	for i := range 3000 {
		second := i%5 == 0
		value := rng.Float64()
		if second {
			value += 0.2
		}
		g.Values, g.Second = append(g.Values, value), append(g.Second, second)
	}
	s, err := Bootstrap{Resamples: 4000}.Groups(g)
	if err != nil {
		t.Fatal(err)
	}
	deviation := math.Sqrt(1.0/12/600 + 1.0/12/2400)
	if math.Abs(s.Difference.Value-0.2) > 0.05 || math.Abs((s.Difference.Hi-s.Difference.Lo)-2*1.96*deviation) > 0.1*4*deviation {
		t.Errorf("difference %+v; its standard deviation is %.4f", s.Difference, deviation)
	}
	if s.First.N != 2400 || s.Second.N != 600 || s.All.N != 3000 {
		t.Errorf("%d, %d and %d items", s.First.N, s.Second.N, s.All.N)
	}
	if math.Abs(s.Raised.Value-(s.All.Value-s.First.Value)) > 1e-12 || math.Abs(s.Raised.Value-0.2*s.Difference.Value) > 1e-12 {
		t.Errorf("raised by %v", s.Raised)
	}
}

// TestGroups_ClustersWiden checks that items which depend on each other give a wider interval.
func TestGroups_ClustersWiden(t *testing.T) {
	rng := random.New(2)
	var g Groups
	for cluster := range 100 {
		value := rng.Float64()
		for i := range 10 {
			g.Values, g.Cluster, g.Second = append(g.Values, value), append(g.Cluster, cluster), append(g.Second, (cluster+i)%2 == 0)
		}
	}
	clustered, err := Bootstrap{}.Groups(g)
	if err != nil {
		t.Fatal(err)
	}
	g.Cluster = nil
	alone, err := Bootstrap{}.Groups(g)
	if err != nil {
		t.Fatal(err)
	}
	if clustered.All.Hi-clustered.All.Lo < 2*(alone.All.Hi-alone.All.Lo) {
		t.Errorf("intervals %+v with clusters and %+v without", clustered.All, alone.All)
	}
	if clustered.Difference.Hi-clustered.Difference.Lo > alone.Difference.Hi-alone.Difference.Lo {
		t.Errorf("each cluster has both groups, so its value cancels: %+v, without clusters %+v", clustered.Difference, alone.Difference)
	}
}

func TestGroups_OneGroup(t *testing.T) {
	s, err := Bootstrap{}.Groups(Groups{Values: []float64{1, 0, 1}, Second: make([]bool, 3)})
	if err != nil || s.First != s.All || s.Second != (Score{}) || s.Difference != (Score{}) {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := (Bootstrap{}).Groups(Groups{Values: []float64{1}}); err == nil {
		t.Error("slices of different lengths were accepted")
	}
	w, err := Bootstrap{}.Groups(Groups{Values: []float64{1, 0, 1}, Second: []bool{false, false, true}, Weight: []float64{3, 1, 2}})
	if err != nil || w.First.Value != 0.75 || math.Abs(w.All.Value-5.0/6) > 1e-15 {
		t.Errorf("weighted: %+v, %v", w, err)
	}
}
