package jpeg

// Inverse transforms of reduced size (jidctred.c, and jidctred-sse2.asm where values wrap around or
// saturate). Their inputs are the lower frequencies alone, but for the 4 by 4 transform, which
// takes all but the middle ones.

// Factors of the transforms to 4 and 2 samples, in 1/8192.
const (
	fix0211 = 1730
	fix0509 = 4176
	fix0601 = 4926
	fix0720 = 5906
	fix0850 = 6967
	fix1061 = 8697
	fix1272 = 10426
	fix1451 = 11893
	fix2172 = 17799
	fix3624 = 29692
)

// inverse4x4 writes the block at half the size. The coefficients behind last, in the order of
// zigzag, are zero.
func inverse4x4(dst []byte, stride int, b, q *[64]int16, last int) {
	switch {
	case last == 0:
		flat(dst, stride, 4, b[0]*q[0]<<2)
	case rowsAreZero(b, last):
		inverse4x4Simple(dst, stride, b, q)
	default:
		inverse4x4Full(dst, stride, b, q)
	}
}

// inverse4x4Simple writes a block whose coefficients are all in the first and the fifth row. Its
// rows are equal.
func inverse4x4Simple(dst []byte, stride int, b, q *[64]int16) {
	a := func(x int) int16 { return b[x] * q[x] << 2 }
	v0, v1, v2, v3 := inverse4(a(0), a(1), a(2), a(3), a(5), a(6), a(7), 19)
	row := [4]byte{sample(int32(v0)), sample(int32(v1)), sample(int32(v2)), sample(int32(v3))}
	for y := range 4 {
		*(*[4]byte)(dst[y*stride:]) = row
	}
}

func inverse4x4FullPortable(dst []byte, stride int, b, q *[64]int16) {
	var work [4 * 8]int16
	for x := range 8 {
		if x == 4 { // the second pass does not use it
			continue
		}
		a := func(row int) int16 { return b[8*row+x] * q[8*row+x] }
		v0, v1, v2, v3 := inverse4(a(0), a(1), a(2), a(3), a(5), a(6), a(7), 12)
		work[x], work[8+x], work[16+x], work[24+x] = v0, v1, v2, v3
	}
	for y := range 4 {
		w := work[8*y:][:8]
		v0, v1, v2, v3 := inverse4(w[0], w[1], w[2], w[3], w[5], w[6], w[7], 19)
		*(*[4]byte)(dst[y*stride:]) = [4]byte{sample(int32(v0)), sample(int32(v1)), sample(int32(v2)), sample(int32(v3))}
	}
}

// rowsAreZero reports whether all rows but the first and the fifth are zero.
func rowsAreZero(b *[64]int16, last int) bool {
	if last == 1 {
		return true
	}
	if b[8]|b[16] != 0 {
		return false
	}
	for _, v := range b[9:32] {
		if v != 0 {
			return false
		}
	}
	for _, v := range b[40:] {
		if v != 0 {
			return false
		}
	}
	return true
}

// inverse4 transforms eight values, of which the fifth does not count, to four. It drops the lowest
// bits.
func inverse4(a0, a1, a2, a3, a5, a6, a7 int16, drop uint) (v0, v1, v2, v3 int16) {
	e0 := int32(a0)<<14 + 1<<(drop-1)
	e2 := int32(a2)*fix1847 - int32(a6)*fix0765
	o0 := int32(a1)*fix1061 - int32(a3)*fix2172 + int32(a5)*fix1451 - int32(a7)*fix0211
	o2 := int32(a1)*fix2562 + int32(a3)*fix0899 - int32(a5)*fix0601 - int32(a7)*fix0509
	return saturate((e0 + e2 + o2) >> drop), saturate((e0 - e2 + o0) >> drop),
		saturate((e0 - e2 - o0) >> drop), saturate((e0 + e2 - o2) >> drop)
}

// oddColumns are the columns other than the first that the transform to 2 samples takes, their
// factors, and the first coefficient in them in the order of zigzag.
var oddColumns = [4]struct {
	x      int
	factor int32
	first  int
}{{1, fix3624, 1}, {3, -fix1272, 6}, {5, fix0850, 15}, {7, -fix0720, 28}}

// inverse2x2 writes the block at a quarter of the size. The coefficients behind last, in the order
// of zigzag, are zero.
func inverse2x2(dst []byte, stride int, b, q *[64]int16, last int) {
	top, bottom := inverse2Column(b, q, 0)
	oddTop, oddBottom := int32(0), int32(0)
	for _, c := range &oddColumns {
		if last < c.first {
			break
		}
		t, b := inverse2Column(b, q, c.x)
		oddTop += int32(saturate(t)) * c.factor
		oddBottom += int32(saturate(b)) * c.factor
	}
	const half = 1 << 19
	dst[0] = sample((top<<15 + oddTop + half) >> 20)
	dst[1] = sample((top<<15 - oddTop + half) >> 20)
	dst[stride] = sample((bottom<<15 + oddBottom + half) >> 20)
	dst[stride+1] = sample((bottom<<15 - oddBottom + half) >> 20)
}

// inverse2Column transforms a column to two values.
func inverse2Column(b, q *[64]int16, x int) (top, bottom int32) {
	a := func(row int) int32 { return int32(b[8*row+x] * q[8*row+x]) }
	even := a(0) << 15
	odd := a(1)*fix3624 - a(3)*fix1272 + a(5)*fix0850 - a(7)*fix0720
	const half = 1 << 12
	return (even + odd + half) >> 13, (even - odd + half) >> 13
}

// inverse1x1 returns the block's only sample at an eighth of the size. Values beyond 10 bits wrap
// around, as in libjpeg's table of limits.
func inverse1x1(b, q *[64]int16) byte {
	v := (int32(b[0])*int32(q[0]) + 4) >> 3
	return sample(v << 22 >> 22)
}
