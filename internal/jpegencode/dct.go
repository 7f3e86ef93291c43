package jpegencode

// naturalOrder maps zigzag order to positions in a block (ITU T.81, figure A.6).
var naturalOrder = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

// zigzagOrder maps positions in a block to zigzag order.
var zigzagOrder = func() (order [64]uint8) {
	for i, at := range naturalOrder {
		order[at] = uint8(i)
	}
	return order
}()

// aanFactor is the scale of the fast transform's coefficients relative to the DCT, apart from a
// factor of 8 for rows and columns together: 1, then cos(k pi / 16) times the square root of 2.
var aanFactor = [8]float32{1, 1.387039845, 1.306562965, 1.175875602, 1, 0.785694958, 0.541196100, 0.275899379}

// transformPortable computes the quantized coefficients of the 8 by 8 samples at the beginning of
// pix, in natural order (row by row). It returns a bit for each coefficient that is not zero.
//
// The transform is the scaled discrete cosine transform of Arai, Agui and Nakajima (Transactions of
// the IEICE, 1988), with five multiplications for eight values, as in libjpeg's jfdctflt.c: columns
// first, then rows. The SIMD version (dct_amd64.go) returns the same bits.
func transformPortable(values *[64]int32, pix []uint8, stride int, scale *[64]float32) (nonzero uint64) {
	var b [64]float32
	for y := range 8 {
		for x, v := range pix[y*stride:][:8] {
			b[8*y+x] = float32(v) - 128
		}
	}
	for x := range 8 {
		b[x], b[x+8], b[x+16], b[x+24], b[x+32], b[x+40], b[x+48], b[x+56] =
			dct8(b[x], b[x+8], b[x+16], b[x+24], b[x+32], b[x+40], b[x+48], b[x+56])
	}
	for y := 0; y < 64; y += 8 {
		r := (*[8]float32)(b[y : y+8])
		r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7] = dct8(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7])
	}
	for i, v := range b {
		v = float32(v * scale[i])
		values[i] = int32(v+16384.5) - 16384 // rounds values that are not far below zero
		if values[i] != 0 {
			nonzero |= 1 << i
		}
	}
	return nonzero
}

func dct8(a0, a1, a2, a3, a4, a5, a6, a7 float32) (c0, c1, c2, c3, c4, c5, c6, c7 float32) {
	s0, d7 := a0+a7, a0-a7
	s1, d6 := a1+a6, a1-a6
	s2, d5 := a2+a5, a2-a5
	s3, d4 := a3+a4, a3-a4

	even0, even3 := s0+s3, s0-s3
	even1, even2 := s1+s2, s1-s2
	c0, c4 = even0+even1, even0-even1
	z1 := float32((even2 + even3) * 0.707106781)
	c2, c6 = even3+z1, even3-z1

	odd0, odd1, odd2 := d4+d5, d5+d6, d6+d7
	z5 := float32((odd0 - odd2) * 0.382683433) // the conversions prevent fused multiply-add
	z2 := float32(0.541196100*odd0) + z5
	z4 := float32(1.306562965*odd2) + z5
	z3 := float32(odd1 * 0.707106781)
	z11, z13 := d7+z3, d7-z3
	return c0, z11 + z4, c2, z13 - z2, c4, z13 + z2, c6, z11 - z4
}
