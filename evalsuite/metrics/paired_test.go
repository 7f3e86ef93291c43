package metrics

import (
	"math"
	"slices"
	"testing"
)

// statistics is what SciPy and statsmodels compute (parity/statistics_goldens.py).
type statistics struct {
	McNemar []struct {
		Gained, Lost int
		P            float64
	}
	Exact, Drawn []struct {
		Differences []float64
		P           float64
	}
	Adjusted []struct{ P, Holm, BH []float64 }
	Power    []struct {
		Deviation, Level, Difference, Power, Smallest, Needed float64
		N                                                     int
	}
	Clusters []struct {
		Values       []float64
		Cluster      []int
		Mean, Lo, Hi float64
	}
}

func statisticsGolden(t *testing.T) (s statistics) {
	golden(t, "statistics.json", &s)
	if len(s.McNemar) < 50 || len(s.Exact) < 18 || len(s.Drawn) < 4 || len(s.Adjusted) < 4 || len(s.Power) < 30 || len(s.Clusters) < 2 {
		t.Fatal("the golden file lacks cases")
	}
	return s
}

func TestMcNemar_AsStatsmodels(t *testing.T) {
	for _, c := range statisticsGolden(t).McNemar {
		if got := McNemar(c.Gained, c.Lost); !near(got, c.P, 1e-9*c.P+1e-300) {
			t.Errorf("gained %d, lost %d: got %.15g, want %.15g", c.Gained, c.Lost, got, c.P)
		}
	}
}

func TestCompare_PermutesAsSciPy(t *testing.T) {
	s := statisticsGolden(t)
	for i, c := range s.Exact {
		d := compare(t, Bootstrap{Resamples: 1 << 10}, Pairs{A: make([]float64, len(c.Differences)), B: c.Differences})
		if d.Test == PermutationTest && !near(d.P, c.P, 1e-12) {
			t.Errorf("exact case %d: got %g, want %g", i, d.P, c.P)
		}
	}
	for i, c := range s.Drawn {
		d := compare(t, Bootstrap{Resamples: 100_000}, Pairs{A: make([]float64, len(c.Differences)), B: c.Differences})
		noise := 4*math.Sqrt(c.P*(1-c.P)/100_000+c.P*(2-c.P)/400_000) + 2e-5 // SciPy doubles the smaller tail
		if !near(d.P, c.P, noise) {
			t.Errorf("drawn case %d: got %g, want %g within %g", i, d.P, c.P, noise)
		}
	}
}

