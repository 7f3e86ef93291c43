package metrics

import (
	"fmt"
	"math"
	"slices"

	"github.com/pali3/pali3/random"
)

// Pairs holds the values of two models, A and B, on the same items.
type Pairs struct {
	A, B []float64
	// Cluster is the group of each item, for example the image of a question. Items of a group are
	// not independent, so groups are resampled and permuted as a whole. Nil means that each item
	// is a group of its own.
	Cluster []int
	// Weight is the weight of each item in the mean; nil means 1. With weights that add up to 1 in
	// each cluster, the mean is one over clusters.
	Weight []float64
}

// Difference is the mean of B less the mean of A, with its interval and the probability of a
// difference at least as large if the two models were equal.
type Difference struct {
	Score
	// Clusters is the number of groups that were resampled.
	Clusters int `json:"clusters"`
	// P is the two-sided p-value.
	P float64 `json:"p"`
	// Test that gave P: "mcnemar" (exact) or "permutation".
	Test string `json:"test"`
}

// Tests of a [Difference].
const (
	McNemarTest     = "mcnemar"
	PermutationTest = "permutation"
)

// Check reports lists of different lengths, cluster numbers below 0, weights that are not positive,
// and values that are not finite.
func (p Pairs) Check() error {
	n := len(p.A)
	if len(p.B) != n || p.Cluster != nil && len(p.Cluster) != n || p.Weight != nil && len(p.Weight) != n {
		return fmt.Errorf("pairs: %d values of A, %d of B, %d clusters and %d weights", n, len(p.B), len(p.Cluster), len(p.Weight))
	}
	for i := range p.A {
		if d := p.B[i] - p.A[i]; math.IsNaN(d) || math.IsInf(d, 0) {
			return fmt.Errorf("pairs: item %d has the values %g and %g", i, p.A[i], p.B[i])
		}
		if p.Cluster != nil && p.Cluster[i] < 0 {
			return fmt.Errorf("pairs: item %d has the cluster %d", i, p.Cluster[i])
		}
		if p.Weight != nil && !(p.Weight[i] > 0 && !math.IsInf(p.Weight[i], 0)) {
			return fmt.Errorf("pairs: item %d has the weight %g", i, p.Weight[i])
		}
	}
	return nil
}

// Compare returns the mean difference, B less A. Without clusters of several items, and if all
// values are 0 or 1, P is from the exact test of McNemar. Otherwise it is from a permutation test,
// which exchanges A and B within whole clusters.
func (b Bootstrap) Compare(p Pairs) (Difference, error) {
	if err := p.Check(); err != nil {
		return Difference{}, err
	}
	differences := make([]float64, len(p.A))
	for i := range p.A {
		differences[i] = p.B[i] - p.A[i]
	}
	sums := clusterSums(differences, p.Cluster, p.Weight)
	d := Difference{Score: b.clustered(differences, sums), Clusters: len(sums)}
	if len(sums) == len(differences) && p.Weight == nil && isBinary(p.A) && isBinary(p.B) {
		gained, lost := flips(differences)
		d.P, d.Test = McNemar(gained, lost), McNemarTest
		return d, nil
	}
	d.P, d.Test = b.signFlips(sums), PermutationTest
	return d, nil
}

// Clustered is [Bootstrap.Mean] for values in groups: it draws whole groups, with replacement, and
// takes the mean of the values in them (the cluster bootstrap of Davison and Hinkley, Bootstrap
// Methods and their Application, 1997, section 3.8). Cluster is the number of the group of each
// value; nil means one group for each value.
func (b Bootstrap) Clustered(values []float64, cluster []int) Score {
	if cluster == nil {
		return b.Mean(values)
	}
	return b.clustered(values, clusterSums(values, cluster, nil))
}

// Weighted is [Bootstrap.Clustered] with a weight of each value in the mean; nil means 1.
func (b Bootstrap) Weighted(values []float64, cluster []int, weight []float64) Score {
	if weight == nil {
		return b.Clustered(values, cluster)
	}
	return b.clustered(values, clusterSums(values, cluster, weight))
}

// clustered is Clustered for the sums of clusters. N is the number of values.
func (b Bootstrap) clustered(values []float64, sums []clusterSum) Score {
	if len(values) == 0 {
		return Score{}
	}
	score := Score{Value: meanOfSums(sums), N: len(values)}
	score.Lo, score.Hi = score.Value, score.Value
	if slices.Min(values) == slices.Max(values) {
		return score
	}
	score.Lo, score.Hi = b.percentiles(b.resampledMeans(sums))
	return score
}

// clusterSum is the weighted sum of the values of a cluster, and the sum of their weights.
type clusterSum struct{ sum, weight float64 }

