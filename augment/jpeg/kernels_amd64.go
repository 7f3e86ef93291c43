//go:build goexperiment.simd && amd64

package jpeg

import (
	"encoding/binary"
	"simd/archsimd"

	"golang.org/x/sys/cpu"
)

// useAVX2 decides between the portable loops and their SIMD twins, which give the same bits. A twin
// of a loop over a row does as many elements as it can and leaves the rest.
var (
	useAVX2 = archsimd.X86.AVX2()
	useBMI2 = cpu.X86.HasBMI2
)

func (r *bitReader) decodePairs(b *decodedBlock, ac *table, k int) int {
	if useBMI2 && k < lastPair {
		return decodePairs(b, ac, r, k)
	}
	return r.pairsPortable(b, ac, k)
}

// decodePairs is pairsPortable for k below lastPair (sequential_amd64.s).
//
//go:noescape
func decodePairs(b *decodedBlock, ac *table, r *bitReader, k int) (end int)

func inverseFull(dst []byte, stride int, b, q *[64]int16) {
	if useAVX2 {
		inverseFullAVX2(dst, stride, b, q)
		return
	}
	inverseFullPortable(dst, stride, b, q)
}

func inverseFastFull(dst []byte, stride int, b, q *[64]int16) {
	if useAVX2 {
		inverseFastFullAVX2(dst, stride, b, q)
		return
	}
	inverseFastFullPortable(dst, stride, b, q)
}

func inverse4x4Full(dst []byte, stride int, b, q *[64]int16) {
	if useAVX2 {
		inverse4x4FullAVX2(dst, stride, b, q)
		return
	}
	inverse4x4FullPortable(dst, stride, b, q)
}

func sumRows(sums []uint16, near, far []uint8) {
	done := 0
	if useAVX2 {
		done = sumRowsAVX2(sums, near, far)
	}
	sumRowsPortable(sums[done:], near[done:], far[done:])
}

func blendRows(dst, near, far []uint8, bias uint16) {
	done := 0
	if useAVX2 {
		done = blendRowsAVX2(dst, near, far, bias)
	}
	blendRowsPortable(dst[done:], near[done:], far[done:], bias)
}

func widenRow(dst []uint8, sums []uint16, left, right uint16) {
	done := 0
	if useAVX2 {
		done = widenRowAVX2(dst, sums, left, right)
	}
	widenRowPortable(dst[2*done:], sums[done:], left, right)
}

func convertRow(to, luma, cb, cr []uint8) {
	done := 0
	if useAVX2 {
		done = convertRowAVX2(to, luma, cb, cr)
	}
	convertRowPortable(to[3*done:], luma[done:], cb[done:], cr[done:])
}

// pairs returns a vector whose lower half repeats the first two factors and the upper half the
// others.
func pairs(a, b, c, d int16) *[16]int16 {
	return &[16]int16{a, b, a, b, a, b, a, b, c, d, c, d, c, d, c, d}
}

// Factors of the transform for products of pairs.
var (
	factors26     = pairs(fix0541+fix0765, fix0541, fix0541-fix1847, fix0541)
	factors34     = pairs(fix1175-fix1961, fix1175, fix1175-fix0390, fix1175)
	factors71     = pairs(fix0298-fix0899, -fix0899, fix2053-fix2562, -fix2562)
	factors17     = pairs(-fix0899, fix1501-fix0899, -fix2562, fix3072-fix2562)
	plusMinus     = pairs(1, 1, -1, -1)
	columnsToRows = [8]uint32{0, 1, 4, 5, 2, 3, 6, 7}
	lowBytes      = [32]int8{0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15, 0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15}
)

