package mixture

import (
	"math"
	"testing"
)

func TestOrderVisitsEachOnce(t *testing.T) {
	for _, c := range []struct{ n, block, blend int }{{1, 1, 1}, {2, 8, 8}, {100, 7, 3}, {1000, 1, 1000}, {1023, 64, 4}, {5000, 5000, 1}} {
		o := NewOrder(c.n, c.block, c.blend)
		seen := make([]bool, c.n)
		moved := 0
		for i := range c.n {
			v := o.At(i, 42)
			if v < 0 || v >= c.n || seen[v] {
				t.Fatalf("%+v: position %d holds %d, out of range or seen before", c, i, v)
			}
			seen[v] = true
			if v != i {
				moved++
			}
		}
		if c.n > 50 && moved < c.n/2 {
			t.Errorf("%+v: only %d of %d moved", c, moved, c.n)
		}
	}
}

func TestOrderStaysInItsWindow(t *testing.T) {
	o := NewOrder(10_000, 100, 4)
	for start := 0; start < 10_000; start += 400 {
		blocks := map[int]bool{}
		for i := range 400 {
			blocks[o.At(start+i, 7)/100] = true
		}
		if len(blocks) != 4 {
			t.Errorf("the window at %d reads %d blocks, want 4", start, len(blocks))
		}
	}
}

// TestOrderIsUniform is a chi-square test over the place of one number in many epochs.
func TestOrderIsUniform(t *testing.T) {
	const n, epochs = 16, 16_000
	o := NewOrder(n, 4, 4)
	counts := make([]float64, n)
	for e := range uint64(epochs) {
		counts[o.At(3, e)]++
	}
	chi := 0.0
	for _, c := range counts {
		chi += math.Pow(c-epochs/n, 2) / (epochs / n)
	}
	if chi > 37.7 { // 15 degrees of freedom, p = 0.001
		t.Errorf("chi-square %.1f of counts %v", chi, counts)
	}
}

// TestNeighboursComeTogether visits each number once an epoch, neighbours within a block of
// positions.
func TestNeighboursComeTogether(t *testing.T) {
	const n, neighbours = 103, 10
	o := NeighbourOrder(n, neighbours)
	begins := map[int]bool{}
	for epoch := range uint64(5) {
		seen := make([]bool, n)
		for start := 0; start < n; start += neighbours {
			low := -1
			for i := start; i < min(start+neighbours, n); i++ {
				v := o.At(i, epoch)
				if seen[v] {
					t.Fatalf("epoch %d: %d comes twice", epoch, v)
				}
				seen[v] = true
				if low < 0 || (low-v+n)%n < n/2 {
					low = v // the least, around the end
				}
			}
			for i := start; i < min(start+neighbours, n); i++ {
				if far := (o.At(i, epoch) - low + n) % n; far >= neighbours {
					t.Errorf("epoch %d: %d and %d are %d apart in one block", epoch, low, o.At(i, epoch), far)
				}
			}
			if start == 0 {
				begins[low%neighbours] = true
			}
		}
	}
	if len(begins) < 2 {
		t.Error("blocks begin at the same numbers in each epoch")
	}
}
