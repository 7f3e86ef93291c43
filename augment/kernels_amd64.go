//go:build goexperiment.simd && amd64

package augment

import "simd/archsimd"

// useAVX2 decides between the portable loops and their SIMD twins.
var (
	useAVX2   = archsimd.X86.AVX2()
	useAVX512 = archsimd.X86.AVX512()
)

func blendRows(sum []float32, rows [][]uint8, weights []float32) {
	done := 0
	if useAVX2 {
		done = blendRowsAVX2(sum, rows, weights)
	}
	if done < len(sum) {
		rest := make([][]uint8, len(rows))
		for i, row := range rows {
			rest[i] = row[done:]
		}
		blendRowsPortable(sum[done:], rest, weights)
	}
}

// gatherRow writes a row. It writes a value behind the row, and reads one behind the source;
// without room for that it leaves the row to the portable twin.
func gatherRow(out, source []float32, columns *taps) {
	count := len(columns.first)
	if !useAVX2 || count == 0 || len(out) <= 3*count || len(source) <= 3*columns.source || !columns.within() {
		gatherRowPortable(out, source, columns)
		return
	}
	gatherPixels(&out[0], &source[0], &columns.first[0], &columns.weights[0], count, columns.length)
}

// gatherRows writes four rows. The rows of the source are step values apart.
func gatherRows(out, source []float32, step int, columns *taps) {
	count := len(columns.first)
	if !useAVX2 || count == 0 || len(out) < 12*count || len(source) < 4*step || step <= 3*columns.source || !columns.within() {
		gatherRowsPortable(out, source, step, columns)
		return
	}
	gatherPixels4(&out[0], &source[0], &columns.first[0], &columns.weights[0], count, columns.length, step)
}

// gatherValues writes a row of single values. It writes up to three values behind the row.
func gatherValues(out, source []float32, columns *taps) {
	count := len(columns.first)
	if !useAVX2 || count == 0 || columns.length%4 != 0 || len(out) < count+3 ||
		columns.first[0] < 0 || columns.first[count-1]+columns.length > len(source) { // they never decrease
		gatherValuesPortable(out, source, columns)
		return
	}
	fours := count / 4
	if fours > 0 {
		gatherFours(&out[0], &source[0], &columns.first[0], &columns.weights[0], fours, columns.length/4)
	}
	rest := taps{length: columns.length, first: columns.first[4*fours:], weights: columns.weights[4*fours*columns.length:]}
	gatherValuesPortable(out[4*fours:], source, &rest)
}

func convertPlanes(to, luma, cb, cr []float32) {
	done := 0
	if useAVX2 {
		done = convertPlanesAVX2(to, luma, cb, cr)
	}
	convertPlanesPortable(to[3*done:], luma[done:], cb[done:], cr[done:])
}

// gatherFixed writes a row, and a byte behind it; the last row of an image, which has no room for
// that, is the portable twin's.
func gatherFixed(out, source []uint8, columns *fixedAxis) {
	count := len(columns.first)
	if !useAVX2 || len(out) <= 3*count || len(source) <= 3*columns.source || count == 0 || columns.length == 0 ||
		columns.first[0] < 0 || columns.first[count-1]+columns.length > columns.source {
		gatherFixedPortable(out, source, columns)
		return
	}
	gatherBytes(&out[0], &source[0], &columns.first[0], &columns.weights[0], count, columns.length, columns.bits)
}

// gatherFixedRows writes four rows. The rows of the source are step bytes apart, and a byte follows
// the last.
func gatherFixedRows(out, source []uint8, step int, columns *fixedAxis) {
	count := len(columns.first)
	if !useAVX2 || count == 0 || len(out) < 12*count || len(source) <= 3*step+3*columns.source || columns.length == 0 ||
		columns.first[0] < 0 || columns.first[count-1]+columns.length > columns.source {
		gatherFixedRowsPortable(out, source, step, columns)
		return
	}
	gatherBytes4(&out[0], &source[0], &columns.first[0], &columns.weights[0], count, columns.length, columns.bits, step)
}

func addFixed(sums []int32, row []uint8, weight int32) {
	done := 0
	if useAVX2 {
		done = addFixedAVX2(sums, row, weight)
	}
	addFixedPortable(sums[done:], row[done:], weight)
}

