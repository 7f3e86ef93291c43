package metrics

import "testing"

// TestBootstrap_MeansOfFourAreThoseOfOne compares resamples that are drawn side by side with those
// that are drawn alone.
func TestBootstrap_MeansOfFourAreThoseOfOne(t *testing.T) {
	for _, n := range []int{1, 7, 1<<13 - 1, 1 << 13, 10_000} {
		sums := make([]clusterSum, n)
		for i := range sums {
			sums[i] = clusterSum{float64(i%11) * 0.3, float64(1 + i%5)}
		}
		b := Bootstrap{Resamples: 11, Seed: 3}
		for i, mean := range b.resampledMeans(sums) {
			if want := oneMean(sums, b.stream(i)); mean != want {
				t.Errorf("%d clusters, resample %d: %v, want %v", n, i, mean, want)
			}
		}
	}
}
