//go:build goexperiment.simd && amd64

package imagefile

import "simd/archsimd"

// useAVX2 decides between the portable loops and their SIMD twins.
var useAVX2 = archsimd.X86.AVX2()

func upsampleWebPPairs(to, near, far []uint8) {
	done := 0
	if useAVX2 {
		done = upsampleWebPPairsAVX2(to, near, far)
	}
	upsampleWebPPairsPortable(to[2*done:], near[done:], far[done:])
}

func convertWebPRow(to, luma, cb, cr []uint8) {
	done := 0
	if useAVX2 {
		done = convertWebPRowAVX2(to, luma, cb, cr)
	}
	convertWebPRowPortable(to[3*done:], luma[done:], cb[done:], cr[done:])
}

// upsampleWebPPairsAVX2 writes 16 pairs at a time, each in a lane of 16 bits.
func upsampleWebPPairsAVX2(to, near, far []uint8) (done int) {
	eight := archsimd.BroadcastUint16x16(8)
	for ; done+17 <= len(near) && done+17 <= len(far) && 2*done+32 <= len(to); done += 16 {
		nearLeft, n := archsimd.LoadUint8x16(near[done:]).ExtendToUint16(), archsimd.LoadUint8x16(near[done+1:]).ExtendToUint16()
		farLeft, f := archsimd.LoadUint8x16(far[done:]).ExtendToUint16(), archsimd.LoadUint8x16(far[done+1:]).ExtendToUint16()
		falling, rising := n.Add(farLeft), nearLeft.Add(f)
		sum := falling.Add(rising).Add(eight)
		first := sum.Add(falling).Add(falling).ShiftAllRight(3).Add(nearLeft).ShiftAllRight(1)
		second := sum.Add(rising).Add(rising).ShiftAllRight(3).Add(n).ShiftAllRight(1)
		first.Or(second.ShiftAllLeft(8)).AsUint8x32().Store(to[2*done:])
	}
	archsimd.ClearAVXUpperBits()
	return done
}

// convertWebPRowAVX2 converts 8 pixels at a time in 32-bit lanes. Each lane ends as the bytes R, G,
// B, 0, of which a shuffle drops the last; a store of 4 pixels writes 4 bytes too many, which the
// next overwrites.
func convertWebPRowAVX2(to, luma, cb, cr []uint8) (done int) {
	drop := archsimd.LoadInt8x16([]int8{0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1})
	factor := func(v int32) archsimd.Int32x8 { return archsimd.BroadcastInt32x8(v) }
	zero, most := factor(0), factor(255)
	lumaBy, redBy, greenByCb, greenByCr, blueBy := factor(19077), factor(26149), factor(6419), factor(13320), factor(33050)
	red0, green0, blue0 := factor(14234), factor(8708), factor(17685)
	for ; done+16 <= len(luma) && done+16 <= len(cb) && done+16 <= len(cr); done += 8 {
		l := archsimd.LoadUint8x16(luma[done:]).ExtendLo8ToUint32().BitsToInt32().Mul(lumaBy).ShiftAllRight(8)
		u := archsimd.LoadUint8x16(cb[done:]).ExtendLo8ToUint32().BitsToInt32()
		v := archsimd.LoadUint8x16(cr[done:]).ExtendLo8ToUint32().BitsToInt32()
		red := l.Add(v.Mul(redBy).ShiftAllRight(8)).Sub(red0).ShiftAllRight(6).Max(zero).Min(most)
		green := l.Sub(u.Mul(greenByCb).ShiftAllRight(8)).Sub(v.Mul(greenByCr).ShiftAllRight(8)).Add(green0).ShiftAllRight(6).Max(zero).Min(most)
		blue := l.Add(u.Mul(blueBy).ShiftAllRight(8)).Sub(blue0).ShiftAllRight(6).Max(zero).Min(most)
		pixels := red.Or(green.ShiftAllLeft(8)).Or(blue.ShiftAllLeft(16))
		pixels.GetLo().ToBits().AsUint8x16().PermuteOrZero(drop).Store(to[3*done:])
		pixels.GetHi().ToBits().AsUint8x16().PermuteOrZero(drop).Store(to[3*done+12:])
	}
	archsimd.ClearAVXUpperBits()
	return done
}