// inverseFullAVX2 holds two rows of a block in each of four registers. It transforms all columns at
// once, transposes, transforms the former rows in the same way, and transposes back. The pairs of
// products and the widths of all sums are those of libjpeg-turbo's jidctint-avx2.asm.
func inverseFullAVX2(dst []byte, stride int, b, q *[64]int16) {
	r01 := archsimd.LoadInt16x16Array((*[16]int16)(b[0:16])).Mul(archsimd.LoadInt16x16Array((*[16]int16)(q[0:16])))
	r23 := archsimd.LoadInt16x16Array((*[16]int16)(b[16:32])).Mul(archsimd.LoadInt16x16Array((*[16]int16)(q[16:32])))
	r45 := archsimd.LoadInt16x16Array((*[16]int16)(b[32:48])).Mul(archsimd.LoadInt16x16Array((*[16]int16)(q[32:48])))
	r67 := archsimd.LoadInt16x16Array((*[16]int16)(b[48:64])).Mul(archsimd.LoadInt16x16Array((*[16]int16)(q[48:64])))
	zero, signs := archsimd.BroadcastInt16x16(0), archsimd.LoadInt16x16Array(plusMinus)
	swap := archsimd.LoadUint32x8Array(&columnsToRows)
	drop, half := uint64(11), archsimd.BroadcastInt32x8(1<<10)
	for pass := range 2 {
		in04, in31 := r01.ConcatPermute128Scalars(0, 2, r45), r23.ConcatPermute128Scalars(1, 3, r01)
		in26, in75 := r23.ConcatPermute128Scalars(0, 2, r67), r67.ConcatPermute128Scalars(1, 3, r45)

		in62 := in26.ConcatPermute128Scalars(1, 0, in26)
		f := archsimd.LoadInt16x16Array(factors26)
		e32L, e32H := in26.InterleaveLoGrouped(in62).DotProductPairs(f), in26.InterleaveHiGrouped(in62).DotProductPairs(f)
		even := in04.ConcatPermute128Scalars(1, 0, in04).Add(in04.MulSign(signs)) // in0 + in4, in0 - in4
		e01L := zero.InterleaveLoGrouped(even).AsInt32x8().ShiftAllRight(3).Add(half)
		e01H := zero.InterleaveHiGrouped(even).AsInt32x8().ShiftAllRight(3).Add(half)
		t01L, t01H, t32L, t32H := e01L.Add(e32L), e01H.Add(e32H), e01L.Sub(e32L), e01H.Sub(e32H)

		z34 := in75.Add(in31)
		z43 := z34.ConcatPermute128Scalars(1, 0, z34)
		f = archsimd.LoadInt16x16Array(factors34)
		y34L, y34H := z34.InterleaveLoGrouped(z43).DotProductPairs(f), z34.InterleaveHiGrouped(z43).DotProductPairs(f)
		y43L, y43H := y34L.ConcatPermute128Scalars(1, 0, y34L), y34H.ConcatPermute128Scalars(1, 0, y34H)
		in13 := in31.ConcatPermute128Scalars(1, 0, in31)
		odd71L, odd71H := in75.InterleaveLoGrouped(in13), in75.InterleaveHiGrouped(in13)
		f = archsimd.LoadInt16x16Array(factors71)
		o01L, o01H := odd71L.DotProductPairs(f).Add(y34L), odd71H.DotProductPairs(f).Add(y34H)
		f = archsimd.LoadInt16x16Array(factors17)
		o32L, o32H := odd71L.DotProductPairs(f).Add(y43L), odd71H.DotProductPairs(f).Add(y43H)

		d01 := t01L.Add(o32L).ShiftAllRight(drop).SaturateToInt16ConcatGrouped(t01H.Add(o32H).ShiftAllRight(drop))
		d76 := t01L.Sub(o32L).ShiftAllRight(drop).SaturateToInt16ConcatGrouped(t01H.Sub(o32H).ShiftAllRight(drop))
		d32 := t32L.Add(o01L).ShiftAllRight(drop).SaturateToInt16ConcatGrouped(t32H.Add(o01H).ShiftAllRight(drop))
		d45 := t32L.Sub(o01L).ShiftAllRight(drop).SaturateToInt16ConcatGrouped(t32H.Sub(o01H).ShiftAllRight(drop))

		d04, d15 := d01.ConcatPermute128Scalars(0, 2, d45), d01.ConcatPermute128Scalars(1, 3, d45)
		d26, d37 := d32.ConcatPermute128Scalars(1, 3, d76), d32.ConcatPermute128Scalars(0, 2, d76)
		u0, u1 := d04.InterleaveLoGrouped(d15).AsInt32x8(), d04.InterleaveHiGrouped(d15).AsInt32x8()
		u2, u3 := d26.InterleaveLoGrouped(d37).AsInt32x8(), d26.InterleaveHiGrouped(d37).AsInt32x8()
		r01 = u0.InterleaveLoGrouped(u2).Permute(swap).AsInt16x16()
		r23 = u0.InterleaveHiGrouped(u2).Permute(swap).AsInt16x16()
		r45 = u1.InterleaveLoGrouped(u3).Permute(swap).AsInt16x16()
		r67 = u1.InterleaveHiGrouped(u3).Permute(swap).AsInt16x16()
		if pass == 0 {
			drop, half = 18, archsimd.BroadcastInt32x8(1<<17)
		}
	}
	least, most := archsimd.BroadcastInt16x16(-128), archsimd.BroadcastInt16x16(127)
	center, order := archsimd.BroadcastUint8x32(128), archsimd.LoadInt8x32Array(&lowBytes)
	low := archsimd.BroadcastInt16x16(255)
	r01 = r01.Max(least).Min(most).And(low).Or(r23.Max(least).Min(most).ShiftAllLeft(8))
	r45 = r45.Max(least).Min(most).And(low).Or(r67.Max(least).Min(most).ShiftAllLeft(8))
	s02 := r01.AsUint8x32().Add(center).PermuteOrZeroGrouped(order).AsUint64x4()
	s46 := r45.AsUint8x32().Add(center).PermuteOrZeroGrouped(order).AsUint64x4()
	store(dst, stride, s02.GetLo(), 0, 2)
	store(dst, stride, s02.GetHi(), 1, 3)
	store(dst, stride, s46.GetLo(), 4, 6)
	store(dst, stride, s46.GetHi(), 5, 7)
	archsimd.ClearAVXUpperBits()
}

