package metrics

import (
	"fmt"
	"math"

	"github.com/pali3/pali3/random"
)

// PairedStatistic is a statistic of two models, A and B, on the same N items, for example the BLEU
// of a corpus.
type PairedStatistic struct {
	N int
	// Value returns the statistic of some outputs: output i is A's of item i, and output N+i is
	// B's. It may be called by several goroutines and must not keep its argument.
	Value func(chosen []int) float64
	// Cluster is the group of each item, numbered from 0 without gaps; nil means that each item is
	// a group of its own.
	Cluster []int
}

// CompareStatistic returns the statistic of A, of B and their difference, B less A, all from the
// same resamples of clusters (paired bootstrap, Koehn, EMNLP 2004). P is from a permutation test
// that exchanges A and B within whole clusters (approximate randomisation, Noreen, 1989).
func (b Bootstrap) CompareStatistic(p PairedStatistic) (scoreA, scoreB Score, d Difference, err error) {
	clusters, err := p.clusters()
	if err != nil {
		return scoreA, scoreB, d, err
	}
	all := make([]int, len(clusters))
	for i := range all {
		all[i] = i
	}
	ofA := func(chosen []int) float64 { return p.of(clusters, chosen, func(int) int { return 0 }) }
	ofB := func(chosen []int) float64 { return p.of(clusters, chosen, func(int) int { return p.N }) }
	score := func(value func([]int) float64) Score {
		s := Score{Value: value(all), N: p.N}
		s.Lo, s.Hi = s.Value, s.Value
		if len(clusters) > 1 {
			s.Lo, s.Hi = b.interval(resampler(len(clusters), value))
		}
		return s
	}
	scoreA, scoreB = score(ofA), score(ofB)
	d = Difference{Score: score(func(c []int) float64 { return ofB(c) - ofA(c) }), Clusters: len(clusters), Test: PermutationTest}
	if sum := scoreA.Lo + scoreA.Hi + scoreB.Lo + scoreB.Hi + d.Lo + d.Hi + d.Value; math.IsNaN(sum) || math.IsInf(sum, 0) {
		return scoreA, scoreB, d, fmt.Errorf("paired statistic: %g of A and %g of B, or of some resample, is not a finite number", scoreA.Value, scoreB.Value)
	}
	d.P = b.exchanges(p, clusters, all, math.Abs(d.Value))
	return scoreA, scoreB, d, nil
}

// resampler returns values of clusters that are drawn with replacement.
func resampler(n int, value func([]int) float64) func() func(*random.Stream) float64 {
	return func() func(*random.Stream) float64 {
		chosen := make([]int, n)
		return func(random *random.Stream) float64 {
			for i := range chosen {
				chosen[i] = draw(n, random)
			}
			return value(chosen)
		}
	}
}

// exchanges returns the share of random exchanges of A and B, the observed assignment counted as
// one, whose difference is at least as far from 0 as the observed one.
func (b Bootstrap) exchanges(p PairedStatistic, clusters [][]int, all []int, observed float64) float64 {
	if observed == 0 {
		return 1
	}
	differences := b.values(func() func(*random.Stream) float64 {
		exchanged := make([]bool, len(clusters))
		return func(random *random.Stream) float64 {
			var bits uint64
			for i := range exchanged {
				if i%64 == 0 {
					bits = random.Uint64()
				}
				exchanged[i], bits = bits&1 == 1, bits>>1
			}
			shift := func(cluster int) int {
				if exchanged[cluster] {
					return p.N
				}
				return 0
			}
			other := func(cluster int) int { return p.N - shift(cluster) }
			return math.Abs(p.of(clusters, all, shift) - p.of(clusters, all, other))
		}
	})
	extreme := 1
	for _, d := range differences {
		if d >= observed*(1-1e-12) {
			extreme++
		}
	}
	return float64(extreme) / float64(len(differences)+1)
}

// clusters returns the items of each cluster.
func (p *PairedStatistic) clusters() (clusters [][]int, err error) {
	if p.N < 1 || p.Cluster != nil && len(p.Cluster) != p.N {
		return nil, fmt.Errorf("paired statistic: %d items and %d clusters", p.N, len(p.Cluster))
	}
	for i := range p.N {
		number := i
		if p.Cluster != nil {
			number = p.Cluster[i]
		}
		if number < 0 || number > len(clusters) {
			return nil, fmt.Errorf("paired statistic: item %d has the cluster %d, after %d clusters", i, number, len(clusters))
		}
		if number == len(clusters) {
			clusters = append(clusters, nil)
		}
		clusters[number] = append(clusters[number], i)
	}
	return clusters, nil
}

// of returns the statistic on the chosen clusters. Shift is 0 for a cluster whose outputs are A's,
// and N for one whose outputs are B's.
func (p *PairedStatistic) of(clusters [][]int, chosen []int, shift func(cluster int) int) float64 {
	outputs := make([]int, 0, p.N)
	for _, c := range chosen {
		by := shift(c)
		for _, i := range clusters[c] {
			outputs = append(outputs, i+by)
		}
	}
	return p.Value(outputs)
}