func clipFixed(out []uint8, sums []int32, bits int) {
	done := 0
	if useAVX2 {
		done = clipFixedAVX2(out, sums, bits)
	}
	clipFixedPortable(out[done:], sums[done:], bits)
}

func widen(to []float32, from []uint8) {
	done := 0
	if useAVX2 {
		done = widenAVX2(to, from)
	}
	widenPortable(to[done:], from[done:])
}

func mapRange(values []float32, from, scale, to float32) {
	done := 0
	if useAVX2 {
		done = mapRangeAVX2(values, from, scale, to)
	}
	mapRangePortable(values[done:], from, scale, to)
}

// blendRowsAVX2 does 16 values at a time, in registers over all rows, and returns how many it did.
func blendRowsAVX2(sum []float32, rows [][]uint8, weights []float32) (done int) {
	if blocks := len(sum) / 64; useAVX512 && blocks > 0 && len(rows) > 0 {
		done = 64 * blocks
		for i := range rows {
			_, _ = rows[i][:done], weights[i]
		}
		blendBlocks(&sum[0], &rows[0], &weights[0], len(rows), blocks)
	}
	for ; done+16 <= len(sum); done += 16 {
		var low, high archsimd.Float32x8
		for i, row := range rows {
			w := archsimd.BroadcastFloat32x8(weights[i])
			bytes := archsimd.LoadUint8x16(row[done : done+16])
			low = low.Add(bytes.ExtendLo8ToUint32().BitsToInt32().ConvertToFloat32().Mul(w))
			high = high.Add(bytes.ConcatShiftBytesRight(bytes, 8).ExtendLo8ToUint32().BitsToInt32().ConvertToFloat32().Mul(w))
		}
		low.Store(sum[done:])
		high.Store(sum[done+8:])
	}
	archsimd.ClearAVXUpperBits()
	return done
}

// blendBlocks is the loop of blendRows, 64 values at a time, without checks (blend_amd64.s).
//
//go:noescape
func blendBlocks(sum *float32, rows *[]uint8, weights *float32, count, blocks int)

// gatherPixels is gatherRowPortable, without its checks (gather_amd64.s).
//
//go:noescape
func gatherPixels(out, source *float32, first *int, weights *float32, count, length int)

// gatherPixels4 is gatherRowsPortable, without its checks (gather_amd64.s).
//
//go:noescape
func gatherPixels4(out, source *float32, first *int, weights *float32, count, length, step int)

// gatherFours is gatherValuesPortable, four outputs at a time, without its checks (gather_amd64.s).
//
//go:noescape
func gatherFours(out, source *float32, first *int, weights *float32, fours, quads int)

// convertPlanesAVX2 converts 8 pixels at a time and returns how many it did. The fourth value of a
// pixel is written over by the next one.
func convertPlanesAVX2(to, luma, cb, cr []float32) (done int) {
	zero, most, middle := archsimd.BroadcastFloat32x8(0), archsimd.BroadcastFloat32x8(255), archsimd.BroadcastFloat32x8(128)
	cr2r, cb2g := archsimd.BroadcastFloat32x8(crToRed), archsimd.BroadcastFloat32x8(cbToGreen)
	cr2g, cb2b := archsimd.BroadcastFloat32x8(crToGreen), archsimd.BroadcastFloat32x8(cbToBlue)
	for ; done+8 <= len(luma) && 3*done+25 <= len(to); done += 8 {
		y := archsimd.LoadFloat32x8(luma[done:])
		b := archsimd.LoadFloat32x8(cb[done:]).Sub(middle)
		r := archsimd.LoadFloat32x8(cr[done:]).Sub(middle)
		red := y.Add(r.Mul(cr2r)).Max(zero).Min(most).AsInt32x8()
		green := y.Add(b.Mul(cb2g)).Add(r.Mul(cr2g)).Max(zero).Min(most).AsInt32x8()
		blue := y.Add(b.Mul(cb2b)).Max(zero).Min(most).AsInt32x8()
		rgLow, rgHigh := red.InterleaveLoGrouped(green).AsUint64x4(), red.InterleaveHiGrouped(green).AsUint64x4()
		bLow, bHigh := blue.InterleaveLoGrouped(blue).AsUint64x4(), blue.InterleaveHiGrouped(blue).AsUint64x4()
		p04, p15 := rgLow.InterleaveLoGrouped(bLow).AsFloat32x8(), rgLow.InterleaveHiGrouped(bLow).AsFloat32x8()
		p26, p37 := rgHigh.InterleaveLoGrouped(bHigh).AsFloat32x8(), rgHigh.InterleaveHiGrouped(bHigh).AsFloat32x8()
		out := to[3*done:][:25]
		p04.GetLo().Store(out[0:])
		p15.GetLo().Store(out[3:])
		p26.GetLo().Store(out[6:])
		p37.GetLo().Store(out[9:])
		p04.GetHi().Store(out[12:])
		p15.GetHi().Store(out[15:])
		p26.GetHi().Store(out[18:])
		p37.GetHi().Store(out[21:])
	}
	archsimd.ClearAVXUpperBits()
	return done
}

