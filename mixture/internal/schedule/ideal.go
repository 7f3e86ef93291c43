package schedule

import (
	"math"
	"sort"
)

// ideal is the ideal counts of all tasks: how many turns each would have had, as a real number, if
// turns could be divided. At every position of the stream they add up to it.
type ideal struct {
	pieces []piece // in order
	last   float64 // where the last piece ends; infinity if it does not
	end    int     // of the stream
}

// piece is a stretch of the stream in which every task's share changes linearly. It goes to the
// beginning of the next.
type piece struct {
	from   float64   // a position, which may be between two turns
	counts []float64 // of the tasks at the beginning
	shares []float64 // there
	slopes []float64 // by how much the shares grow with each position
}

// The products below are converted to float64 so that no compiler fuses them with a sum: the
// schedule is the same on every kind of processor.

// count returns a task's ideal count at x, a position in the piece.
func (p *piece) count(task int, x float64) float64 {
	u := x - p.from
	return p.counts[task] + float64(p.shares[task]*u) + float64(float64(p.slopes[task]/2*u)*u)
}

// share returns a task's share at x.
func (p *piece) share(task int, x float64) float64 {
	return p.shares[task] + float64(p.slopes[task]*(x-p.from))
}

// reaches returns the first x up to end, where the piece ends, at which a task's ideal count is y,
// or infinity. The count at the beginning is below y or equal to it.
func (p *piece) reaches(task int, y, end float64) float64 {
	y -= p.counts[task]
	a, b := p.slopes[task]/2, p.shares[task]
	u := math.Inf(1)
	switch root := float64(b*b) + float64(4*float64(a*y)); {
	case y <= 0:
		u = 0
	case a == 0 && b > 0:
		u = y / b
	case a != 0 && root >= 0:
		if d := b + math.Sqrt(root); d > 0 {
			u = float64(2*y) / d
		}
	}
	if x := p.from + u; x <= end {
		return x
	}
	return math.Inf(1)
}

// pieceAt returns the number of the piece that holds x, which is above 0, or ends there.
func (c *ideal) pieceAt(x float64) int {
	return sort.Search(len(c.pieces), func(n int) bool { return c.pieces[n].from >= x }) - 1
}

// pieceEnd returns where a piece ends.
func (c *ideal) pieceEnd(n int) float64 {
	if n+1 < len(c.pieces) {
		return c.pieces[n+1].from
	}
	return c.last
}

// slack is for the rounding of ideal counts and of positions up to x.
func slack(x float64) float64 { return 1e-6 + 1e-14*x }

// floor returns the last position up to x, and ceil the first from x on; Endless for infinity. A
// position that x is equal to but for rounding is both.
func floor(x float64) int {
	if x >= Endless {
		return Endless
	}
	return int(math.Floor(x + slack(x)))
}

func ceil(x float64) int {
	if x >= Endless {
		return Endless
	}
	return int(math.Ceil(x - slack(x)))
}

// opens returns the first position at which a task's turn may be over: its ideal count is above the
// number of turns before it. A position is how many turns of all tasks are over, and a task's turns
// are counted from 0. It returns Endless if there is none.
func (c *ideal) opens(task, turn int) int {
	y := float64(turn)
	n := sort.Search(len(c.pieces), func(n int) bool { return c.pieces[n].counts[task] > y }) - 1
	x, p := c.reaches(n, task, y), &c.pieces[n]
	if n+1 == len(c.pieces) && p.shares[task] == 0 && p.slopes[task] == 0 || x >= Endless {
		return Endless // it has no share any more
	}
	return floor(x) + 1
}

// due returns the position at which a task's turn must be over: its ideal count is that of the
// turns with this one. It returns Endless if there is none.
func (c *ideal) due(task, turn int) int {
	y := float64(turn + 1)
	n := sort.Search(len(c.pieces), func(n int) bool { return c.pieces[n].counts[task] >= y }) - 1
	return ceil(c.reaches(n, task, y))
}

// reaches returns where a task's ideal count reaches y. It does so in that piece, or never.
func (c *ideal) reaches(n, task int, y float64) float64 {
	x := c.pieces[n].reaches(task, y, c.pieceEnd(n))
	if math.IsInf(x, 1) && n+1 < len(c.pieces) {
		return c.pieceEnd(n) // but for rounding
	}
	return x
}
