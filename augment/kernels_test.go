package augment

import (
	"slices"
	"testing"

	"github.com/pali3/pali3/random"
)

// TestKernelsAgree runs what the build uses and the portable twins on the same rows, of every
// length.
func TestKernelsAgree(t *testing.T) {
	rng := random.New(1)
	for n := range 80 {
		near, far, luma := randomBytes(rng, n), randomBytes(rng, n), randomBytes(rng, n)
		for _, convention := range []ycbcrRange{fullRange, videoRange} {
			rgb, rgbWant := make([]uint8, 3*n), make([]uint8, 3*n)
			convertRow(rgb, luma, near, far, convention)
			convertRowPortable(rgbWant, luma, near, far, convention)
			same(t, "convertRow", n, rgb, rgbWant)
		}
		row, rowWant := make([]float32, n), make([]float32, n)
		for range 3 {
			weight := float32(rng.Float64())
			addBytes(row, luma, weight)
			addRowPortable(rowWant, luma, weight)
		}
		same(t, "addBytes", n, row, rowWant)
		rows, weights := [][]uint8{near, far, luma}, []float32{0.2, 0.31, float32(rng.Float64())}
		blendRows(row, rows, weights)
		blendRowsPortable(rowWant, rows, weights)
		same(t, "blendRows", n, row, rowWant)
	}
}

func randomBytes(rng *random.Stream, n int) []uint8 {
	b := make([]uint8, n)
	for i := range b {
		b[i] = uint8(rng.Uint64())
	}
	return b
}

func same[T comparable](t *testing.T, kernel string, n int, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s of %d: %v, want %v", kernel, n, got, want)
	}
}

func benchmarkTwins(b *testing.B, bytes int, used, portable func()) {
	for name, run := range map[string]func(){"used": used, "portable": portable} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(bytes))
			for b.Loop() {
				run()
			}
		})
	}
}

func BenchmarkConvertRow(b *testing.B) {
	rng, n := random.New(1), 640
	luma, cb, cr, to := randomBytes(rng, n), randomBytes(rng, n), randomBytes(rng, n), make([]uint8, 3*n)
	benchmarkTwins(b, 3*n, func() { convertRow(to, luma, cb, cr, fullRange) }, func() { convertRowPortable(to, luma, cb, cr, fullRange) })
}

func BenchmarkAddBytes(b *testing.B) {
	n := 3 * 640
	row, sum := randomBytes(random.New(1), n), make([]float32, n)
	benchmarkTwins(b, n, func() { addBytes(sum, row, 0.5) }, func() { addRowPortable(sum, row, 0.5) })
}