// transposed transposes 8 rows of 8.
func transposed(r *[8]archsimd.Int16x8) {
	a0, a1 := r[0].InterleaveLo(r[1]).AsInt32x4(), r[0].InterleaveHi(r[1]).AsInt32x4()
	a2, a3 := r[2].InterleaveLo(r[3]).AsInt32x4(), r[2].InterleaveHi(r[3]).AsInt32x4()
	a4, a5 := r[4].InterleaveLo(r[5]).AsInt32x4(), r[4].InterleaveHi(r[5]).AsInt32x4()
	a6, a7 := r[6].InterleaveLo(r[7]).AsInt32x4(), r[6].InterleaveHi(r[7]).AsInt32x4()
	b0, b1, b2, b3 := a0.InterleaveLo(a2).AsInt64x2(), a0.InterleaveHi(a2).AsInt64x2(), a1.InterleaveLo(a3).AsInt64x2(), a1.InterleaveHi(a3).AsInt64x2()
	b4, b5, b6, b7 := a4.InterleaveLo(a6).AsInt64x2(), a4.InterleaveHi(a6).AsInt64x2(), a5.InterleaveLo(a7).AsInt64x2(), a5.InterleaveHi(a7).AsInt64x2()
	r[0], r[1] = b0.InterleaveLo(b4).AsInt16x8(), b0.InterleaveHi(b4).AsInt16x8()
	r[2], r[3] = b1.InterleaveLo(b5).AsInt16x8(), b1.InterleaveHi(b5).AsInt16x8()
	r[4], r[5] = b2.InterleaveLo(b6).AsInt16x8(), b2.InterleaveHi(b6).AsInt16x8()
	r[6], r[7] = b3.InterleaveLo(b7).AsInt16x8(), b3.InterleaveHi(b7).AsInt16x8()
}

