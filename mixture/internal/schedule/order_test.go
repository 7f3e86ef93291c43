package schedule_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"testing"

	"github.com/pali3/pali3/mixture/internal/schedule"
	"github.com/pali3/pali3/mixture/internal/schedule/version2"
)

// plans are such whose order is compared with that of the program which introduced a version.
var plans = map[string]schedule.Plan{
	"exact":    {Points: []schedule.Point{{Weights: []float64{2, 1, 0.5, 7}}}},
	"inexact":  {Points: []schedule.Point{{Weights: []float64{0.7, math.Pi, 0.001, 1e-7, 1}}}},
	"limited":  {Points: []schedule.Point{{Weights: []float64{0.7, math.Pi, 0.01, 1}}}, Limits: []int{1000, 0, 50, 60_000}},
	"thousand": {Points: []schedule.Point{{Weights: falling(1000)}}},
	"curriculum": {Points: []schedule.Point{
		{Weights: []float64{1, 2, 0.1, 0}}, {Position: 50_000, Weights: []float64{1, 0, math.E, 2}}, {Position: 90_001, Weights: []float64{0.3, 0, 0, 1}},
	}},
}

// falling returns n weights of very different sizes.
func falling(n int) []float64 {
	weights := make([]float64, n)
	for i := range weights {
		weights[i] = math.Exp(-float64(i) / 50)
	}
	return weights
}

// digest is that of turns at the beginning, at the ends of blocks and far into the stream.
func digest(t *testing.T, at func(position int) (task, before int, err error)) string {
	t.Helper()
	h := sha256.New()
	for _, first := range []int{0, 49_000, 65_000, 130_000, 1e6, 1e8 + 7, 3e10 + 123} {
		for p := first; p < first+3000; p++ {
			task, before, err := at(p)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(h, task, before)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// TestAt_StaysThatOfItsStreamVersion fails where a version's order changes. It never does: add a
// version.
func TestAt_StaysThatOfItsStreamVersion(t *testing.T) {
	want := map[string][2]string{ // of versions 2 and 3
		"exact":      {"a85b20eaa9ced9c4", "a85b20eaa9ced9c4"},
		"inexact":    {"2f514dca1790ba4b", "5a6e8c4d8b0e7344"},
		"limited":    {"b3493ed1d97cf178", "d7f271963ecea658"},
		"thousand":   {"321a400bd66a842c", "aaccd4ce010d1497"},
		"curriculum": {"86a614a7a629398e", "bbad67329799b4de"},
	}
	for name, plan := range plans {
		old, err := version2.New(plan)
		if err != nil {
			t.Fatal(err)
		}
		now, err := schedule.New(plan)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]string{digest(t, old.At), digest(t, now.At)}; got != want[name] {
			t.Errorf("%s: %q, want %q", name, got, want[name])
		}
	}
}
