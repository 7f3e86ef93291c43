//go:build goexperiment.simd && amd64

package jpeg

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestKernels_EqualTheirPortableTwins compares both on random inputs of all lengths up to some
// vectors, extreme values included.
func TestKernels_EqualTheirPortableTwins(t *testing.T) {
	if !useAVX2 {
		t.Skip("NOT TESTED: this processor has no AVX2")
	}
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 90 {
		near, far, cr := random(r, n), random(r, n), random(r, n)
		sums, want := make([]uint16, n), make([]uint16, n)
		sumRows(sums, near, far)
		sumRowsPortable(want, near, far)
		if !slices.Equal(sums, want) {
			t.Fatalf("sumRows of %d samples: %v, want %v", n, sums, want)
		}
		compareBytes(t, "blendRows", n, func(to []byte) { blendRows(to, near, far, 2) }, func(to []byte) { blendRowsPortable(to, near, far, 2) })
		compareBytes(t, "convertRow", 3*n, func(to []byte) { convertRow(to, near, far, cr) }, func(to []byte) { convertRowPortable(to, near, far, cr) })
		if n >= 3 {
			compareBytes(t, "widenRow", 2*(n-2), func(to []byte) { widenRow(to, sums, 8, 7) }, func(to []byte) { widenRowPortable(to, sums, 8, 7) })
		}
	}
}

func random(r *rand.Rand, n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(r.Uint32())
	}
	return out
}

func compareBytes(t *testing.T, what string, n int, simd, portable func(to []byte)) {
	t.Helper()
	got, want := make([]byte, n), make([]byte, n)
	simd(got)
	portable(want)
	if !bytes.Equal(got, want) {
		t.Fatalf("%s of %d bytes: %v, want %v", what, n, got, want)
	}
}

// TestConvertRow_AllColours compares every pair of chroma with every luma that matters: the
// conversion adds luma after all roundings.
func TestConvertRow_AllColours(t *testing.T) {
	luma, cb, cr := make([]byte, 1<<16), make([]byte, 1<<16), make([]byte, 1<<16)
	for i := range luma {
		cb[i], cr[i] = byte(i), byte(i>>8)
	}
	for _, v := range []byte{0, 1, 60, 128, 200, 255} {
		fill(luma, v)
		compareBytes(t, "convertRow", 3<<16, func(to []byte) { convertRow(to, luma, cb, cr) }, func(to []byte) { convertRowPortable(to, luma, cb, cr) })
	}
}

// TestInverse_EqualsPortableTwin transforms blocks of few and of many coefficients, small ones and
// such that sums wrap around and saturate.
func TestInverse_EqualsPortableTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		var b, q [64]int16
		for i := range q {
			q[i] = int16(r.IntN(1 << r.IntN(17)))
		}
		largest := 1 << r.IntN(16)
		for range r.IntN(64) {
			b[r.IntN(64)] = int16(r.IntN(2*largest) - largest)
		}
		compareBytes(t, "inverseFull", 8*11, func(to []byte) { inverseFull(to, 11, &b, &q) }, func(to []byte) { inverseFullPortable(to, 11, &b, &q) })
		compareBytes(t, "inverseFastFull", 8*11, func(to []byte) { inverseFastFull(to, 11, &b, &q) }, func(to []byte) { inverseFastFullPortable(to, 11, &b, &q) })
		compareBytes(t, "inverse4x4Full", 4*7, func(to []byte) { inverse4x4Full(to, 7, &b, &q) }, func(to []byte) { inverse4x4FullPortable(to, 7, &b, &q) })
	}
}

// TestDecodePairs_EqualsItsPortableTwin decodes random bits by the standard tables and by tables of
// random codes, until beyond the end of the data.
func TestDecodePairs_EqualsItsPortableTwin(t *testing.T) {
	if !useBMI2 {
		t.Skip("NOT TESTED: this processor has no BMI2")
	}
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 400 {
		ac := &standardTables().tables[1][round%2]
		if round > 20 {
			ac = randomTable(r)
		}
		simd := bitReader{}
		simd.begin(random(r, 1+r.IntN(200)))
		portable := bitReader{}
		portable.begin(slices.Clone(simd.segment[:simd.size]))
		for !portable.short() {
			var got, want decodedBlock
			k := r.IntN(lastPair)
			end, wantEnd := simd.decodePairs(&got, ac, k), portable.pairsPortable(&want, ac, k)
			read, wantRead := 8*simd.next-simd.count, 8*portable.next-portable.count
			if end != wantEnd || read != wantRead || [64]int16(got[:64]) != [64]int16(want[:64]) {
				t.Fatalf("round %d, from %d: to %d behind %d bits, want %d behind %d:\n%v, want\n%v", round, k, end, read, wantEnd, wantRead, got, want)
			}
			if end < 0 && simd.longSymbol(ac) != portable.longSymbol(ac) {
				t.Fatal("other bits follow")
			}
		}
	}
}

// randomTable has codes of all lengths, in random numbers.
func randomTable(r *rand.Rand) *table {
	counts, symbols, room := make([]byte, 16), random(r, 256), 1
	total := 0
	for i := range counts {
		room *= 2
		n := min(r.IntN(min(room, 40)), 256-total)
		counts[i] = byte(n)
		total, room = total+n, room-n
	}
	t := new(table)
	t.define(counts, symbols[:total])
	t.pairUp()
	return t
}
