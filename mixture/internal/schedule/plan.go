package schedule

import (
	"errors"
	"math"
)

// Plan says which shares tasks have of a stream.
type Plan struct {
	// Points are the weights of all tasks at some positions, in ascending order; at least one. The
	// shares change linearly between two points, and are constant before the first and behind the
	// last.
	Points []Point
	// Limits are the numbers of turns after which tasks are used up, 0 for none. The others go on
	// with the shares that are left. Default: none are used up.
	Limits []int
	// EndWithFirst ends the schedule where the first task is used up. Otherwise it ends where all
	// are.
	EndWithFirst bool
}

// Point is the weights of all tasks at a position. They are relative to each other.
type Point struct {
	Position int
	Weights  []float64
}

// planner cuts a plan into pieces.
type planner struct {
	Plan
	at     float64   // where the next piece begins
	counts []float64 // ideal counts there
	used   []bool    // tasks that are used up
	first  float64   // where the first one was
	pieces []piece
}

// ideal returns the ideal counts of a plan.
func (p Plan) ideal() (*ideal, error) {
	if len(p.Points) == 0 {
		return nil, errors.New("a schedule needs weights")
	}
	n := len(p.Points[0].Weights)
	b := planner{Plan: p, counts: make([]float64, n), used: make([]bool, n), first: math.Inf(1)}
	if p.Limits == nil {
		b.Limits = make([]int, n)
	}
	end := floor(b.cut())
	if p.EndWithFirst {
		end = min(end, ceil(b.first))
	}
	all := &ideal{b.pieces, b.at, end}
	if len(b.pieces) == 0 || all.end == 0 {
		return nil, errors.New("no task has a weight above zero at the beginning")
	}
	return all, nil
}

// cut cuts the whole plan. It returns where no task is left that has a share, or infinity.
func (b *planner) cut() (end float64) {
	for number := 0; number <= len(b.Points); number++ {
		from, to, partEnd := b.part(number)
		for b.at < partEnd {
			p, found := b.piece(from, to, partEnd)
			if !found {
				return b.at
			}
			b.add(p, partEnd)
		}
	}
	return math.Inf(1)
}

// part returns the points at both ends of a part of the plan, and where it ends.
func (p Plan) part(n int) (from, to Point, end float64) {
	switch n {
	case 0:
		return p.Points[0], p.Points[0], float64(p.Points[0].Position)
	case len(p.Points):
		return p.Points[n-1], p.Points[n-1], math.Inf(1)
	}
	return p.Points[n-1], p.Points[n], float64(p.Points[n].Position)
}

// piece returns the piece that begins where the last one ended, as if no task were used up before
// the end of its part of the plan. The tasks that are left divide the stream by their weights at
// both points. It reports false if they have none at one of them.
func (b *planner) piece(from, to Point, end float64) (p piece, found bool) {
	sums := [2]float64{}
	for task, used := range b.used {
		if !used {
			sums[0] += from.Weights[task]
			sums[1] += to.Weights[task]
		}
	}
	if sums[0] <= 0 || sums[1] <= 0 {
		return p, false
	}
	n := len(b.counts)
	p = piece{from: b.at, counts: append([]float64(nil), b.counts...), shares: make([]float64, n), slopes: make([]float64, n)}
	for task, used := range b.used {
		if used {
			continue
		}
		p.shares[task] = from.Weights[task] / sums[0]
		if length := float64(to.Position - from.Position); length > 0 {
			p.slopes[task] = (to.Weights[task]/sums[1] - p.shares[task]) / length
			p.shares[task] += float64(p.slopes[task] * (b.at - float64(from.Position)))
			p.shares[task] = max(p.shares[task], 0)
		}
	}
	return p, true
}

// add adds a piece, which ends where the first of its tasks is used up or at the end of the part,
// and goes there.
func (b *planner) add(p piece, end float64) {
	at := end
	reached := make([]float64, len(b.counts))
	for task, limit := range b.Limits {
		reached[task] = math.Inf(1)
		if limit > 0 && !b.used[task] {
			reached[task] = p.reaches(task, float64(limit), end)
			at = min(at, reached[task])
		}
	}
	if at > b.at {
		b.pieces = append(b.pieces, p)
	}
	if b.at = at; math.IsInf(at, 1) {
		return
	}
	for task := range b.counts {
		b.counts[task] = p.count(task, at)
		if reached[task] <= at+slack(at) {
			b.counts[task], b.used[task] = float64(b.Limits[task]), true
			b.first = min(b.first, at)
		}
	}
}
