package schedule

import (
	"errors"
	"math"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/pali3/pali3/random"
)

// walk goes through the positions from first to end and checks that At counts each task's turns. It
// returns the largest distance of a count from its ideal.
func walk(t rapid.TB, s *Schedule, n, first, end int, ideal func(task, position int) float64) (worst float64) {
	t.Helper()
	seen := make([]int, n)
	for i := range seen {
		seen[i] = -1
	}
	for p := first; p < end; p++ {
		task, before, err := s.At(p)
		if err != nil {
			t.Fatal(err)
		}
		if seen[task] >= 0 && before != seen[task] {
			t.Fatalf("position %d: task %d has %d turns before it, %d were seen", p, task, before, seen[task])
		}
		seen[task] = before + 1
		worst = max(worst, math.Abs(float64(before)-ideal(task, p)), math.Abs(float64(before+1)-ideal(task, p+1)))
	}
	return worst
}

// constant returns the schedule of constant weights, and its ideal counts.
func constant(t rapid.TB, weights []float64) (*Schedule, func(task, position int) float64) {
	s, err := New(Plan{Points: []Point{{Weights: weights}}})
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	return s, func(task, position int) float64 { return weights[task] * float64(position) / sum }
}

func TestAt_CountsAreWithinOneOfExactShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Map(rapid.IntRange(1, 300), func(n int) float64 { return float64(n) / 4 }), 1, 20).Draw(t, "weights")
		s, ideal := constant(t, weights)
		if s.spans[0].cycle == nil {
			t.Fatalf("%v: no period", weights)
		}
		for _, first := range []int{0, rapid.IntRange(0, 1e12).Draw(t, "first")} {
			if worst := walk(t, s, len(weights), first, first+5000, ideal); worst >= 1+1e-3 {
				t.Fatalf("%v from %d: off by %.3f", weights, first, worst)
			}
		}
	})
}

// drawWeights draws the weights of 1 to 1,000 tasks: about equal, of very different sizes, or all
// tiny beside one.
func drawWeights(t *rapid.T) []float64 {
	weights := make([]float64, rapid.SampledFrom([]int{1, 2, 3, 5, 12, 100, 1000}).Draw(t, "tasks"))
	kind, rng := rapid.IntRange(0, 2).Draw(t, "kind"), random.New(rapid.Uint64().Draw(t, "seed"))
	for i := range weights {
		switch u := rng.Float64(); kind {
		case 0:
			weights[i] = u + 0.01
		case 1:
			weights[i] = math.Exp(-20 * u)
		default:
			weights[i] = 1e-7 * (u + 0.01)
		}
	}
	if kind == 2 {
		weights[0] = 1
	}
	return weights
}

// TestAt_CountsAreWithinOneOfAnyShares walks over two ends of blocks, at the beginning and far into
// the stream.
func TestAt_CountsAreWithinOneOfAnyShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := drawWeights(t)
		temperature := rapid.SampledFrom([]float64{1, 2, 1 / 0.3}).Draw(t, "temperature")
		for i := range weights {
			weights[i] = math.Pow(weights[i], 1/temperature)
		}
		s, ideal := constant(t, weights)
		end := rapid.IntRange(1, 1e5).Draw(t, "end") * blockTarget
		for _, span := range [][2]int{{0, 3000}, {blockTarget - 1500, blockTarget + 1500}, {end - 1500, end + 1500}} {
			if worst := walk(t, s, len(weights), span[0], span[1], ideal); worst >= 1+1e-4 {
				t.Fatalf("%d tasks from %d: off by %.4f", len(weights), span[0], worst)
			}
		}
	})
}

func TestPosition_IsTheInverseOfAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := drawWeights(t)
		plan := Plan{Points: []Point{{Weights: weights}}, Strict: rapid.Bool().Draw(t, "strict")}
		if rapid.Bool().Draw(t, "limited") {
			plan.Limits = make([]int, len(weights))
			plan.Limits[0] = rapid.IntRange(1, 200_000).Draw(t, "limit")
		}
		s, err := New(plan)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			p := rapid.IntRange(0, min(s.End()-1, 1e8)).Draw(t, "position")
			task, before, err := s.At(p)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := s.Position(task, before); got != p || err != nil {
				t.Fatalf("position %d is turn %d of task %d, which is at %d: %v", p, before, task, got, err)
			}
		}
	})
}

