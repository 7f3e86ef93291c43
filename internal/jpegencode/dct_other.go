//go:build !(goexperiment.simd && amd64)

package jpegencode

func transform(values *[64]int32, pix []uint8, stride int, scale *[64]float32) (nonzero uint64) {
	return transformPortable(values, pix, stride, scale)
}