// gatherBytes is gatherFixedPortable, without its checks (gather_amd64.s).
//
//go:noescape
func gatherBytes(out, source *uint8, first *int, weights *int32, count, length, bits int)

// gatherBytes4 is gatherFixedRowsPortable, without its checks (gather_amd64.s).
//
//go:noescape
func gatherBytes4(out, source *uint8, first *int, weights *int32, count, length, bits, step int)

// addFixedAVX2 adds 8 values at a time and returns how many it did.
func addFixedAVX2(sums []int32, row []uint8, weight int32) (done int) {
	w := archsimd.BroadcastInt32x8(weight)
	for ; done+16 <= len(row) && done+8 <= len(sums); done += 8 {
		v := archsimd.LoadUint8x16(row[done:]).ExtendLo8ToUint32().BitsToInt32()
		archsimd.LoadInt32x8(sums[done:]).Add(v.Mul(w)).Store(sums[done:])
	}
	archsimd.ClearAVXUpperBits()
	return done
}

var (
	bytesOfFour = [32]int8{0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15}
	joinHalves  = [8]uint32{0, 4, 1, 5, 2, 6, 3, 7}
)

// clipFixedAVX2 does 32 values at a time, as bytes of 8 words, and returns how many it did.
func clipFixedAVX2(out []uint8, sums []int32, bits int) (done int) {
	zero, most, drop := archsimd.BroadcastInt32x8(0), archsimd.BroadcastInt32x8(255), uint64(bits)
	order, halves := archsimd.LoadInt8x32Array(&bytesOfFour), archsimd.LoadUint32x8Array(&joinHalves)
	for ; done+32 <= len(sums); done += 32 {
		from := sums[done:][:32]
		a := archsimd.LoadInt32x8(from).ShiftAllRight(drop).Max(zero).Min(most)
		b := archsimd.LoadInt32x8(from[8:]).ShiftAllRight(drop).Max(zero).Min(most).ShiftAllLeft(8)
		c := archsimd.LoadInt32x8(from[16:]).ShiftAllRight(drop).Max(zero).Min(most).ShiftAllLeft(16)
		d := archsimd.LoadInt32x8(from[24:]).ShiftAllRight(drop).Max(zero).Min(most).ShiftAllLeft(24)
		bytes := a.Or(b).Or(c.Or(d)).AsUint8x32().PermuteOrZeroGrouped(order)
		bytes.AsUint32x8().Permute(halves).AsUint8x32().Store(out[done:])
	}
	archsimd.ClearAVXUpperBits()
	return done
}

// widenAVX2 converts 16 values at a time and returns how many it did.
func widenAVX2(to []float32, from []uint8) (done int) {
	for ; done+16 <= len(from); done += 16 {
		bytes := archsimd.LoadUint8x16(from[done:])
		bytes.ExtendLo8ToUint32().BitsToInt32().ConvertToFloat32().Store(to[done:])
		bytes.ConcatShiftBytesRight(bytes, 8).ExtendLo8ToUint32().BitsToInt32().ConvertToFloat32().Store(to[done+8:])
	}
	archsimd.ClearAVXUpperBits()
	return done
}

// mapRangeAVX2 does 8 values at a time and returns how many it did.
func mapRangeAVX2(values []float32, from, scale, to float32) (done int) {
	f, s, t := archsimd.BroadcastFloat32x8(from), archsimd.BroadcastFloat32x8(scale), archsimd.BroadcastFloat32x8(to)
	for ; done+8 <= len(values); done += 8 {
		archsimd.LoadFloat32x8(values[done:]).Sub(f).Mul(s).Add(t).Store(values[done:])
	}
	archsimd.ClearAVXUpperBits()
	return done
}
