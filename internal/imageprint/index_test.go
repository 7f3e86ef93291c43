package imageprint

import (
	"math/bits"
	"testing"

	"pgregory.net/rapid"

	"github.com/pali3/pali3/random"
)

// TestIndex_FindsAll compares the search by bands with a search of all images.
func TestIndex_FindsAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		like := Near{rapid.IntRange(0, MaxBits).Draw(t, "bits"), 255}
		rng := random.New(rapid.Uint64().Draw(t, "seed"))
		index := NewIndex[int](like)
		centre := rng.Uint64()
		near := func() uint64 {
			shape := centre
			for range rng.IntN(2*like.Bits + 3) {
				shape ^= 1 << rng.IntN(64)
			}
			return shape
		}
		for range 30 {
			index.Add(&Print{Look: Look{Shape: near()}}, 0)
		}
		query := &Print{Look: Look{Shape: near()}}
		want := false
		for _, f := range index.prints {
			want = want || bits.OnesCount64(f.Shape^query.Shape) <= like.Bits
		}
		if _, got := index.Find(query, func(int) bool { return true }); got != want {
			t.Fatalf("found %v, want %v", got, want)
		}
	})
}

func BenchmarkIndex(b *testing.B) {
	index, rng := NewIndex[int](Near{3, 5}), random.New(1)
	for range 100_000 {
		index.Add(&Print{Look: Look{Shape: rng.Uint64()}}, 0)
	}
	for b.Loop() {
		index.Find(&Print{Look: Look{Shape: rng.Uint64()}}, func(int) bool { return true })
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "queries/s")
}
