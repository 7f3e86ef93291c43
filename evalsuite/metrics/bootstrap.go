package metrics

import (
	"math"
	"math/bits"
	"runtime"
	"slices"
	"sync"

	"github.com/pali3/pali3/random"
)

// Score is a mean with its confidence interval. Its JSON is part of every result of pali3.
type Score struct {
	Value float64 `json:"value"`
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
	N     int     `json:"n"`
}

// Bootstrap says how to compute intervals. The zero value uses the defaults.
type Bootstrap struct {
	Resamples int     // number of resamples, drawn with replacement; default 1,000
	Level     float64 // confidence level; default 0.95
	Seed      uint64
}

// Mean returns the mean of one value per image or question, and its percentile bootstrap interval
// (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13; percentiles are
// interpolated linearly, as NumPy does). The result depends on the arguments only, not on the
// number of cores. Without values it is the zero Score.
//
// For CIDEr, pass the scores of images: the bootstrap resamples images and keeps the document
// frequencies of the whole corpus.
func (b Bootstrap) Mean(values []float64) Score {
	if len(values) == 0 {
		return Score{}
	}
	score := Score{Value: mean(values), N: len(values)}
	score.Lo, score.Hi = score.Value, score.Value
	if slices.Min(values) == slices.Max(values) {
		return score
	}
	sums := make([]clusterSum, len(values))
	for i, v := range values {
		sums[i] = clusterSum{v, 1}
	}
	score.Lo, score.Hi = b.percentiles(b.resampledMeans(sums))
	return score
}

// Statistic is [Bootstrap.Mean] for a statistic of n items other than their mean, for example the
// BLEU of a corpus. It draws the items like Mean. Value gets the numbers of the items, in order or
// drawn with replacement. It may be called by several goroutines and must not keep its argument.
func (b Bootstrap) Statistic(n int, value func(chosen []int) float64) Score {
	if n == 0 {
		return Score{}
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	score := Score{Value: value(all), N: n}
	score.Lo, score.Hi = b.interval(func() func(*random.Stream) float64 {
		chosen := make([]int, n)
		return func(random *random.Stream) float64 {
			for i := range chosen {
				chosen[i] = draw(n, random)
			}
			return value(chosen)
		}
	})
	return score
}

// Statistics is [Bootstrap.Statistic] for several statistics that are computed together. Value gets
// the number of times that each of n items is drawn, and returns as many values each time, NaN for
// one that these items do not have. Such a resample does not count for the interval.
func (b Bootstrap) Statistics(n int, value func(drawn []int32) []float64) []Score {
	b = b.withDefaults()
	once := make([]int32, n)
	for i := range once {
		once[i] = 1
	}
	whole := value(once)
	all := make([][]float64, b.Resamples)
	b.each(func() func(int, *random.Stream) {
		drawn := make([]int32, n)
		return func(resample int, random *random.Stream) {
			clear(drawn)
			for range n {
				drawn[draw(n, random)]++
			}
			all[resample] = value(drawn)
		}
	})
	scores := make([]Score, len(whole))
	for k, v := range whole {
		values := make([]float64, 0, len(all))
		for _, resampled := range all {
			if v := resampled[k]; v == v {
				values = append(values, v)
			}
		}
		scores[k] = Score{Value: v, Lo: v, Hi: v, N: n}
		if slices.Sort(values); len(values) > 0 {
			scores[k].Lo, scores[k].Hi = percentile(values, (1-b.Level)/2), percentile(values, (1+b.Level)/2)
		}
	}
	return scores
}

// interval returns the percentile interval over resamples. Each goroutine has its own resampler.
func (b Bootstrap) interval(resampler func() func(*random.Stream) float64) (lo, hi float64) {
	return b.percentiles(b.values(resampler))
}

// percentiles returns the percentile interval of the values of resamples, which it sorts.
func (b Bootstrap) percentiles(values []float64) (lo, hi float64) {
	b = b.withDefaults()
	slices.Sort(values)
	return percentile(values, (1-b.Level)/2), percentile(values, (1+b.Level)/2)
}

// values returns a value for each resample, in their order.
func (b Bootstrap) values(resampler func() func(*random.Stream) float64) []float64 {
	values := make([]float64, b.withDefaults().Resamples)
	b.each(func() func(int, *random.Stream) {
		resampled := resampler()
		return func(i int, random *random.Stream) { values[i] = resampled(random) }
	})
	return values
}

// each calls a function for each resample, with its random numbers. Each goroutine has a function
// of its own.
func (b Bootstrap) each(resampler func() func(resample int, random *random.Stream)) {
	resamples := b.withDefaults().Resamples
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		wait.Go(func() {
			resample := resampler()
			for i := worker; i < resamples; i += workers {
				resample(i, b.stream(i))
			}
		})
	}
	wait.Wait()
}

// stream returns the random numbers of a resample.
func (b Bootstrap) stream(resample int) *random.Stream {
	return random.New(b.Seed, random.Name("bootstrap"), uint64(resample))
}

// key is the state in which the stream of a resample begins.
func (b Bootstrap) key(resample int) uint64 {
	return random.Key(b.Seed, random.Name("bootstrap"), uint64(resample))
}

// withDefaults sets what is 0.
func (b Bootstrap) withDefaults() Bootstrap {
	if b.Resamples == 0 {
		b.Resamples = 1000
	}
	if b.Level == 0 {
		b.Level = 0.95
	}
	return b
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// draw returns a number below n.
func draw(n int, random *random.Stream) int {
	i, _ := bits.Mul64(random.Uint64(), uint64(n))
	return int(i)
}

// percentile returns the quantile q, from 0 to 1, of sorted values, interpolated linearly.
func percentile(sorted []float64, q float64) float64 {
	place := q * float64(len(sorted)-1)
	below := int(math.Floor(place))
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (place-float64(below))*(sorted[above]-sorted[below])
}
