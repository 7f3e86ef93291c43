package version2

import (
	"math"
	"testing"

	"github.com/pali3/pali3/mixture/internal/schedule"
	"github.com/pali3/pali3/random"
)

// TestAt_CountsTurns walks over ends of blocks with constant weights and checks that At counts each
// task's turns.
func TestAt_CountsTurns(t *testing.T) {
	for seed := range uint64(30) {
		rng := random.New(seed)
		weights := make([]float64, []int{2, 5, 12, 100}[seed%4])
		sum := 0.0
		for i := range weights {
			weights[i] = math.Sqrt(rng.Float64() + 0.01)
			sum += weights[i]
		}
		s, err := New(schedule.Plan{Points: []schedule.Point{{Weights: weights}}})
		if err != nil {
			t.Fatal(err)
		}
		end := (1 + rng.IntN(1e5)) * blockTarget
		seen := map[int]int{}
		for p := end - 1500; p < end+1500; p++ {
			task, before, err := s.At(p)
			if want, found := seen[task]; err != nil || found && before != want {
				t.Fatalf("position %d: turn %d of task %d, want %d: %v", p, before, task, want, err)
			}
			seen[task] = before + 1
			if off := math.Abs(weights[task]/sum*float64(p) - float64(before)); off > 1.1 {
				t.Fatalf("position %d: %d turns of task %d, %.3f off", p, before, task, off)
			}
		}
	}
}

// TestAt_EndsWithTheLimits has all tasks end.
func TestAt_EndsWithTheLimits(t *testing.T) {
	s, err := New(schedule.Plan{Points: []schedule.Point{{Weights: []float64{1, 2, 0.3}}}, Limits: []int{70_000, 1000, 30}})
	if err != nil || s.End() != 71_030 {
		t.Fatalf("ends at %d, %v", s.End(), err)
	}
	counts := make([]int, 3)
	for p := range s.End() {
		task, before, err := s.At(p)
		if err != nil || before != counts[task] {
			t.Fatalf("position %d: turn %d of task %d, want %d: %v", p, before, task, counts[task], err)
		}
		counts[task]++
	}
	if counts[0] != 70_000 || counts[1] != 1000 || counts[2] != 30 {
		t.Errorf("turns %v", counts)
	}
}
