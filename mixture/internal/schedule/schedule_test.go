package schedule

import (
	"cmp"
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

// walkAll walks from the beginning and returns the counts at the end beside walk's distance. A
// count is farthest from its ideal at its turns and at the end.
func walkAll(t rapid.TB, s *Schedule, n, end int, ideal func(task, position int) float64) (counts []int, worst float64) {
	t.Helper()
	counts = make([]int, n)
	for p := range end {
		task, before, err := s.At(p)
		if err != nil || before != counts[task] {
			t.Fatalf("position %d: turn %d of task %d, want %d: %v", p, before, task, counts[task], err)
		}
		counts[task]++
		worst = max(worst, math.Abs(float64(before)-ideal(task, p)), math.Abs(float64(before+1)-ideal(task, p+1)))
	}
	for task, n := range counts {
		worst = max(worst, math.Abs(float64(n)-ideal(task, end)))
	}
	return counts, worst
}

// constant returns the schedule of constant weights, and its ideal counts.
func constant(t rapid.TB, weights []float64) (*Schedule, func(task, position int) float64) {
	s, err := New(Plan{Points: []Point{{Weights: weights}}})
	if err != nil {
		t.Fatal(err)
	}
	all := sum(weights)
	return s, func(task, position int) float64 { return weights[task] * float64(position) / all }
}

// one bounds the distance of a count from its ideal: it is below one but for rounding.
const one = 1 + 1e-4

func TestAt_CountsAreWithinOneOfExactShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Map(rapid.IntRange(1, 300), func(n int) float64 { return float64(n) / 4 }), 1, 20).Draw(t, "weights")
		s, ideal := constant(t, weights)
		for _, first := range []int{0, rapid.IntRange(0, 1e10).Draw(t, "first")} {
			if worst := walk(t, s, len(weights), first, first+5000, ideal); worst >= one {
				t.Fatalf("%v from %d: off by %.5f", weights, first, worst)
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
		end := rapid.IntRange(1, 1e5).Draw(t, "end") * blockLength
		for _, span := range [][2]int{{0, 3000}, {blockLength - 1500, blockLength + 1500}, {end - 1500, end + 1500}} {
			if worst := walk(t, s, len(weights), span[0], span[1], ideal); worst >= one {
				t.Fatalf("%d tasks from %d: off by %.5f", len(weights), span[0], worst)
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
				limits[i] = rapid.IntRange(1, 20_000).Draw(t, "limit")
			}
			total += limits[i]
		}
		s, err := New(Plan{Points: []Point{{Weights: weights}}, Limits: limits})
		if err != nil {
			t.Fatal(err)
		}
		finite := !slices.Contains(limits, 0)
		if finite && s.End() != total || !finite && s.End() != Endless {
			t.Fatalf("limits %v end at %d", limits, s.End())
		}
		counts, worst := walkAll(t, s, n, min(s.End(), 200_000), usedUp(weights, limits))
		if worst >= one {
			t.Fatalf("off by %.5f", worst)
		}
		for i, limit := range limits {
			if limit > 0 && counts[i] > limit || finite && s.End() < 200_000 && counts[i] != limit {
				t.Fatalf("task %d had %d turns of %d", i, counts[i], limit)
			}
		}
		if _, _, err := s.At(total); finite && !errors.Is(err, ErrEnd) {
			t.Fatalf("behind the end: %v", err)
		}
		endsWithFirst(t, weights, limits)
	})
}

// endsWithFirst checks that a schedule which ends with the first task has all turns of that task.
func endsWithFirst(t *rapid.T, weights []float64, limits []int) {
	s, err := New(Plan{Points: []Point{{Weights: weights}}, Limits: limits, EndWithFirst: true})
	if err != nil {
		t.Fatal(err)
	}
	counts, _ := walkAll(t, s, len(weights), s.End(), usedUp(weights, limits))
	all := false
	for i, limit := range limits {
		if all = all || counts[i] == limit; limit > 0 && counts[i] > limit {
			t.Fatalf("task %d had %d turns of %d", i, counts[i], limit)
		}
	}
	if !all {
		t.Fatalf("ends at %d with turns %v of %v", s.End(), counts, limits)
	}
}

// usedUp returns the ideal counts of tasks that are used up.
func usedUp(weights []float64, limits []int) func(task, position int) float64 {
	type stretch struct {
		from           float64
		counts, shares []float64
	}
	var all []stretch
	counts, left, at := make([]float64, len(weights)), slices.Clone(weights), 0.0
	for sum(left) > 0 {
		one, step, rest := stretch{at, slices.Clone(counts), slices.Clone(left)}, math.Inf(1), sum(left)
		for i, w := range left {
			if one.shares[i] = w / rest; w > 0 && limits[i] > 0 {
				step = min(step, (float64(limits[i])-counts[i])/one.shares[i])
			}
		}
		all = append(all, one)
		if math.IsInf(step, 1) {
			break
		}
		for i := range left {
			counts[i] += one.shares[i] * step
			if limits[i] > 0 && float64(limits[i])-counts[i] < 1e-7 {
				counts[i], left[i] = float64(limits[i]), 0
			}
		}
		at += step
	}
	return func(task, position int) float64 {
		x := float64(position)
		n, _ := slices.BinarySearchFunc(all, x, func(s stretch, x float64) int { return cmp.Compare(s.from, x) })
		one := all[max(n-1, 0)]
		return one.counts[task] + one.shares[task]*(x-one.from)
	}
}

