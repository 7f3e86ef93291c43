package jpeg

// The fast inverse transform (jidctfst.c), which is TensorFlow's default. It differs from the
// accurate one by rounding down everywhere, with factors of 8 bits. As in inverse8x8, sums and
// products are those of libjpeg-turbo's SIMD code (jidctfst-sse2.asm): of 16 bits, wrapping around.

// Factors of the fast transform, in 1/256 (jidctfst.c), shifted so that the upper 16 bits of a
// product with four times a value are the result.
const (
	fast1082 = 277 << 6
	fast1414 = 362 << 6
	fast1613 = -413 << 6 // 2.613 is 1.613 + 1, since 2.613 exceeds 16 bits
	fast1847 = 473 << 6
)

// fastScale holds the scale of the coefficients of Arai, Agui and Nakajima for each position, in
// 1/16384: for row and column 1, and cos(k pi / 16) times the square root of 2 (jddctmgr.c,
// aanscales).
var fastScale = [64]int32{
	16384, 22725, 21407, 19266, 16384, 12873, 8867, 4520,
	22725, 31521, 29692, 26722, 22725, 17855, 12299, 6270,
	21407, 29692, 27969, 25172, 21407, 16819, 11585, 5906,
	19266, 26722, 25172, 22654, 19266, 15137, 10426, 5315,
	16384, 22725, 21407, 19266, 16384, 12873, 8867, 4520,
	12873, 17855, 16819, 15137, 12873, 10114, 6967, 3552,
	8867, 12299, 11585, 10426, 8867, 6967, 4799, 2446,
	4520, 6270, 5906, 5315, 4520, 3552, 2446, 1247,
}

// fastQuant returns the quantization table of the fast transform, with two fractional bits.
func fastQuant(q *[64]int16) (scaled [64]int16) {
	for i, v := range q {
		scaled[i] = int16((int32(v)*fastScale[i] + 1<<11) >> 12)
	}
	return scaled
}

// inverseFast dequantizes a block by the table of fastQuant and writes its 8 by 8 samples. The
// coefficients behind last, in the order of zigzag, are zero.
func inverseFast(dst []byte, stride int, b, q *[64]int16, last int) {
	if last > 0 {
		inverseFastFull(dst, stride, b, q)
		return
	}
	v := sample(int32(b[0] * q[0] >> 5))
	for y := range 8 {
		fill(dst[y*stride:][:8], v)
	}
}

// inverseFastFullPortable transforms columns, then rows.
func inverseFastFullPortable(dst []byte, stride int, b, q *[64]int16) {
	var work [64]int16
	for x := range 8 {
		b, q, w := b[x:][:57], q[x:][:57], work[x:][:57]
		if b[8]|b[16]|b[24]|b[32]|b[40]|b[48]|b[56] == 0 {
			dc := b[0] * q[0]
			w[0], w[8], w[16], w[24], w[32], w[40], w[48], w[56] = dc, dc, dc, dc, dc, dc, dc, dc
			continue
		}
		w[0], w[8], w[16], w[24], w[32], w[40], w[48], w[56] = fast8(b[0]*q[0], b[8]*q[8], b[16]*q[16], b[24]*q[24],
			b[32]*q[32], b[40]*q[40], b[48]*q[48], b[56]*q[56])
	}
	for y := range 8 {
		w := work[8*y:][:8]
		v0, v1, v2, v3, v4, v5, v6, v7 := fast8(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7])
		*(*[8]byte)(dst[y*stride:]) = [8]byte{fastSample(v0), fastSample(v1), fastSample(v2), fastSample(v3),
			fastSample(v4), fastSample(v5), fastSample(v6), fastSample(v7)}
	}
}

func fastSample(v int16) byte { return sample(int32(v >> 5)) }

// fast8 transforms eight values.
func fast8(a0, a1, a2, a3, a4, a5, a6, a7 int16) (v0, v1, v2, v3, v4, v5, v6, v7 int16) {
	even10, even11, even13 := a0+a4, a0-a4, a2+a6
	even12 := fastProduct(a2-a6, fast1414) - even13
	t0, t3, t1, t2 := even10+even13, even10-even13, even11+even12, even11-even12

	z13, z10, z11, z12 := a5+a3, a5-a3, a1+a7, a1-a7
	z5 := fastProduct(z10+z12, fast1847)
	o7 := z11 + z13
	o6 := fastProduct(z10, fast1613) - z10 + z5 - o7
	o5 := fastProduct(z11-z13, fast1414) - o6
	o4 := fastProduct(z12, fast1082) - z5 + o5
	return t0 + o7, t1 + o6, t2 + o5, t3 - o4, t3 + o4, t2 - o5, t1 - o6, t0 - o7
}

func fastProduct(v int16, factor int32) int16 { return int16(int32(v<<2) * factor >> 16) }
