//go:build goexperiment.simd && amd64

package metrics

import "simd/archsimd"

// useAVX2 decides between the portable loops and their SIMD twins.
var useAVX2 = archsimd.X86.AVX2()

func countRow(counts *[lanes]int32, values []float32, target float32) {
	if useAVX2 && len(values)%lanes == 0 {
		countRowAVX2(counts, values, target)
		return
	}
	countRowPortable(counts, values, target)
}

func countColumns(counts []int32, values, targets []float32) {
	if useAVX2 && len(targets)%16 == 0 {
		for first := 0; first < len(targets); first += 16 {
			countColumnsAVX2(counts[first:first+16], values[first:], targets[first:first+16], len(targets))
		}
		return
	}
	countColumnsPortable(counts, values, targets)
}

// countRowAVX2 does 8 values at a time: a true comparison is -1.
func countRowAVX2(counts *[lanes]int32, values []float32, target float32) {
	sum, limit := archsimd.LoadInt32x8Array(counts), archsimd.BroadcastFloat32x8(target)
	for len(values) >= 8 {
		sum = sum.Sub(archsimd.LoadFloat32x8(values).GreaterEqual(limit).ToInt32x8())
		values = values[8:]
	}
	sum.StoreArray(counts)
	archsimd.ClearAVXUpperBits()
}

// countColumnsAVX2 does 16 columns, row by row.
func countColumnsAVX2(counts []int32, values, targets []float32, stride int) {
	low, high := archsimd.LoadFloat32x8(targets), archsimd.LoadFloat32x8(targets[8:])
	below, above := archsimd.LoadInt32x8(counts), archsimd.LoadInt32x8(counts[8:])
	for at := 0; at+16 <= len(values); at += stride {
		below = below.Sub(archsimd.LoadFloat32x8(values[at:]).GreaterEqual(low).ToInt32x8())
		above = above.Sub(archsimd.LoadFloat32x8(values[at+8:]).GreaterEqual(high).ToInt32x8())
	}
	below.Store(counts)
	above.Store(counts[8:])
	archsimd.ClearAVXUpperBits()
}
