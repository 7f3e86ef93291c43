package jpeg

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

// inverse dequantizes a block, in natural order, and writes its 8 by 8 samples. It is the inverse
// discrete cosine transform of Loeffler, Ligtenberg and Moschytz with the integers of libjpeg's
// jidctint.c: columns, then rows.
func inverse(dst []byte, stride int, block *[64]int16, quant *[64]int32) {
	var work [64]int32
	for x := range 8 {
		b, q := block[x:], quant[x:]
		_, _ = b[56], q[56]
		w := work[x:]
		_ = w[56]
		if b[8]|b[16]|b[24]|b[32]|b[40]|b[48]|b[56] == 0 {
			dc := int32(b[0]) * q[0] << 2
			w[0], w[8], w[16], w[24], w[32], w[40], w[48], w[56] = dc, dc, dc, dc, dc, dc, dc, dc
			continue
		}
		v0, v1, v2, v3, v4, v5, v6, v7 := inverse8(int32(b[0])*q[0], int32(b[8])*q[8], int32(b[16])*q[16], int32(b[24])*q[24],
			int32(b[32])*q[32], int32(b[40])*q[40], int32(b[48])*q[48], int32(b[56])*q[56])
		const half = 1 << 10
		w[0], w[8], w[16], w[24] = (v0+half)>>11, (v1+half)>>11, (v2+half)>>11, (v3+half)>>11
		w[32], w[40], w[48], w[56] = (v4+half)>>11, (v5+half)>>11, (v6+half)>>11, (v7+half)>>11
	}
	for y := range 8 {
		w, to := work[8*y:][:8], dst[y*stride:][:8]
		if w[1]|w[2]|w[3]|w[4]|w[5]|w[6]|w[7] == 0 {
			v := sample(w[0] << 13)
			to[0], to[1], to[2], to[3], to[4], to[5], to[6], to[7] = v, v, v, v, v, v, v, v
			continue
		}
		v0, v1, v2, v3, v4, v5, v6, v7 := inverse8(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7])
		to[0], to[1], to[2], to[3] = sample(v0), sample(v1), sample(v2), sample(v3)
		to[4], to[5], to[6], to[7] = sample(v4), sample(v5), sample(v6), sample(v7)
	}
}

// sample rounds a value of the second pass and shifts it to 0 to 255.
func sample(v int32) byte {
	v = (v+1<<17)>>18 + 128
	if uint32(v) > 255 {
		v = ^(v >> 31) & 255
	}
	return byte(v)
}

// inverse8 transforms eight values; the results are scaled by 8192.
func inverse8(a0, a1, a2, a3, a4, a5, a6, a7 int32) (v0, v1, v2, v3, v4, v5, v6, v7 int32) {
	z1 := (a2 + a6) * fix0541
	e2, e3 := z1-a6*fix1847, z1+a2*fix0765
	e0, e1 := (a0+a4)<<13, (a0-a4)<<13
	t0, t3, t1, t2 := e0+e3, e0-e3, e1+e2, e1-e2

	y1, y2, y3, y4 := a7+a1, a5+a3, a7+a3, a5+a1
	y5 := (y3 + y4) * fix1175
	y1, y2 = -y1*fix0899, -y2*fix2562
	y3, y4 = y5-y3*fix1961, y5-y4*fix0390
	o0, o1 := a7*fix0298+y1+y3, a5*fix2053+y2+y4
	o2, o3 := a3*fix3072+y2+y3, a1*fix1501+y1+y4
	return t0 + o3, t1 + o2, t2 + o1, t3 + o0, t3 - o0, t2 - o1, t1 - o2, t0 - o3
}
