package mixture

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestRowSet_SelectsWhatWasAdded compares sets of every density with lists.
func TestRowSet_SelectsWhatWasAdded(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	cases := map[string][]int{
		"one":        {7},
		"far":        {1 << 40, 1<<40 + 5},
		"run":        span(0, 3*blockRows+17),
		"run within": span(blockRows-3, 2*blockRows+9),
		"two runs":   append(span(5, 100), span(3*blockRows, 4*blockRows)...),
		"last":       {blockRows - 1, blockRows},
	}
	for name, density := range map[string]float64{"sparse": 0.001, "half": 0.5, "dense": 0.999} {
		var rows []int
		for row := range 3*blockRows + 100 {
			if rng.Float64() < density {
				rows = append(rows, row)
			}
		}
		cases[name] = rows
	}
	for name, rows := range cases {
		set := setOf(rows)
		if set.size != len(rows) {
			t.Errorf("%s: size %d, want %d", name, set.size, len(rows))
		}
		got := make([]int, set.size)
		for i := range got {
			got[i] = set.at(i)
		}
		if !slices.Equal(got, rows) {
			t.Errorf("%s: the set has other rows", name)
		}
	}
}

// TestRowSet_IsSmall bounds the memory of a set: a bit a row, and nothing for rows in one piece.
func TestRowSet_IsSmall(t *testing.T) {
	const n = 16 * blockRows
	whole := setOf(span(0, n))
	if whole.bytes() > 512 {
		t.Errorf("all rows take %d bytes", whole.bytes())
	}
	var odd []int
	for row := 0; row < n; row += 2 {
		odd = append(odd, row)
	}
	half := setOf(odd)
	if limit := n/8 + n/100; half.bytes() > limit {
		t.Errorf("every other of %d rows takes %d bytes, more than %d", n, half.bytes(), limit)
	}
}

func span(from, to int) (rows []int) {
	for row := from; row < to; row++ {
		rows = append(rows, row)
	}
	return rows
}

func setOf(rows []int) rowSet {
	var b rowSetBuilder
	for _, row := range rows {
		b.add(row)
	}
	return b.rows()
}

func BenchmarkRowSet(b *testing.B) {
	var rows []int
	for row := range 100 * blockRows {
		if row%3 > 0 {
			rows = append(rows, row)
		}
	}
	set := setOf(rows)
	b.ResetTimer()
	for i := range b.N {
		set.at(i * 7919 % set.size)
	}
}