// inverseFastFullAVX2 holds a row of a block in each register.
func inverseFastFullAVX2(dst []byte, stride int, b, q *[64]int16) {
	var r [8]archsimd.Int16x8
	for y := range r {
		r[y] = archsimd.LoadInt16x8Array((*[8]int16)(b[8*y : 8*y+8])).Mul(archsimd.LoadInt16x8Array((*[8]int16)(q[8*y : 8*y+8])))
	}
	f1082, f1414 := archsimd.BroadcastInt16x8(fast1082), archsimd.BroadcastInt16x8(fast1414)
	f1613, f1847 := archsimd.BroadcastInt16x8(fast1613), archsimd.BroadcastInt16x8(fast1847)
	for range 2 {
		even10, even11, even13 := r[0].Add(r[4]), r[0].Sub(r[4]), r[2].Add(r[6])
		even12 := r[2].Sub(r[6]).ShiftAllLeft(2).MulHigh(f1414).Sub(even13)
		t0, t3, t1, t2 := even10.Add(even13), even10.Sub(even13), even11.Add(even12), even11.Sub(even12)

		z13, z10, z11, z12 := r[5].Add(r[3]), r[5].Sub(r[3]), r[1].Add(r[7]), r[1].Sub(r[7])
		z5 := z10.Add(z12).ShiftAllLeft(2).MulHigh(f1847)
		o7 := z11.Add(z13)
		o6 := z10.ShiftAllLeft(2).MulHigh(f1613).Sub(z10).Add(z5).Sub(o7)
		o5 := z11.Sub(z13).ShiftAllLeft(2).MulHigh(f1414).Sub(o6)
		o4 := z12.ShiftAllLeft(2).MulHigh(f1082).Sub(z5).Add(o5)
		r = [8]archsimd.Int16x8{t0.Add(o7), t1.Add(o6), t2.Add(o5), t3.Sub(o4), t3.Add(o4), t2.Sub(o5), t1.Sub(o6), t0.Sub(o7)}
		transposed(&r)
	}
	least, most, low := archsimd.BroadcastInt16x8(-128), archsimd.BroadcastInt16x8(127), archsimd.BroadcastInt16x8(255)
	center, order := archsimd.BroadcastUint8x16(128), archsimd.LoadInt8x16Array((*[16]int8)(lowBytes[:16]))
	for y := 0; y < 8; y += 2 {
		upper := r[y].ShiftAllRight(5).Max(least).Min(most).And(low)
		lower := r[y+1].ShiftAllRight(5).Max(least).Min(most).ShiftAllLeft(8)
		rows := upper.Or(lower).ToBits().AsUint8x16().Add(center).PermuteOrZero(order).AsUint64x2()
		binary.LittleEndian.PutUint64(dst[y*stride:], rows.GetElem(0))
		binary.LittleEndian.PutUint64(dst[(y+1)*stride:], rows.GetElem(1))
	}
}

// repeated returns a vector of two factors.
func repeated(a, b int16) *[8]int16 { return &[8]int16{a, b, a, b, a, b, a, b} }

// Factors of the transform to 4 samples for products of pairs.
var (
	factors26Of4  = repeated(fix1847, -fix0765)
	factors13Of4  = repeated(fix2562, fix0899)
	factors57Of4  = repeated(-fix0601, -fix0509)
	factors13Of4b = repeated(fix1061, -fix2172)
	factors57Of4b = repeated(fix1451, -fix0211)
)