// TestAt_TasksAreUsedUp has some tasks end, and compares the counts with shares that are divided
// among those that are left.
func TestAt_TasksAreUsedUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "tasks")
		weights, limits, total := make([]float64, n), make([]int, n), 0
		for i := range weights {
			weights[i] = rapid.Float64Range(0.01, 1).Draw(t, "weight")
			if rapid.Bool().Draw(t, "limited") || i == 0 {
				limits[i] = rapid.IntRange(1, 3000).Draw(t, "limit")
			}
			total += limits[i]
		}
		s, err := New(Plan{Points: []Point{{Weights: weights}}, Limits: limits, Strict: true})
		if err != nil {
			t.Fatal(err)
		}
		finite := !slices.Contains(limits, 0)
		if finite && s.End() != total || !finite && s.End() != Endless {
			t.Fatalf("limits %v end at %d", limits, s.End())
		}
		counts := make([]int, n)
		for p := range min(s.End(), 50_000) {
			task, before, err := s.At(p)
			if err != nil || before != counts[task] {
				t.Fatalf("position %d: turn %d of task %d, want %d: %v", p, before, task, counts[task], err)
			}
			counts[task]++
		}
		for i, limit := range limits {
			if limit > 0 && counts[i] > limit || finite && counts[i] != limit {
				t.Fatalf("task %d had %d turns of %d", i, counts[i], limit)
			}
		}
		if _, _, err := s.At(total); finite && !errors.Is(err, ErrEnd) {
			t.Fatalf("behind the end: %v", err)
		}
		first, err := New(Plan{Points: []Point{{Weights: weights}}, Limits: limits, EndWithFirst: true, Strict: true})
		if err != nil {
			t.Fatal(err)
		}
		task, before, err := first.At(first.End() - 1)
		left := math.Inf(1)
		for i, limit := range limits {
			if limit > 0 {
				left = min(left, float64(limit-counts[i]))
			}
		}
		if err != nil || left == 0 && first.End() > s.End() {
			t.Fatalf("ends at %d with turn %d of task %d: %v", first.End(), before, task, err)
		}
	})
}

func TestAt_TasksAreUsedUpTogether(t *testing.T) {
	for _, limits := range [][]int{{1, 1}, {3, 3, 3}, {2, 4, 2}, {5}} {
		weights, total := make([]float64, len(limits)), 0
		for i, limit := range limits {
			weights[i] = float64(limit)
			total += limit
		}
		s, err := New(Plan{Points: []Point{{Weights: weights}}, Limits: limits, Strict: true})
		if err != nil || s.End() != total {
			t.Errorf("limits %v end at %d, %v", limits, s.End(), err)
		}
	}
}

// TestAt_FollowsACurriculum compares counts with the integrals of shares that change.
func TestAt_FollowsACurriculum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "tasks")
		var points []Point
		at := 0
		for range rapid.IntRange(1, 5).Draw(t, "points") {
			p := Point{Position: at, Weights: make([]float64, n)}
			for i := range p.Weights {
				if rapid.IntRange(0, 3).Draw(t, "zero") > 0 || i == 0 {
					p.Weights[i] = rapid.Float64Range(0.01, 1).Draw(t, "weight")
				}
			}
			points = append(points, p)
			at += rapid.IntRange(64, 40_000).Draw(t, "steps")
		}
		s, err := New(Plan{Points: points, Strict: true})
		if err != nil {
			t.Fatal(err)
		}
		ideals := make([]float64, n)
		counts := make([]int, n)
		for p := range at + 1000 {
			task, before, err := s.At(p)
			if err != nil || before != counts[task] {
				t.Fatalf("position %d: turn %d of task %d, want %d: %v", p, before, task, counts[task], err)
			}
			counts[task]++
			for i, share := range shares(points, float64(p)+0.5) { // exact where a share is linear
				ideals[i] += share
				off := math.Abs(ideals[i] - float64(counts[i]))
				if off >= mostOff {
					t.Fatalf("position %d: task %d had %d turns, its share is %.3f", p, i, counts[i], ideals[i])
				}
			}
		}
	})
}

// mostOff bounds the distance of a count from an integral of changing shares. It is above one
// because counts are rounded where a span ends; 1.92 was measured, with 200 tasks.
const mostOff = 2

