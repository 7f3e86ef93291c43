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
	for n := range 150 {
		near, far, luma := randomBytes(rng, n), randomBytes(rng, n), randomBytes(rng, n)
		row, rowWant := make([]float32, n), make([]float32, n)
		rows, weights := [][]uint8{near, far, luma}, []float32{0.2, 0.31, float32(rng.Float64())}
		blendRows(row, rows, weights)
		blendRowsPortable(rowWant, rows, weights)
		same(t, "blendRows", n, row, rowWant)
		widen(row, luma)
		widenPortable(rowWant, luma)
		same(t, "widen", n, row, rowWant)
		mapRange(row, 3, 0.7, -1)
		mapRangePortable(rowWant, 3, 0.7, -1)
		same(t, "mapRange", n, row, rowWant)
		var columns taps
		columns.along(n/3+1, 2*n/5+1, Bicubic, true)
		source, out, outWant := make([]float32, 3*columns.source+1), make([]float32, 3*len(columns.first)+1), make([]float32, 3*len(columns.first)+1)
		for i := range source {
			source[i] = float32(rng.Float64())
		}
		gatherRow(out, source, &columns)
		gatherRowPortable(outWant, source, &columns)
		same(t, "gatherRow", n, out[:3*len(columns.first)], outWant[:3*len(columns.first)])
		step, count := 3*columns.source+1+n%3, 3*len(columns.first)
		four, fourOut, fourWant := make([]float32, 4*step), make([]float32, 4*count+1), make([]float32, 4*count)
		for i := range four {
			four[i] = float32(rng.Float64())
		}
		fourOut[4*count] = -7
		gatherRows(fourOut, four, step, &columns)
		gatherRowsPortable(fourWant, four, step, &columns)
		same(t, "gatherRows", n, fourOut, append(fourWant, -7))
		columns.fillUp(4)
		source = append(source, make([]float32, gatherSlack)...)
		gatherValues(out, source, &columns)
		gatherValuesPortable(outWant, source, &columns)
		same(t, "gatherValues", n, out[:len(columns.first)], outWant[:len(columns.first)])
		fixed := inWholeNumbers(columns.source, pil.axis(columns.source, len(columns.first), Bicubic, true), pilBits)
		pixels := randomBytes(rng, 3*columns.source+1)
		bytes, bytesWant := make([]uint8, 3*len(columns.first)+1), make([]uint8, 3*len(columns.first)+1)
		gatherFixed(bytes, pixels, fixed)
		gatherFixedPortable(bytesWant, pixels, fixed)
		same(t, "gatherFixed", n, bytes[:3*len(columns.first)], bytesWant[:3*len(columns.first)])
		pixels4 := randomBytes(rng, 4*step+1)
		four8, four8Want := make([]uint8, 4*count+1), make([]uint8, 4*count)
		four8[4*count] = 7
		gatherFixedRows(four8, pixels4, step, fixed)
		gatherFixedRowsPortable(four8Want, pixels4, step, fixed)
		same(t, "gatherFixedRows", n, four8, append(four8Want, 7))
		sums, sumsWant := make([]int32, n), make([]int32, n)
		for _, w := range []int32{3 << 20, -1 << 20, 5 << 20} {
			addFixed(sums, randomBytes(random.New(uint64(w)), n), w)
			addFixedPortable(sumsWant, randomBytes(random.New(uint64(w)), n), w)
		}
		same(t, "addFixed", n, sums, sumsWant)
		clipped, clippedWant := make([]uint8, n), make([]uint8, n)
		clipFixed(clipped, sums, pilBits)
		clipFixedPortable(clippedWant, sums, pilBits)
		same(t, "clipFixed", n, clipped, clippedWant)
		planes, to, toWant := make([]float32, 3*n), make([]float32, 3*n+1), make([]float32, 3*n)
		for i := range planes {
			planes[i] = float32(300*rng.Float64() - 20)
		}
		convertPlanes(to, planes[:n], planes[n:2*n], planes[2*n:])
		convertPlanesPortable(toWant, planes[:n], planes[n:2*n], planes[2*n:])
		same(t, "convertPlanes", n, to[:3*n], toWant)
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

func BenchmarkBlendRows(b *testing.B) {
	n := 3 * 640
	rng, sum := random.New(1), make([]float32, n)
	rows, weights := [][]uint8{randomBytes(rng, n), randomBytes(rng, n), randomBytes(rng, n)}, []float32{0.25, 0.5, 0.25}
	benchmarkTwins(b, 3*n, func() { blendRows(sum, rows, weights) }, func() { blendRowsPortable(sum, rows, weights) })
}

func BenchmarkGatherRow(b *testing.B) {
	var columns taps
	columns.along(512, 224, Bilinear, true)
	source, out := make([]float32, 3*512+1), make([]float32, 3*224+1)
	benchmarkTwins(b, 4*3*512, func() { gatherRow(out, source, &columns) }, func() { gatherRowPortable(out, source, &columns) })
}
