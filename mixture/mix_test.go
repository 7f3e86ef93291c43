package mixture

import (
	"slices"
	"testing"
)

func TestApportion(t *testing.T) {
	for _, c := range []struct {
		weights []float64
		n       int
		want    []int
	}{
		{[]float64{1}, 10, []int{10}},
		{[]float64{1, 1, 1}, 10, []int{4, 3, 3}},
		{[]float64{63.86, 6.39, 0, 29.75}, 100, []int{64, 6, 0, 30}},
		{[]float64{1e-9, 1}, 10, []int{1, 9}},
	} {
		if got := apportion(c.weights, c.n); !slices.Equal(got, c.want) {
			t.Errorf("%v over %d: %v, want %v", c.weights, c.n, got, c.want)
		}
	}
}

// TestMixCountsWhatCameBefore walks three blocks and checks each task's running number.
func TestMixCountsWhatCameBefore(t *testing.T) {
	m := newMix(5, []float64{3, 1, 0.01})
	seen := make([]int, 3)
	for p := range 3 * slots {
		task, before, _ := m.At(p)
		if before != seen[task] {
			t.Fatalf("position %d: task %d has %d before it, %d seen", p, task, before, seen[task])
		}
		seen[task]++
	}
	if again, before, _ := newMix(5, []float64{3, 1, 0.01}).At(slots + 17); true {
		task, b, _ := m.At(slots + 17)
		if task != again || b != before {
			t.Error("the mix depends on what was asked before")
		}
	}
}
