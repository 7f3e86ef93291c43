package random

import (
	"math"
	"slices"
	"testing"
)

func TestStreamsAreAFunctionOfTheirKey(t *testing.T) {
	a, b, c := New(1, 2, 3), New(1, 2, 3), New(1, 3, 2)
	for range 100 {
		x := a.Uint64()
		if y := b.Uint64(); x != y {
			t.Fatalf("same key, other numbers: %x %x", x, y)
		}
		if y := c.Uint64(); x == y {
			t.Fatalf("other key, same number %x", x)
		}
	}
}

func TestMoments(t *testing.T) {
	s := New(7)
	const n = 200_000
	var mean, square, uniform float64
	for range n {
		v := s.Normal()
		mean, square = mean+v/n, square+v*v/n
		uniform += s.Float64() / n
	}
	if math.Abs(mean) > 0.01 || math.Abs(square-1) > 0.02 || math.Abs(uniform-0.5) > 0.005 {
		t.Errorf("normal mean %.4f variance %.4f, uniform mean %.4f", mean, square, uniform)
	}
}

func TestPermHoldsEveryNumberOnce(t *testing.T) {
	p := New(3).Perm(1000)
	slices.Sort(p)
	for i, v := range p {
		if i != v {
			t.Fatalf("position %d of the sorted permutation holds %d", i, v)
		}
	}
}
