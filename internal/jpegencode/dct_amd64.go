//go:build goexperiment.simd && amd64

package jpegencode

import "simd/archsimd"

// useAVX2 selects the SIMD version. It is the only place that does.
var useAVX2 = archsimd.X86.AVX2()

func transform(values *[64]int32, pix []uint8, stride int, scale *[64]float32) (nonzero uint64) {
	if useAVX2 && len(pix) >= 7*stride+16 {
		return transformAVX2(values, pix, stride, scale)
	}
	return transformPortable(values, pix, stride, scale)
}

// transformAVX2 holds the eight rows of a block in eight registers. It transforms all columns at
// once, transposes, transforms the former rows in the same way, and transposes back.
func transformAVX2(values *[64]int32, pix []uint8, stride int, scale *[64]float32) (nonzero uint64) {
	middle := archsimd.BroadcastFloat32x8(128)
	a0 := samples(pix).Sub(middle)
	a1 := samples(pix[stride:]).Sub(middle)
	a2 := samples(pix[2*stride:]).Sub(middle)
	a3 := samples(pix[3*stride:]).Sub(middle)
	a4 := samples(pix[4*stride:]).Sub(middle)
	a5 := samples(pix[5*stride:]).Sub(middle)
	a6 := samples(pix[6*stride:]).Sub(middle)
	a7 := samples(pix[7*stride:]).Sub(middle)
	half, quarter := archsimd.BroadcastFloat32x8(0.707106781), archsimd.BroadcastFloat32x8(0.382683433)
	less, more := archsimd.BroadcastFloat32x8(0.541196100), archsimd.BroadcastFloat32x8(1.306562965)
	for range 2 {
		s0, d7 := a0.Add(a7), a0.Sub(a7)
		s1, d6 := a1.Add(a6), a1.Sub(a6)
		s2, d5 := a2.Add(a5), a2.Sub(a5)
		s3, d4 := a3.Add(a4), a3.Sub(a4)
		even0, even3 := s0.Add(s3), s0.Sub(s3)
		even1, even2 := s1.Add(s2), s1.Sub(s2)
		z1 := even2.Add(even3).Mul(half)
		odd0, odd1, odd2 := d4.Add(d5), d5.Add(d6), d6.Add(d7)
		z5 := odd0.Sub(odd2).Mul(quarter)
		z2, z4, z3 := less.Mul(odd0).Add(z5), more.Mul(odd2).Add(z5), odd1.Mul(half)
		z11, z13 := d7.Add(z3), d7.Sub(z3)
		c0, c1, c2, c3 := even0.Add(even1), z11.Add(z4), even3.Add(z1), z13.Sub(z2)
		c4, c5, c6, c7 := even0.Sub(even1), z13.Add(z2), even3.Sub(z1), z11.Sub(z4)

		// Transposes the 4 by 4 quarters and exchanges those off the diagonal.
		t0, t1 := c0.ConcatPermuteScalarsGrouped(0, 1, 4, 5, c1), c0.ConcatPermuteScalarsGrouped(2, 3, 6, 7, c1)
		t2, t3 := c2.ConcatPermuteScalarsGrouped(0, 1, 4, 5, c3), c2.ConcatPermuteScalarsGrouped(2, 3, 6, 7, c3)
		t4, t5 := c4.ConcatPermuteScalarsGrouped(0, 1, 4, 5, c5), c4.ConcatPermuteScalarsGrouped(2, 3, 6, 7, c5)
		t6, t7 := c6.ConcatPermuteScalarsGrouped(0, 1, 4, 5, c7), c6.ConcatPermuteScalarsGrouped(2, 3, 6, 7, c7)
		u0, u1 := t0.ConcatPermuteScalarsGrouped(0, 2, 4, 6, t2), t0.ConcatPermuteScalarsGrouped(1, 3, 5, 7, t2)
		u2, u3 := t1.ConcatPermuteScalarsGrouped(0, 2, 4, 6, t3), t1.ConcatPermuteScalarsGrouped(1, 3, 5, 7, t3)
		u4, u5 := t4.ConcatPermuteScalarsGrouped(0, 2, 4, 6, t6), t4.ConcatPermuteScalarsGrouped(1, 3, 5, 7, t6)
		u6, u7 := t5.ConcatPermuteScalarsGrouped(0, 2, 4, 6, t7), t5.ConcatPermuteScalarsGrouped(1, 3, 5, 7, t7)
		a0, a4 = u0.ConcatPermute128Scalars(0, 2, u4), u0.ConcatPermute128Scalars(1, 3, u4)
		a1, a5 = u1.ConcatPermute128Scalars(0, 2, u5), u1.ConcatPermute128Scalars(1, 3, u5)
		a2, a6 = u2.ConcatPermute128Scalars(0, 2, u6), u2.ConcatPermute128Scalars(1, 3, u6)
		a3, a7 = u3.ConcatPermute128Scalars(0, 2, u7), u3.ConcatPermute128Scalars(1, 3, u7)
	}
	nonzero = uint64(quantized(values[:], a0, scale[:])) | uint64(quantized(values[8:], a1, scale[8:]))<<8 |
		uint64(quantized(values[16:], a2, scale[16:]))<<16 | uint64(quantized(values[24:], a3, scale[24:]))<<24 |
		uint64(quantized(values[32:], a4, scale[32:]))<<32 | uint64(quantized(values[40:], a5, scale[40:]))<<40 |
		uint64(quantized(values[48:], a6, scale[48:]))<<48 | uint64(quantized(values[56:], a7, scale[56:]))<<56
	archsimd.ClearAVXUpperBits()
	return nonzero
}

// samples loads a row. It reads 16 bytes and drops the last 8.
func samples(row []uint8) archsimd.Float32x8 {
	return archsimd.LoadUint8x16(row).ExtendLo8ToUint32().BitsToInt32().ConvertToFloat32()
}

// quantized writes a row of coefficients and returns a bit for each that is not zero.
func quantized(to []int32, row archsimd.Float32x8, scale []float32) uint8 {
	offset := archsimd.BroadcastInt32x8(16384)
	v := row.Mul(archsimd.LoadFloat32x8(scale)).Add(archsimd.BroadcastFloat32x8(16384.5)).ConvertToInt32().Sub(offset)
	v.Store(to)
	return v.NotEqual(archsimd.BroadcastInt32x8(0)).ToBits()
}
