package metrics

import (
	"slices"
	"testing"
)

// TestBootstrap_MeansOfFourAreThoseOfOne compares resamples that are drawn side by side with those
// that are drawn one after the other.
func TestBootstrap_MeansOfFourAreThoseOfOne(t *testing.T) {
	for _, n := range []int{1, 7, 127, 128, 129, 3000} {
		sums := make([]clusterSum, n)
		for i := range sums {
			sums[i] = clusterSum{float64(i%11) * 0.3, float64(1 + i%5)}
		}
		b := Bootstrap{Resamples: 11, Seed: 3}
		for i, got := range b.resampledMeans(sums) {
			sum, weight, random := 0.0, 0.0, b.stream(i)
			for range sums {
				drawn := sums[draw(n, random)]
				sum, weight = sum+drawn.sum, weight+drawn.weight
			}
			if got != sum/weight {
				t.Errorf("%d clusters, resample %d: %v, want %v", n, i, got, sum/weight)
			}
		}
	}
}

// TestFillDraws_AsPortable compares the draws of this machine with the portable ones, for numbers
// with up to 40 bits.
func TestFillDraws_AsPortable(t *testing.T) {
	for _, n := range []int{1, 2, 43_000, 1<<31 + 5, 1<<32 - 1, 1 << 40} {
		for _, length := range []int{0, 1, 8, 13, 128} {
			got, want := make([]uint32, length), make([]uint32, length)
			if after, before := fillDraws(got, n, 77), fillDrawsPortable(want, n, 77); after != before || !slices.Equal(got, want) {
				t.Errorf("%d draws below %d: %v, want %v", length, n, got, want)
			}
		}
	}
}

func BenchmarkResampledMeans(b *testing.B) {
	sums := make([]clusterSum, 43_000)
	for i := range sums {
		sums[i] = clusterSum{float64(i%11) * 0.3, float64(1 + i%5)}
	}
	for b.Loop() {
		Bootstrap{Resamples: 8}.resampledMeans(sums)
	}
}