// halves4 is the transform to 4 samples of 4 columns or rows, from pairs of inputs: the first four
// results are those of the even part plus and minus the odd part, in the order 0, 1, 2, 3.
func halves4(in0 archsimd.Int32x4, in26, in13, in57 archsimd.Int16x8) (v0, v1, v2, v3 archsimd.Int32x4) {
	e2 := in26.DotProductPairs(archsimd.LoadInt16x8Array(factors26Of4))
	o2 := in13.DotProductPairs(archsimd.LoadInt16x8Array(factors13Of4)).Add(in57.DotProductPairs(archsimd.LoadInt16x8Array(factors57Of4)))
	o0 := in13.DotProductPairs(archsimd.LoadInt16x8Array(factors13Of4b)).Add(in57.DotProductPairs(archsimd.LoadInt16x8Array(factors57Of4b)))
	t0, t2 := in0.Add(e2), in0.Sub(e2)
	return t0.Add(o2), t2.Add(o0), t2.Sub(o0), t0.Sub(o2)
}

// inverse4x4FullAVX2 has the pairs of products of libjpeg-turbo's jidctred-sse2.asm.
func inverse4x4FullAVX2(dst []byte, stride int, b, q *[64]int16) {
	row := func(y int) archsimd.Int16x8 {
		return archsimd.LoadInt16x8Array((*[8]int16)(b[8*y : 8*y+8])).Mul(archsimd.LoadInt16x8Array((*[8]int16)(q[8*y : 8*y+8])))
	}
	zero, half := archsimd.BroadcastInt16x8(0), archsimd.BroadcastInt32x4(1<<11)
	r0, r1, r2, r3, r5, r6, r7 := row(0), row(1), row(2), row(3), row(5), row(6), row(7)
	v0, v1, v2, v3 := halves4(zero.InterleaveLo(r0).AsInt32x4().ShiftAllRight(2).Add(half), r2.InterleaveLo(r6), r1.InterleaveLo(r3), r5.InterleaveLo(r7))
	w0, w1, w2, w3 := halves4(zero.InterleaveHi(r0).AsInt32x4().ShiftAllRight(2).Add(half), r2.InterleaveHi(r6), r1.InterleaveHi(r3), r5.InterleaveHi(r7))
	d0 := v0.ShiftAllRight(12).SaturateToInt16Concat(w0.ShiftAllRight(12))
	d1 := v1.ShiftAllRight(12).SaturateToInt16Concat(w1.ShiftAllRight(12))
	d2 := v2.ShiftAllRight(12).SaturateToInt16Concat(w2.ShiftAllRight(12))
	d3 := v3.ShiftAllRight(12).SaturateToInt16Concat(w3.ShiftAllRight(12))

	t0, t1 := d0.InterleaveLo(d1).AsInt32x4(), d0.InterleaveHi(d1).AsInt32x4()
	t2, t3 := d2.InterleaveLo(d3).AsInt32x4(), d2.InterleaveHi(d3).AsInt32x4()
	c01, c23 := t0.InterleaveLo(t2).AsInt16x8(), t0.InterleaveHi(t2).AsInt16x8()
	c45, c67 := t1.InterleaveLo(t3).AsInt16x8(), t1.InterleaveHi(t3).AsInt16x8()

	half = archsimd.BroadcastInt32x4(1 << 18)
	v0, v1, v2, v3 = halves4(zero.InterleaveLo(c01).AsInt32x4().ShiftAllRight(2).Add(half), c23.InterleaveLo(c67), c01.InterleaveHi(c23), c45.InterleaveHi(c67))
	s02 := v0.ShiftAllRight(19).SaturateToInt16Concat(v2.ShiftAllRight(19))
	s13 := v1.ShiftAllRight(19).SaturateToInt16Concat(v3.ShiftAllRight(19))
	t0, t1 = s02.InterleaveLo(s13).AsInt32x4(), s02.InterleaveHi(s13).AsInt32x4()
	least, most := archsimd.BroadcastInt16x8(-128), archsimd.BroadcastInt16x8(127)
	upper := t0.InterleaveLo(t1).AsInt16x8().Max(least).Min(most).And(archsimd.BroadcastInt16x8(255)) // rows 0 and 1
	lower := t0.InterleaveHi(t1).AsInt16x8().Max(least).Min(most).ShiftAllLeft(8)                     // rows 2 and 3
	bytes := upper.Or(lower).ToBits().AsUint8x16().Add(archsimd.BroadcastUint8x16(128))
	out := bytes.PermuteOrZero(archsimd.LoadInt8x16Array((*[16]int8)(lowBytes[:16]))).AsUint64x2()
	first, second := out.GetElem(0), out.GetElem(1)
	binary.LittleEndian.PutUint32(dst, uint32(first))
	binary.LittleEndian.PutUint32(dst[stride:], uint32(first>>32))
	binary.LittleEndian.PutUint32(dst[2*stride:], uint32(second))
	binary.LittleEndian.PutUint32(dst[3*stride:], uint32(second>>32))
	archsimd.ClearAVXUpperBits()
}