// TestAt_AllMakeUpForTasksThatLoseTheirShare has many tasks lose their share in a curriculum, and
// walks over two ends of blocks behind it.
func TestAt_AllMakeUpForTasksThatLoseTheirShare(t *testing.T) {
	worst := map[bool]float64{}
	for seed := range uint64(4) {
		const tasks = 200
		rng := random.New(seed, tasks)
		points := []Point{{0, make([]float64, tasks)}, {3000 + rng.IntN(50_000), make([]float64, tasks)}}
		for i := range tasks {
			points[0].Weights[i] = math.Exp(-8 * rng.Float64())
			if i == 0 || rng.Float64() > 0.6 {
				points[1].Weights[i] = math.Exp(-8 * rng.Float64())
			}
		}
		for _, strict := range []bool{false, true} {
			s, err := New(Plan{Points: points, Strict: strict})
			if err != nil {
				t.Fatal(err)
			}
			counts := make([]int, tasks)
			for p := range points[1].Position + 140_000 {
				task, before, err := s.At(p)
				if err != nil || before != counts[task] {
					t.Fatalf("position %d: turn %d of task %d, want %d: %v", p, before, task, counts[task], err)
				}
				if counts[task]++; p%101 > 0 {
					continue
				}
				for i := range tasks {
					worst[strict] = max(worst[strict], math.Abs(integral(points, i, p+1)-float64(counts[i])))
				}
			}
		}
	}
	if worst[true] >= mostOff || worst[false] < mostOff {
		t.Errorf("off by %.3f, and by %.3f where one task makes up for them", worst[true], worst[false])
	}
}

// integral is the ideal count of a task after n positions of two points.
func integral(points []Point, task, n int) float64 {
	end := points[1].Position
	a, b := points[0].Weights[task]/sum(points[0].Weights), points[1].Weights[task]/sum(points[1].Weights)
	x := float64(min(n, end))
	return a*x + (b-a)*x*x/2/float64(end) + b*(float64(n)-x)
}

// shares returns the shares of all tasks at a position.
func shares(points []Point, position float64) []float64 {
	n := len(points)
	k := 0
	for k+1 < n && float64(points[k+1].Position) <= position {
		k++
	}
	from, to, x := points[k], points[min(k+1, n-1)], 0.0
	if k+1 < n {
		x = (position - float64(from.Position)) / float64(to.Position-from.Position)
	}
	all := make([]float64, len(from.Weights))
	for i := range all {
		a, b := from.Weights[i]/sum(from.Weights), to.Weights[i]/sum(to.Weights)
		all[i] = a + (b-a)*x
	}
	return all
}

func sum(values []float64) (s float64) {
	for _, v := range values {
		s += v
	}
	return s
}

// TestAt_IsAFunctionOfThePosition asks several goroutines' questions in any order.
func TestAt_IsAFunctionOfThePosition(t *testing.T) {
	weights := []float64{0.7, math.Pi, 0.001, 1}
	straight, _ := constant(t, weights)
	other, _ := constant(t, weights)
	var asking sync.WaitGroup
	for w := range 8 {
		asking.Go(func() {
			rng := random.New(uint64(w))
			for range 60 {
				p := rng.IntN(5 * blockTarget)
				a, n, _ := straight.At(p)
				b, m, err := other.At(p)
				if a != b || n != m || err != nil {
					t.Errorf("position %d: turn %d of task %d and turn %d of task %d, %v", p, n, a, m, b, err)
				}
			}
		})
	}
	asking.Wait()
}

// TestAt_SeeksInBoundedWork counts what a seek allocates: one block, wherever it is.
func TestAt_SeeksInBoundedWork(t *testing.T) {
	weights := make([]float64, 1000)
	for i := range weights {
		weights[i] = math.Exp(-float64(i) / 50)
	}
	s, _ := constant(t, weights)
	near, far := 1e5, 1e7*4096.0
	at := func(p float64) float64 {
		next := 0
		return testing.AllocsPerRun(3, func() {
			if _, _, err := s.At(int(p) + next); err != nil {
				t.Error(err)
			}
			next += blockTarget
		})
	}
	if a, b := at(near), at(far); b > 1.1*a+10 || b > 10_000 {
		t.Errorf("a seek to %.0f makes %.0f allocations, one to %.0f %.0f", near, a, far, b)
	}
}

func TestNew_RefusesPlansWithoutWeights(t *testing.T) {
	for _, p := range []Plan{{}, {Points: []Point{{Weights: []float64{0, 0}}}}} {
		if _, err := New(p); err == nil {
			t.Errorf("%v: no error", p)
		}
	}
}

func Benchmark(b *testing.B) {
	weights := make([]float64, 1000)
	for i := range weights {
		weights[i] = math.Exp(-float64(i) / 50)
	}
	s, _ := constant(b, weights)
	b.Run("seek", func(b *testing.B) {
		for i := range b.N {
			s.At(1e7*4096 + i*blockTarget)
		}
	})
	b.Run("next", func(b *testing.B) {
		for i := range b.N {
			s.At(1e7*4096 + i)
		}
	})
}