// clusterSums returns the sum of each cluster, in the order of their first values.
func clusterSums(values []float64, cluster []int, weight []float64) (sums []clusterSum) {
	place := clusterPlaces(cluster, len(values))
	for i, v := range values {
		number, w := i, 1.0
		if cluster != nil {
			number = cluster[i]
		}
		if weight != nil {
			w = weight[i]
		}
		at := place(number, len(sums))
		if at == len(sums) {
			sums = append(sums, clusterSum{})
		}
		sums[at].sum += w * v
		sums[at].weight += w
	}
	return sums
}

// clusterPlaces returns a function that returns the place of a cluster, which is next if the
// cluster is new. Numbers of clusters are mostly below the number of values, which needs no map.
func clusterPlaces(cluster []int, values int) func(number, next int) int {
	if cluster == nil {
		return func(_, next int) int { return next }
	}
	if len(cluster) > 0 && slices.Min(cluster) >= 0 && slices.Max(cluster) < 16*values {
		places := make([]int32, slices.Max(cluster)+1) // plus 1; 0 if the cluster is new
		return func(number, next int) int {
			if places[number] == 0 {
				places[number] = int32(next + 1)
			}
			return int(places[number]) - 1
		}
	}
	places := map[int]int{}
	return func(number, next int) int {
		at, ok := places[number]
		if !ok {
			at, places[number] = next, next
		}
		return at
	}
}

func meanOfSums(sums []clusterSum) float64 {
	sum, weight := 0.0, 0.0
	for _, s := range sums {
		sum, weight = sum+s.sum, weight+s.weight
	}
	return sum / weight
}

func isBinary(values []float64) bool {
	return !slices.ContainsFunc(values, func(v float64) bool { return v != 0 && v != 1 })
}

// flips counts the items that B has right and A has not, and the reverse.
func flips(differences []float64) (gained, lost int) {
	for _, d := range differences {
		switch {
		case d > 0:
			gained++
		case d < 0:
			lost++
		}
	}
	return gained, lost
}

// McNemar returns the exact two-sided p-value for the numbers of items that only B has right
// (gained) and that only A has right (lost): twice the smaller tail of a binomial distribution with
// probability 1/2 (McNemar, Psychometrika 1947; exact as in statsmodels' mcnemar(exact=True)).
func McNemar(gained, lost int) float64 {
	n, k := gained+lost, min(gained, lost)
	if n == 0 {
		return 1
	}
	// The terms are taken from the largest down, relative to it, so that none overflows.
	ratio, sum := 1.0, 0.0
	for i := k; i >= 0 && ratio > 0; i-- {
		sum += ratio
		ratio *= float64(i) / float64(n-i+1)
	}
	return min(1, 2*math.Exp(logChoose(n, k)-float64(n)*math.Ln2+math.Log(sum)))
}

func logChoose(n, k int) float64 {
	all, _ := math.Lgamma(float64(n + 1))
	chosen, _ := math.Lgamma(float64(k + 1))
	rest, _ := math.Lgamma(float64(n - k + 1))
	return all - chosen - rest
}

// signFlips returns the two-sided p-value of a permutation test of the clusters' sums against 0:
// the share of sign changes whose total is at least as far from 0 (Fisher's randomisation test).
// It tries all sign changes where they are at most as many as the resamples, else it draws them and
// counts the observed one as drawn too.
func (b Bootstrap) signFlips(sums []clusterSum) float64 {
	var magnitudes []float64
	observed := 0.0
	for _, s := range sums {
		if s.sum != 0 {
			magnitudes, observed = append(magnitudes, s.sum), observed+s.sum
		}
	}
	if len(magnitudes) == 0 {
		return 1
	}
	b = b.withDefaults()
	scale := 0.0
	for _, m := range magnitudes {
		scale += math.Abs(m)
	}
	limit := math.Abs(observed) - 1e-12*scale // equal totals that were added up in another order
	if len(magnitudes) < 30 && 1<<len(magnitudes) <= b.Resamples {
		return allSigns(magnitudes, limit)
	}
	values := b.values(func() func(*random.Stream) float64 {
		return func(random *random.Stream) float64 { return math.Abs(flippedSum(magnitudes, random)) }
	})
	extreme := 1
	for _, v := range values {
		if v >= limit {
			extreme++
		}
	}
	return float64(extreme) / float64(len(values)+1)
}

// allSigns returns the share of all sign changes whose total is at least limit from 0.
func allSigns(magnitudes []float64, limit float64) float64 {
	extreme, all := 0, 1<<len(magnitudes)
	for signs := range all {
		total := 0.0
		for i, m := range magnitudes {
			if signs>>i&1 == 1 {
				m = -m
			}
			total += m
		}
		if math.Abs(total) >= limit {
			extreme++
		}
	}
	return float64(extreme) / float64(all)
}

// flippedSum adds up the values, each with a random sign.
func flippedSum(values []float64, random *random.Stream) float64 {
	total := 0.0
	var bits uint64
	for i, v := range values {
		if i%64 == 0 {
			bits = random.Uint64()
		}
		if bits&1 == 1 {
			v = -v
		}
		total, bits = total+v, bits>>1
	}
	return total
}
