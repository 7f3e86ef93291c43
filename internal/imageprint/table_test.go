package imageprint

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pali3/pali3/random"
)

// TestTable_FindsAll compares the search by bands with a search of all looks.
func TestTable_FindsAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		near := Near{rapid.IntRange(0, MaxBits).Draw(t, "bits"), 40}
		rng := random.New(rapid.Uint64().Draw(t, "seed"))
		centre := rng.Uint64()
		draw := func() (l Look) {
			l.Shape = centre
			for range rng.IntN(2*near.Bits + 3) {
				l.Shape ^= 1 << rng.IntN(64)
			}
			l.Colour[rng.IntN(len(l.Colour))] = uint8(rng.IntN(60))
			return l
		}
		table := NewTable(near)
		for range 30 {
			table.Add(draw())
		}
		table.Build()
		query := draw()
		var got, want []int
		for n := range table.Len() {
			if near.same(table.Look(n), &query) {
				want = append(want, n)
			}
		}
		table.Each(&query, func(n int) bool {
			got = append(got, n)
			return true
		})
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("found %v, want %v", got, want)
		}
	})
}