func compare(t *testing.T, b Bootstrap, p Pairs) Difference {
	t.Helper()
	d, err := b.Compare(p)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAdjust_AsStatsmodels(t *testing.T) {
	for _, c := range statisticsGolden(t).Adjusted {
		for i, p := range Holm(c.P) {
			if !near(p, c.Holm[i], 1e-15) {
				t.Errorf("Holm of %v: got %g at %d, want %g", c.P, p, i, c.Holm[i])
			}
		}
		for i, p := range BenjaminiHochberg(c.P) {
			if !near(p, c.BH[i], 1e-15) {
				t.Errorf("Benjamini and Hochberg of %v: got %g at %d, want %g", c.P, p, i, c.BH[i])
			}
		}
	}
}

func TestPower_AsStatsmodels(t *testing.T) {
	for _, c := range statisticsGolden(t).Power {
		p := Power{Deviation: c.Deviation, Level: c.Level}
		if got := p.Detect(c.Difference, c.N); !near(got, c.Power, 1e-9) {
			t.Errorf("%+v: detects with %.12g, want %.12g", c, got, c.Power)
		}
		smallest, err := p.Smallest(0.8, c.N)
		if err != nil || !near(smallest, c.Smallest, 1e-8) {
			t.Errorf("%+v: smallest %.12g, want %.12g (%v)", c, smallest, c.Smallest, err)
		}
		needed, err := p.Needed(c.Difference, 0.8)
		if err != nil || needed != int(math.Ceil(c.Needed-1e-6)) {
			t.Errorf("%+v: needs %d, want %g (%v)", c, needed, c.Needed, err)
		}
	}
}

func TestClustered_AsNumPy(t *testing.T) {
	for _, c := range statisticsGolden(t).Clusters {
		got := Bootstrap{Resamples: 20_000}.Clustered(c.Values, c.Cluster)
		if !near(got.Value, c.Mean, 1e-12) || !near(got.Lo, c.Lo, 4e-3) || !near(got.Hi, c.Hi, 4e-3) {
			t.Errorf("got %+v, want %g from %g to %g", got, c.Mean, c.Lo, c.Hi)
		}
	}
}

func TestClustered_WidensForItemsThatAgree(t *testing.T) {
	var values []float64
	var cluster []int
	for image := range 50 {
		for range 10 {
			values, cluster = append(values, float64(image%2)), append(cluster, image)
		}
	}
	of := func(s Score) float64 { return s.Hi - s.Lo }
	items, images := of(Bootstrap{}.Mean(values)), of(Bootstrap{}.Clustered(values, cluster))
	if ratio := images / items; ratio < 2.5 || ratio > 3.9 { // the square root of 10
		t.Errorf("items %g, images %g: %g times as wide", items, images, ratio)
	}
}

func TestCompare_EqualModels(t *testing.T) {
	values := []float64{0, 1, 1, 0.5}
	d := compare(t, Bootstrap{}, Pairs{A: values, B: values})
	if d.Value != 0 || d.P != 1 || d.Lo != 0 || d.Hi != 0 {
		t.Errorf("got %+v", d)
	}
	if d = compare(t, Bootstrap{}, Pairs{}); d.P != 1 || d.N != 0 {
		t.Errorf("nothing: got %+v", d)
	}
}

func TestCompare_KeepsClustersTogether(t *testing.T) {
	// B gains all five questions of one image of three. Alone, five flips would be significant.
	p := Pairs{A: make([]float64, 15), B: make([]float64, 15)}
	for i := range 15 {
		p.Cluster = append(p.Cluster, i/5)
		if i < 5 {
			p.B[i] = 1
		}
	}
	if d := compare(t, Bootstrap{}, p); d.P != 1 || d.Test != PermutationTest || d.Clusters != 3 {
		t.Errorf("got %+v", d)
	}
	p.Cluster = nil
	if d := compare(t, Bootstrap{}, p); d.P != 0.0625 || d.Test != McNemarTest || d.Clusters != 15 {
		t.Errorf("without clusters: got %+v", d)
	}
}

func TestCompare_RefusesWhatDoesNotPair(t *testing.T) {
	for name, p := range map[string]Pairs{
		"lengths":  {A: []float64{1}, B: []float64{1, 2}},
		"clusters": {A: []float64{1}, B: []float64{1}, Cluster: []int{}},
		"negative": {A: []float64{1}, B: []float64{1}, Cluster: []int{-1}},
		"weight":   {A: []float64{1}, B: []float64{1}, Weight: []float64{0}},
		"NaN":      {A: []float64{1}, B: []float64{math.NaN()}},
	} {
		if _, err := (Bootstrap{}).Compare(p); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestPower_RefusesWhatCannotBe(t *testing.T) {
	p := Power{Deviation: 0.5}
	if _, err := p.Needed(0, 0.8); err == nil {
		t.Error("a difference of 0: no error")
	}
	if _, err := p.Smallest(1, 10); err == nil {
		t.Error("probability 1: no error")
	}
	if _, err := p.Smallest(0.8, 0); err == nil {
		t.Error("no items: no error")
	}
	if _, err := (Power{Deviation: math.NaN()}).Needed(1, 0.8); err == nil {
		t.Error("deviation NaN: no error")
	}
}

func TestDeviationOf_Clusters(t *testing.T) {
	deviation := func(b []float64, cluster []int) float64 {
		d, n, err := DeviationOf(Pairs{A: make([]float64, len(b)), B: b, Cluster: cluster})
		if err != nil || n != 6 {
			t.Fatal(n, err)
		}
		return d
	}
	values := []float64{1, 0, 0, 1, 1, 1}
	want := math.Sqrt(4.0 / 6 * 2 / 6 * 6 / 5)
	if got := deviation(values, nil); !near(got, want, 1e-12) {
		t.Errorf("items: got %g, want %g", got, want)
	}
	twice := []int{0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5}
	if got := deviation(slices.Concat(values, values), twice); !near(got, want, 1e-12) {
		t.Errorf("each item twice, in a cluster: got %g, want %g", got, want)
	}
}

func TestCompare_WeighsItems(t *testing.T) {
	// Image 0 has two languages, image 1 has one. The mean is over images.
	d := compare(t, Bootstrap{}, Pairs{
		A: []float64{0, 0, 0}, B: []float64{1, 0, 1}, Cluster: []int{0, 0, 1}, Weight: []float64{0.5, 0.5, 1},
	})
	if d.Value != 0.75 || d.N != 3 || d.Clusters != 2 {
		t.Errorf("got %+v", d)
	}
}

// TestCompareStatistics_EqualsCompareStatistic compares the means of two models' values by both.
func TestCompareStatistics_EqualsCompareStatistic(t *testing.T) {
	const n = 60
	values, cluster := make([]float64, 2*n), make([]int, n)
	for i := range values {
		values[i] = float64(i * i % 17)
	}
	for i := range cluster {
		cluster[i] = i / 2
	}
	b := Bootstrap{Resamples: 200, Seed: 4}
	a, other, d, err := b.CompareStatistic(PairedStatistic{N: n, Cluster: cluster, Value: func(chosen []int) float64 {
		sum := 0.0
		for _, i := range chosen {
			sum += values[i]
		}
		return sum / float64(len(chosen))
	}})
	if err != nil {
		t.Fatal(err)
	}
	all, err := b.CompareStatistics(PairedStatistics{N: n, Cluster: cluster, Values: func(drawn []int32) []float64 {
		sum, weight := 0.0, 0.0
		for i, times := range drawn {
			sum, weight = sum+float64(times)*values[i], weight+float64(times)
		}
		return []float64{math.NaN(), sum / weight}
	}})
	if err != nil || len(all) != 2 || !math.IsNaN(all[0].Difference.Value) || all[0].Difference.P != 1 {
		t.Fatal(all, err)
	}
	if all[1].A != a || all[1].B != other || all[1].Difference != d {
		t.Errorf("%+v, want %+v, %+v and %+v", all[1], a, other, d)
	}
}
