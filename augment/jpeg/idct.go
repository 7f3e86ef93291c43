package jpeg

import "encoding/binary"

// Inverse transforms, in portable Go. They compute what libjpeg-turbo's SIMD code computes, also
// where that differs from its C code: products with the quantization table and sums of inputs are
// of 16 bits and wrap around, and the results of both passes saturate. Valid files show no
// difference; damaged ones do. The SIMD twin is in kernels_amd64.go.

// Factors of the inverse transform, in 1/8192 (jidctint.c).
const (
	fix0298 = 2446
	fix0390 = 3196
	fix0541 = 4433
	fix0765 = 6270
	fix0899 = 7373
	fix1175 = 9633
	fix1501 = 12299
	fix1847 = 15137
	fix1961 = 16069
	fix2053 = 16819
	fix2562 = 20995
	fix3072 = 25172
)

// inverse8x8 dequantizes a block, in natural order, and writes its 8 by 8 samples. The coefficients
// behind last, in the order of zigzag, are zero.
func inverse8x8(dst []byte, stride int, b, q *[64]int16, last int) {
	switch {
	case last == 0:
		flat(dst, stride, 8, b[0]*q[0]<<2)
	case hasFirstRowOnly(b, last):
		inverseRow(dst, stride, b, q)
	default:
		inverseFull(dst, stride, b, q)
	}
}

// flat writes a block of size by size samples whose only coefficient is DC. The value is that
// behind the first pass.
func flat(dst []byte, stride, size int, dc int16) {
	v := sample((int32(dc) + 16) >> 5)
	if size == 8 {
		eight := uint64(v) * 0x01010101_01010101
		for range 7 {
			binary.LittleEndian.PutUint64(dst, eight)
			dst = dst[stride:]
		}
		binary.LittleEndian.PutUint64(dst, eight)
		return
	}
	for y := range size {
		fill(dst[y*stride:][:size], v)
	}
}

// sample adds 128 and clamps to 0 to 255.
func sample(v int32) byte { return clamp8(v + 128) }

// hasFirstRowOnly reports whether all coefficients below the first row are zero.
func hasFirstRowOnly(b *[64]int16, last int) bool {
	if last == 1 {
		return true
	}
	if b[8] != 0 || b[16] != 0 {
		return false
	}
	for _, v := range b[9:] {
		if v != 0 {
			return false
		}
	}
	return true
}

// inverseRow writes a block whose coefficients are all in the first row. Its rows are equal.
func inverseRow(dst []byte, stride int, b, q *[64]int16) {
	a := func(x int) int32 { return int32(b[x] * q[x] << 2) }
	row := samples(inverse8(a(0), a(1), a(2), a(3), a(4), a(5), a(6), a(7)))
	for y := range 8 {
		*(*[8]byte)(dst[y*stride:]) = row
	}
}

// inverseFullPortable is the inverse discrete cosine transform of Loeffler, Ligtenberg and
// Moschytz: columns, then rows.
func inverseFullPortable(dst []byte, stride int, b, q *[64]int16) {
	var work [64]int32
	for x := range 8 {
		b, q := b[x:][:57], q[x:][:57]
		if b[8]|b[16]|b[24]|b[32]|b[40]|b[48]|b[56] == 0 {
			dc := int32(saturate(int32(b[0]*q[0]) << 2))
			for y := range 8 {
				work[8*y+x] = dc
			}
			continue
		}
		v0, v1, v2, v3, v4, v5, v6, v7 := inverse8(int32(b[0]*q[0]), int32(b[8]*q[8]), int32(b[16]*q[16]), int32(b[24]*q[24]),
			int32(b[32]*q[32]), int32(b[40]*q[40]), int32(b[48]*q[48]), int32(b[56]*q[56]))
		const half = 1 << 10
		w := work[x:][:57]
		w[0], w[8], w[16], w[24] = saturated((v0+half)>>11), saturated((v1+half)>>11), saturated((v2+half)>>11), saturated((v3+half)>>11)
		w[32], w[40], w[48], w[56] = saturated((v4+half)>>11), saturated((v5+half)>>11), saturated((v6+half)>>11), saturated((v7+half)>>11)
	}
	for y := range 8 {
		w := work[8*y:][:8]
		*(*[8]byte)(dst[y*stride:]) = samples(inverse8(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]))
	}
}

// samples rounds the results of the second pass.
func samples(v0, v1, v2, v3, v4, v5, v6, v7 int32) [8]byte {
	const half = 1 << 17
	return [8]byte{sample((v0 + half) >> 18), sample((v1 + half) >> 18), sample((v2 + half) >> 18), sample((v3 + half) >> 18),
		sample((v4 + half) >> 18), sample((v5 + half) >> 18), sample((v6 + half) >> 18), sample((v7 + half) >> 18)}
}

// inverse8 transforms eight values of 16 bits; the results are scaled by 8192.
func inverse8(a0, a1, a2, a3, a4, a5, a6, a7 int32) (v0, v1, v2, v3, v4, v5, v6, v7 int32) {
	e2 := a2*fix0541 + a6*(fix0541-fix1847)
	e3 := a2*(fix0541+fix0765) + a6*fix0541
	e0, e1 := int32(int16(a0+a4))<<13, int32(int16(a0-a4))<<13
	t0, t3, t1, t2 := e0+e3, e0-e3, e1+e2, e1-e2

	z3, z4 := int32(int16(a7+a3)), int32(int16(a5+a1))
	y3, y4 := z3*(fix1175-fix1961)+z4*fix1175, z3*fix1175+z4*(fix1175-fix0390)
	o0 := a7*(fix0298-fix0899) - a1*fix0899 + y3
	o1 := a5*(fix2053-fix2562) - a3*fix2562 + y4
	o2 := a3*(fix3072-fix2562) - a5*fix2562 + y3
	o3 := a1*(fix1501-fix0899) - a7*fix0899 + y4
	return t0 + o3, t1 + o2, t2 + o1, t3 + o0, t3 - o0, t2 - o1, t1 - o2, t0 - o3
}

// saturated is v, or the nearest value of 16 bits. The branch, which valid files never take, costs
// less than two comparisons.
func saturated(v int32) int32 {
	if uint32(v+1<<15) > 1<<16-1 {
		v = v>>31 ^ (1<<15 - 1)
	}
	return v
}

func saturate(v int32) int16 { return int16(saturated(v)) }
