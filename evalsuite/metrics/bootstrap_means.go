package metrics

import (
	"runtime"
	"sync"

	"github.com/pali3/pali3/random"
)

// resampledMeans returns the mean of each resample of clusters. A sum waits for each addition, and
// for the memory if the clusters are many. Then four resamples are drawn side by side, which takes
// half the time. Each resample adds its clusters in the order in which they are drawn.
func (b Bootstrap) resampledMeans(sums []clusterSum) []float64 {
	const many = 1 << 13
	means := make([]float64, b.withDefaults().Resamples)
	together := 1
	if len(sums) >= many {
		together = 4
	}
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		wait.Go(func() {
			for i := worker * together; i < len(means); i += workers * together {
				if of := means[i:min(i+together, len(means))]; len(of) == 4 {
					fourMeans((*[4]float64)(of), sums, b.stream(i), b.stream(i+1), b.stream(i+2), b.stream(i+3))
				} else {
					for n := range of {
						of[n] = oneMean(sums, b.stream(i+n))
					}
				}
			}
		})
	}
	wait.Wait()
	return means
}

// oneMean returns the mean of a resample.
func oneMean(sums []clusterSum, random *random.Stream) float64 {
	sum, weight := 0.0, 0.0
	for range sums {
		drawn := &sums[draw(len(sums), random)]
		sum, weight = sum+drawn.sum, weight+drawn.weight
	}
	return sum / weight
}

// fourMeans computes the means of four resamples.
func fourMeans(means *[4]float64, sums []clusterSum, a, b, c, d *random.Stream) {
	var sumA, sumB, sumC, sumD, weightA, weightB, weightC, weightD float64
	drawA, drawB, drawC, drawD := *a, *b, *c, *d // copies, which stay in registers
	for range sums {
		drawn := &sums[draw(len(sums), &drawA)]
		sumA, weightA = sumA+drawn.sum, weightA+drawn.weight
		drawn = &sums[draw(len(sums), &drawB)]
		sumB, weightB = sumB+drawn.sum, weightB+drawn.weight
		drawn = &sums[draw(len(sums), &drawC)]
		sumC, weightC = sumC+drawn.sum, weightC+drawn.weight
		drawn = &sums[draw(len(sums), &drawD)]
		sumD, weightD = sumD+drawn.sum, weightD+drawn.weight
	}
	*means = [4]float64{sumA / weightA, sumB / weightB, sumC / weightC, sumD / weightD}
}
