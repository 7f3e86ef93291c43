package metrics

import (
	"math"
	"slices"

	"github.com/pali3/pali3/random"
)

// PairedStatistics is [PairedStatistic] for several statistics that are computed together, such as
// the average precisions of boxes.
type PairedStatistics struct {
	N int
	// Values returns the statistics of outputs that count as often as they are drawn: output i is
	// A's of item i, and output N+i is B's. It returns as many values each time, NaN for one that
	// these outputs do not have. It may be called by several goroutines and must not keep its
	// argument.
	Values func(drawn []int32) []float64
	// Cluster is that of [PairedStatistic].
	Cluster []int
}

// Compared is a statistic of two models and their difference, B less A.
type Compared struct {
	A, B       Score
	Difference Difference
}

// CompareStatistics is [Bootstrap.CompareStatistic] for several statistics: it draws and exchanges
// the same clusters. A resample in which a statistic is NaN for a model does not count for it. One
// that is NaN for all items has the value NaN.
func (b Bootstrap) CompareStatistics(p PairedStatistics) ([]Compared, error) {
	clusters, err := (&PairedStatistic{N: p.N, Cluster: p.Cluster}).clusters()
	if err != nil {
		return nil, err
	}
	b = b.withDefaults()
	a, other := make([]int32, 2*p.N), make([]int32, 2*p.N)
	for i := range p.N {
		a[i], other[p.N+i] = 1, 1
	}
	wholeA, wholeB := p.Values(a), p.Values(other)
	ofA, ofB := make([][]float64, b.Resamples), make([][]float64, b.Resamples)
	if len(clusters) > 1 {
		b.each(func() func(int, *random.Stream) {
			drawn := make([]int32, 2*p.N)
			return func(resample int, random *random.Stream) {
				clear(drawn)
				for range clusters {
					for _, i := range clusters[draw(len(clusters), random)] {
						drawn[i]++
					}
				}
				ofA[resample] = p.Values(drawn)
				copy(drawn[p.N:], drawn[:p.N])
				clear(drawn[:p.N])
				ofB[resample] = p.Values(drawn)
			}
		})
	}
	all := make([]Compared, len(wholeA))
	for k := range all {
		valuesA, valuesB, differences := finitePairs(ofA, ofB, k)
		c := &all[k]
		c.A, c.B = b.scoreOf(wholeA[k], p.N, valuesA), b.scoreOf(wholeB[k], p.N, valuesB)
		c.Difference = Difference{Score: b.scoreOf(wholeB[k]-wholeA[k], p.N, differences), Clusters: len(clusters), Test: PermutationTest}
	}
	b.exchangeAll(p, clusters, all)
	return all, nil
}

// scoreOf returns a score with the interval of the values of resamples.
func (b Bootstrap) scoreOf(value float64, n int, resampled []float64) Score {
	s := Score{Value: value, Lo: value, Hi: value, N: n}
	if len(resampled) > 0 {
		s.Lo, s.Hi = b.percentiles(resampled)
	}
	return s
}

// finitePairs returns statistic k of both models and their differences, of the resamples in which
// both have it.
func finitePairs(ofA, ofB [][]float64, k int) (a, b, differences []float64) {
	for r := range ofA {
		if ofA[r] == nil {
			continue
		}
		if d := ofB[r][k] - ofA[r][k]; !math.IsNaN(d) && !math.IsInf(d, 0) {
			a, b, differences = append(a, ofA[r][k]), append(b, ofB[r][k]), append(differences, d)
		}
	}
	return a, b, differences
}

// exchangeAll sets the p-values, from exchanges of A and B within whole clusters. The observed
// assignment counts as one.
func (b Bootstrap) exchangeAll(p PairedStatistics, clusters [][]int, all []Compared) {
	for k := range all {
		all[k].Difference.P = 1
	}
	if !slices.ContainsFunc(all, func(c Compared) bool { return c.Difference.Value != 0 }) {
		return
	}
	differences := make([][]float64, b.Resamples)
	b.each(func() func(int, *random.Stream) {
		drawn := make([]int32, 2*p.N)
		return func(resample int, random *random.Stream) {
			var bits uint64
			for n, cluster := range clusters {
				if n%64 == 0 {
					bits = random.Uint64()
				}
				one := int32(bits & 1)
				for _, i := range cluster {
					drawn[i], drawn[p.N+i] = 1-one, one
				}
				bits >>= 1
			}
			first := p.Values(drawn)
			for i := range drawn {
				drawn[i] = 1 - drawn[i]
			}
			d := p.Values(drawn)
			for k := range d {
				d[k] = math.Abs(d[k] - first[k])
			}
			differences[resample] = d
		}
	})
	for k := range all {
		observed := math.Abs(all[k].Difference.Value)
		if observed == 0 || math.IsNaN(observed) {
			continue
		}
		extreme, tried := 1, 1
		for _, d := range differences {
			if math.IsNaN(d[k]) {
				continue
			}
			if tried++; d[k] >= observed*(1-1e-12) {
				extreme++
			}
		}
		all[k].Difference.P = float64(extreme) / float64(tried)
	}
}
