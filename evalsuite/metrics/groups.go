package metrics

import (
	"errors"
	"math"

	"github.com/pali3/pali3/random"
)

// Groups holds values of items that fall into two groups, such as clean and contaminated ones. The
// slices have the same length.
type Groups struct {
	Values []float64
	Second []bool    // of the second group
	Weight []float64 // nil means 1
	// Cluster is the number of the group of items that depend on each other; nil means that each
	// item is by itself. A cluster may have items of both groups.
	Cluster []int
}

// GroupScores are the means of two groups and what they differ by.
type GroupScores struct {
	All    Score `json:"all"`
	First  Score `json:"first"`
	Second Score `json:"second"`
	// Difference is the mean of the second group less that of the first, and Raised that of all
	// less that of the first: by how much the second group raises the score.
	Difference Score `json:"difference"`
	Raised     Score `json:"raised"`
}

// Groups returns the means of two groups, and their difference with a percentile interval. It draws
// whole clusters, those with an item of the second group and the others separately, so that every
// resample has as many clusters of each as the data (the stratified bootstrap of Davison and
// Hinkley, Bootstrap Methods and their Application, 1997, section 3.2). Without items of a group
// its score and the differences are zero Scores.
func (b Bootstrap) Groups(g Groups) (s GroupScores, err error) {
	strata, err := g.strata()
	if err != nil {
		return s, err
	}
	var all groupSums
	for _, stratum := range strata {
		for _, c := range stratum {
			all.add(c)
		}
	}
	measures := []struct {
		of  func(groupSums) float64
		to  *Score
		n   int
		has bool
	}{
		{groupSums.all, &s.All, len(g.Values), len(g.Values) > 0},
		{groupSums.first, &s.First, all.n[0], all.n[0] > 0},
		{groupSums.second, &s.Second, all.n[1], all.n[1] > 0},
		{groupSums.difference, &s.Difference, len(g.Values), all.n[0] > 0 && all.n[1] > 0},
		{groupSums.raised, &s.Raised, len(g.Values), all.n[0] > 0 && all.n[1] > 0},
	}
	for _, m := range measures {
		if !m.has {
			continue
		}
		m.to.Value, m.to.N = m.of(all), m.n
		m.to.Lo, m.to.Hi = b.interval(func() func(*random.Stream) float64 {
			return func(random *random.Stream) float64 {
				var drawn groupSums
				for _, stratum := range strata {
					for range stratum {
						drawn.add(stratum[draw(len(stratum), random)])
					}
				}
				if v := m.of(drawn); !math.IsNaN(v) {
					return v
				}
				return m.to.Value // all clusters drawn have items of one group only
			}
		})
	}
	return s, nil
}

// groupSums are the sums of a cluster, by group.
type groupSums struct {
	sum, weight [2]float64
	n           [2]int
}

func (c *groupSums) add(other groupSums) {
	for i := range 2 {
		c.sum[i], c.weight[i], c.n[i] = c.sum[i]+other.sum[i], c.weight[i]+other.weight[i], c.n[i]+other.n[i]
	}
}

func (c groupSums) all() float64 { return (c.sum[0] + c.sum[1]) / (c.weight[0] + c.weight[1]) }

func (c groupSums) first() float64 { return c.sum[0] / c.weight[0] }

func (c groupSums) second() float64 { return c.sum[1] / c.weight[1] }

func (c groupSums) difference() float64 { return c.second() - c.first() }

func (c groupSums) raised() float64 { return c.all() - c.first() }

// strata returns the sums of the clusters, those with items of the second group first.
func (g Groups) strata() (strata [2][]groupSums, err error) {
	if len(g.Second) != len(g.Values) || g.Cluster != nil && len(g.Cluster) != len(g.Values) || g.Weight != nil && len(g.Weight) != len(g.Values) {
		return strata, errors.New("groups: the slices differ in length")
	}
	at := map[int]int{}
	var sums []groupSums
	for i, v := range g.Values {
		cluster := i
		if g.Cluster != nil {
			cluster = g.Cluster[i]
		}
		n, known := at[cluster]
		if !known {
			n = len(sums)
			at[cluster], sums = n, append(sums, groupSums{})
		}
		w, group := 1.0, 0
		if g.Weight != nil {
			w = g.Weight[i]
		}
		if g.Second[i] {
			group = 1
		}
		sums[n].sum[group] += w * v
		sums[n].weight[group] += w
		sums[n].n[group]++
	}
	for _, c := range sums {
		stratum := 0
		if c.n[1] == 0 {
			stratum = 1
		}
		strata[stratum] = append(strata[stratum], c)
	}
	return strata, nil
}
