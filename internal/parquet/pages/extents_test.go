package pages

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/delta"
)

// encodedLengths returns lengths as a writer of Parquet has them.
func encodedLengths(t testing.TB, lengths []int32) []byte {
	t.Helper()
	b, err := new(delta.BinaryPackedEncoding).EncodeInt32(nil, lengths)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestExtents finds values singly where offsets find them.
func TestExtents(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, most := range []int32{1, 2, 7, 300, 70_000, 1 << 20} {
		for _, n := range []int{0, 1, 2, 32, 33, 34, 128, 129, 130, 1000} {
			lengths := make([]int32, n)
			for i := range lengths {
				lengths[i] = rng.Int32N(most)
			}
			agree(t, encodedLengths(t, lengths), n)
		}
	}
}

// agree compares the extents of n lengths with the offsets, if they are lengths.
func agree(t *testing.T, b []byte, n int) {
	t.Helper()
	p := &Page{left: MaxPage}
	sum, size, err := p.readLengths(b, n)
	x, another := readExtents(b, n)
	if err != nil {
		if another == nil { // what is wrong within a miniblock shows when a value is asked for
			for i := range n {
				x.of(i)
			}
		}
		return
	}
	if another != nil || x.sum != sum || len(x.lengths) != size {
		t.Fatalf("%d lengths of %d bytes in %d; want %d in %d: %v", n, x.sum, len(x.lengths), sum, size, another)
	}
	for i := range n {
		at, length, err := x.of(i)
		if from, to := int64(p.offsets[i]), int64(p.offsets[i+1]); err != nil || at != from || length != to-from {
			t.Fatalf("value %d of %d lies at %d, %d bytes: %v; want at %d, %d", i, n, at, length, err, from, to-from)
		}
	}
}

// FuzzExtents looks for lengths that are not the same when they are asked for one by one.
func FuzzExtents(f *testing.F) {
	for _, lengths := range [][]int32{{}, {5}, {1, 2, 3}, {70_000, 0, 1 << 30, 1 << 30}, make([]int32, 200)} {
		f.Add(encodedLengths(f, lengths), len(lengths))
	}
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		if n >= 0 && n <= maxDirectory {
			agree(t, b, n)
		}
	})
}

// TestSameLevels tells levels that are all one from others, however they are cut into runs.
func TestSameLevels(t *testing.T) {
	run := func(n, level int) []byte { return append(binary.AppendUvarint(nil, uint64(n)<<1), byte(level)) }
	join := func(parts ...[]byte) (all []byte) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	for _, c := range []struct {
		name  string
		b     []byte
		slots int
		level byte
		one   bool
	}{
		{"one run", run(100, 2), 100, 2, true},
		{"a run longer than the page", run(104, 2), 100, 2, true},
		{"two runs", join(run(96, 2), run(4, 2)), 100, 2, true},
		{"two runs of two levels", join(run(96, 2), run(4, 1)), 100, 0, false},
		{"runs cut short", run(96, 2), 100, 0, false},
		{"an endless run of none", join(run(0, 2), run(100, 2)), 100, 0, false},
		{"packed", join(run(96, 2), []byte{3, 0xaa}), 100, 0, false},
		{"no slots", nil, 0, 0, false},
	} {
		level, one := runs{b: c.b}.same(c.slots)
		if one != c.one || one && level != c.level {
			t.Errorf("%s: level %d, %v; want %d, %v", c.name, level, one, c.level, c.one)
		}
	}
}
