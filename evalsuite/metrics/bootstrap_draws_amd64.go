//go:build goexperiment.simd && amd64

package metrics

import "simd/archsimd"

// useAVX512 decides between the portable draws and their SIMD twin.
var useAVX512 = archsimd.X86.AVX512()

func fillDraws(places []uint32, n int, state uint64) uint64 {
	if useAVX512 && n < 1<<32 {
		whole := len(places) &^ 7
		state = fillDrawsAVX512(places[:whole], uint64(n), state)
		places = places[whole:]
	}
	return fillDrawsPortable(places, n, state)
}

// fillDrawsAVX512 draws 8 numbers at a time. A number below n is the upper half of a product with
// n, which has 32 bits: the products of both halves are added.
func fillDrawsAVX512(places []uint32, n, state uint64) uint64 {
	const lanes = 8
	var states [lanes]uint64
	for i := range states {
		states[i] = state + uint64(i+1)*uint64(streamStep)
	}
	step := uint64(lanes)
	step *= streamStep
	next, v := archsimd.BroadcastUint64x8(step), archsimd.LoadUint64x8Array(&states)
	below, low := archsimd.BroadcastUint64x8(n), archsimd.BroadcastUint64x8(1<<32-1)
	one, two := archsimd.BroadcastUint64x8(0xbf58476d1ce4e5b9), archsimd.BroadcastUint64x8(0x94d049bb133111eb)
	for len(places) >= lanes {
		x := v.Xor(v.ShiftAllRight(30)).Mul(one) // random.Mix
		x = x.Xor(x.ShiftAllRight(27)).Mul(two)
		x = x.Xor(x.ShiftAllRight(31))
		rest := x.And(low).Mul(below).ShiftAllRight(32)
		x.ShiftAllRight(32).Mul(below).Add(rest).ShiftAllRight(32).TruncToUint32().Store(places)
		v, places, state = v.Add(next), places[lanes:], state+step
	}
	archsimd.ClearAVXUpperBits()
	return state
}
