package resample

import (
	"fmt"
	"testing"
)

func TestAxis_SharesOutWeights(t *testing.T) {
	for want, sizes := range map[string][2]int{
		"[{0 [1]} {0 [0.75 0.25]} {0 [0.25 0.75]} {1 [1]}]": {2, 4},
		"[{0 [0.42857142857142855 0.42857142857142855 0.14285714285714285]} {1 [0.14285714285714285 0.42857142857142855 0.42857142857142855]}]": {4, 2},
		"[{0 [1]}]": {1, 1},
	} {
		if got := fmt.Sprint(Axis(sizes[0], sizes[1], 1, Triangle)); got != want {
			t.Errorf("%v: %s, want %s", sizes, got, want)
		}
	}
	for from := 1; from < 40; from++ {
		for to := 1; to < 40; to++ {
			for i, taps := range Axis(from, to, 1, Triangle) {
				sum := 0.0
				for _, w := range taps.Weights {
					sum += w
				}
				if taps.First < 0 || taps.First+len(taps.Weights) > from || !(sum > 1-1e-12 && sum < 1+1e-12) {
					t.Fatalf("%d to %d: output %d has the taps %v", from, to, i, taps)
				}
			}
		}
	}
}