func TestAt_TasksAreUsedUpTogether(t *testing.T) {
	for _, limits := range [][]int{{1, 1}, {3, 3, 3}, {2, 4, 2}, {5}, {70_000, 70_000, 140_000}} {
		weights, total := make([]float64, len(limits)), 0
		for i, limit := range limits {
			weights[i] = float64(limit)
			total += limit
		}
		s, err := New(Plan{Points: []Point{{Weights: weights}}, Limits: limits})
		if err != nil || s.End() != total {
			t.Errorf("limits %v end at %d, %v", limits, s.End(), err)
			continue
		}
		if _, worst := walkAll(t, s, len(weights), total, usedUp(weights, limits)); worst >= one {
			t.Errorf("limits %v: off by %.5f", limits, worst)
		}
	}
}

// TestAt_FollowsACurriculum compares counts with the integrals of shares that change.
func TestAt_FollowsACurriculum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{1, 2, 3, 5, 12, 60}).Draw(t, "tasks")
		points, end := drawPoints(t, n)
		s, err := New(Plan{Points: points})
		if err != nil {
			t.Fatal(err)
		}
		_, worst := walkAll(t, s, n, end+1000, integrals(points))
		if worst >= one {
			t.Fatalf("off by %.5f", worst)
		}
	})
}

// drawPoints draws up to five points of a curriculum, in which tasks come and go.
func drawPoints(t *rapid.T, n int) (points []Point, end int) {
	sizes, rng := rapid.Float64Range(0, 15).Draw(t, "sizes"), random.New(rapid.Uint64().Draw(t, "seed"))
	for range rapid.IntRange(1, 5).Draw(t, "points") {
		p := Point{Position: end, Weights: make([]float64, n)}
		for i := range p.Weights {
			if rng.IntN(4) > 0 || i == 0 {
				p.Weights[i] = math.Exp(-sizes * rng.Float64())
			}
		}
		points = append(points, p)
		end += rapid.IntRange(64, 40_000).Draw(t, "steps")
	}
	return points, end
}

// TestAt_ManyTasksLoseTheirShare has many tasks lose their share in a curriculum.
func TestAt_ManyTasksLoseTheirShare(t *testing.T) {
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
		s, err := New(Plan{Points: points})
		if err != nil {
			t.Fatal(err)
		}
		_, worst := walkAll(t, s, tasks, points[1].Position+140_000, integrals(points))
		if worst >= one {
			t.Errorf("seed %d: off by %.5f", seed, worst)
		}
	}
}

// TestAt_CountsAreWithinOneInSmallBlocks looks at many ends of blocks: the states there, which are
// chosen at the doublings of the position and between them, have to fit with each other.
func TestAt_CountsAreWithinOneInSmallBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "tasks")
		points, end := drawPoints(t, n)
		for i := range points {
			points[i].Position /= 50
		}
		limits := make([]int, n)
		for i := range limits {
			if rapid.IntRange(0, 3).Draw(t, "limited") == 0 {
				limits[i] = rapid.IntRange(1, end/50).Draw(t, "limit")
			}
		}
		s, err := newSchedule(Plan{Points: points, Limits: limits}, rapid.IntRange(1, 20).Draw(t, "block"))
		if err != nil {
			t.Fatal(err)
		}
		length := min(s.End(), end/50+500)
		_, worst := walkAll(t, s, n, length, func(task, position int) float64 {
			if position == 0 {
				return 0
			}
			x := float64(position)
			return s.ideal.pieces[s.ideal.pieceAt(x)].count(task, x)
		})
		if worst >= one {
			t.Fatalf("off by %.5f", worst)
		}
	})
}

// integrals returns the integrals of shares that change linearly between points.
func integrals(points []Point) func(task, position int) float64 {
	counts := [][]float64{make([]float64, len(points[0].Weights))} // at the points
	for k := 1; k < len(points); k++ {
		from, to := points[k-1], points[k]
		next := slices.Clone(counts[k-1])
		for i := range next {
			next[i] += (share(from, i) + share(to, i)) / 2 * float64(to.Position-from.Position)
		}
		counts = append(counts, next)
	}
	return func(task, position int) float64 {
		k := len(points) - 1
		for k > 0 && points[k].Position > position {
			k--
		}
		from, to, x := points[k], points[min(k+1, len(points)-1)], float64(position-points[k].Position)
		y := counts[k][task] + share(from, task)*x
		if length := float64(to.Position - from.Position); length > 0 {
			y += (share(to, task) - share(from, task)) * x * x / 2 / length
		}
		return y
	}
}

func share(p Point, task int) float64 { return p.Weights[task] / sum(p.Weights) }

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
				p := rng.IntN(5 * blockLength)
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

// TestAt_SeeksInBoundedWork counts what a seek allocates: one block, and a state for each doubling
// of the position.
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
			next += blockLength
		})
	}
	if a, b := at(near), at(far); b > a+40*30 || b > 10_000 {
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
			s.At(1e7*4096 + i*blockLength)
		}
	})
	b.Run("next", func(b *testing.B) {
		for i := range b.N {
			s.At(1e7*4096 + i)
		}
	})
}
