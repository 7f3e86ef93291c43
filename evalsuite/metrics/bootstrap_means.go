package metrics

import (
	"math/bits"
	"runtime"
	"sync"

	"github.com/pali3/pali3/random"
)

// resampledMeans returns the mean of each resample of clusters. A sum waits for each addition, so
// four resamples are drawn side by side. Each adds its clusters in the order in which they are
// drawn.
func (b Bootstrap) resampledMeans(sums []clusterSum) []float64 {
	const together = 4
	means := make([]float64, b.withDefaults().Resamples)
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		wait.Go(func() {
			var r resamples
			for i := worker * together; i < len(means); i += workers * together {
				for n := range r.states {
					r.states[n] = b.key(i + n)
				}
				four := r.means(sums)
				copy(means[i:], four[:])
			}
		})
	}
	wait.Wait()
	return means
}

// resamples draws four resamples, with the numbers of [random.Stream]. The clusters are drawn in
// blocks: places[i] has the numbers of those of resample i.
type resamples struct {
	states [4]uint64 // of the random numbers
	places [4][drawnTogether]uint32
}

// drawnTogether is the number of clusters that are drawn at once.
const drawnTogether = 128

// means returns the means of the four resamples.
func (r *resamples) means(sums []clusterSum) (means [4]float64) {
	var sumA, sumB, sumC, sumD, weightA, weightB, weightC, weightD float64
	for left := len(sums); left > 0; left -= drawnTogether {
		n := min(left, drawnTogether)
		for i := range r.places {
			r.states[i] = fillDraws(r.places[i][:n], len(sums), r.states[i])
		}
		for i := range n {
			drawn := &sums[r.places[0][i]]
			sumA, weightA = sumA+drawn.sum, weightA+drawn.weight
			drawn = &sums[r.places[1][i]]
			sumB, weightB = sumB+drawn.sum, weightB+drawn.weight
			drawn = &sums[r.places[2][i]]
			sumC, weightC = sumC+drawn.sum, weightC+drawn.weight
			drawn = &sums[r.places[3][i]]
			sumD, weightD = sumD+drawn.sum, weightD+drawn.weight
		}
	}
	return [4]float64{sumA / weightA, sumB / weightB, sumC / weightC, sumD / weightD}
}

// streamStep is the step of the state of a [random.Stream].
const streamStep = 0x9e3779b97f4a7c15

// fillDrawsPortable draws numbers below n, as draw does from a stream in that state, and returns
// the state after them.
func fillDrawsPortable(places []uint32, n int, state uint64) uint64 {
	for i := range places {
		state += streamStep
		place, _ := bits.Mul64(random.Mix(state), uint64(n))
		places[i] = uint32(place)
	}
	return state
}