// store writes the halves of a register to two rows of a block.
func store(dst []byte, stride int, v archsimd.Uint64x2, first, second int) {
	binary.LittleEndian.PutUint64(dst[first*stride:], v.GetElem(0))
	binary.LittleEndian.PutUint64(dst[second*stride:], v.GetElem(1))
}

// sumRowsAVX2 does 16 samples at a time and returns how many it did.
func sumRowsAVX2(sums []uint16, near, far []uint8) (done int) {
	blocks := len(sums) / 16
	if blocks == 0 {
		return 0
	}
	done = 16 * blocks
	near, far = near[:done], far[:done]
	sumBlocks(&sums[0], &near[0], &far[0], blocks)
	return done
}

// blendRowsAVX2 does 16 samples at a time, in the lower bytes of 16 words.
func blendRowsAVX2(dst, near, far []uint8, bias uint16) (done int) {
	three, round := archsimd.BroadcastUint16x16(3), archsimd.BroadcastUint16x16(bias)
	order := archsimd.LoadInt8x32Array(&lowBytes)
	for ; done+16 <= len(dst); done += 16 {
		n := archsimd.LoadUint8x16(near[done:]).ExtendToUint16()
		f := archsimd.LoadUint8x16(far[done:]).ExtendToUint16()
		v := n.Mul(three).Add(f).Add(round).ShiftAllRight(2).AsUint8x32().PermuteOrZeroGrouped(order).AsUint64x4()
		v.GetLo().InterleaveLo(v.GetHi()).AsUint8x16().Store(dst[done:])
	}
	archsimd.ClearAVXUpperBits()
	return done
}

// widenRowAVX2 makes 32 samples out of 16 at a time and returns how many it took.
func widenRowAVX2(dst []uint8, sums []uint16, left, right uint16) (done int) {
	blocks := min((len(sums)-2)/16, len(dst)/32)
	if blocks <= 0 {
		return 0
	}
	widenBlocks(&dst[0], &sums[0], blocks, left, right)
	return 16 * blocks
}

// convertRowAVX2 converts 16 pixels at a time and returns how many it did. It writes 4 bytes behind
// them.
func convertRowAVX2(to, luma, cb, cr []uint8) (done int) {
	blocks := min((len(luma)-2)/16, len(cb)/16, len(cr)/16, (len(to)-4)/48)
	if blocks <= 0 {
		return 0
	}
	convertBlocks(&to[0], &luma[0], &cb[0], &cr[0], blocks)
	return 16 * blocks
}

// The loops of these functions, without checks, for a number of blocks above 0 (rows_amd64.s).

//go:noescape
func sumBlocks(sums *uint16, near, far *uint8, blocks int)

//go:noescape
func widenBlocks(dst *uint8, sums *uint16, blocks int, left, right uint16)

//go:noescape
func convertBlocks(to, luma, cb, cr *uint8, blocks int)
