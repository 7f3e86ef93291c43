package version2

import (
	"math"
	"slices"

	"github.com/pali3/pali3/mixture/internal/schedule"
	"github.com/pali3/pali3/mixture/internal/turns"
)

// span is a stretch of the stream in which every task's share changes linearly.
type span struct {
	from, to int // positions; to is schedule.Endless in the last span of a stream without end
	lines    []line
	block    int // length of a block, the last may be shorter
	done     []int
	after    []int // of the tasks at the end of the span; nil if it has none
	tree     *node
	cycle    *turns.Block // of exact spans: the first block, which repeats
}

// line is the share of a task in a span, as a function of the number x of examples since the span's
// beginning: from+(to-from)·x/length, of one.
type line struct {
	task     int
	from, to float64 // share at the beginning and at the end
	length   float64 // of the span; 0 if the share is constant
	// weight and total are the share as a ratio, weight/total, where that is exact; otherwise the
	// share and 1.
	weight, total float64
	// ahead is by how much the task's ideal count is ahead of its real one at the beginning.
	ahead float64
}

// The products below are converted to float64 so that no compiler fuses them with a sum: the
// schedule is the same on every kind of processor.

// ideal returns the task's ideal count at x.
func (l line) ideal(x float64) float64 {
	y := l.ahead + float64(l.weight*x)/l.total
	if l.length > 0 {
		y += float64(float64(l.to-l.from)*x) / float64(2*l.length) * x
	}
	return y
}

// reaches returns the x at which the ideal count is y.
func (l line) reaches(y float64) float64 {
	y -= l.ahead
	if l.from == 0 && l.to == 0 {
		if y > 0 {
			return math.Inf(1)
		}
		return 0
	}
	if l.length == 0 || l.to == l.from {
		return float64(y*l.total) / l.weight
	}
	a, b := float64(l.to-l.from)/float64(2*l.length), l.from
	root := float64(b*b) + float64(4*float64(a*y))
	switch {
	case root < 0 && y < 0:
		return 0 // before this span
	case root < 0:
		return 2 * l.length // behind it
	}
	if d := b + math.Sqrt(root); d > 0 {
		return float64(2*y) / d
	}
	return 0
}

// blockTarget is about the length of a block: long enough that making one costs little an example,
// short enough that a seek, which makes one, takes milliseconds.
const blockTarget = 1 << 16

// newSpan returns the span whose shares are given by lines, with the counts of all tasks at its
// beginning. If first is not negative, the real count of that task follows its ideal one most
// closely: it is the one that is used up at the end.
func newSpan(from, to int, lines []line, done []int, first int) *span {
	p := &span{from: from, to: to, lines: lines, block: blockTarget, done: done}
	if period := exactPeriod(lines); period > 0 {
		p.block = period * max(1, blockTarget/period)
		end := slices.Clone(done)
		for _, l := range lines {
			end[l.task] += int(l.weight) * (p.block / period)
		}
		p.cycle = p.newBlock(0, p.block, done, end)
	}
	p.tree = newTree(lines, first)
	return p
}

// maxPeriod bounds the period of exact shares.
const maxPeriod = 1 << 18

// exactPeriod finds the least number of examples that can be divided by the lines' shares without a
// rest, and writes the shares as ratios with that denominator. It returns 0 if there is none up to
// maxPeriod, or if counts are not those of the shares at the beginning.
func exactPeriod(lines []line) int {
	period := 1
	for _, l := range lines {
		q := denominator(l.weight / l.total)
		if l.length > 0 || l.ahead != 0 || q == 0 {
			return 0
		}
		if period = period / gcd(period, q) * q; period > maxPeriod {
			return 0
		}
	}
	weights, sum := make([]float64, len(lines)), 0.0
	for i, l := range lines {
		weights[i] = math.Round(l.weight / l.total * float64(period))
		sum += weights[i]
	}
	if sum != float64(period) {
		return 0
	}
	for i := range lines {
		lines[i].weight, lines[i].total = weights[i], float64(period)
	}
	return period
}

// denominator returns that of the simplest fraction which equals a share but for the rounding of
// its last bits, or 0 if it is above maxPeriod (by continued fractions).
func denominator(share float64) int {
	const rounding = 1e-14
	before, q, rest := 0, 1, share
	for range 40 {
		if math.Abs(math.Round(share*float64(q))-share*float64(q)) < rounding*float64(q) {
			return q
		}
		whole := math.Floor(rest)
		if rest -= whole; rest == 0 {
			return 0
		}
		rest = 1 / rest
		if next := math.Floor(rest)*float64(q) + float64(before); next > maxPeriod {
			return 0
		} else {
			before, q = q, int(next)
		}
	}
	return 0
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// blockEnd returns the end of a block of the span by its number.
func (p *span) blockEnd(n int) int {
	if n+1 > (p.to-p.from)/p.block {
		return p.to
	}
	return p.from + (n+1)*p.block
}

// countsAt returns how many examples each task has had at a position that begins or ends a block.
func (p *span) countsAt(position int) []int {
	switch {
	case position == p.from:
		return p.done
	case position == schedule.Endless:
		all := slices.Clone(p.done)
		for _, l := range p.lines {
			all[l.task] = schedule.Endless
		}
		return all
	case position == p.to && p.after != nil:
		return p.after
	}
	counts := slices.Clone(p.done)
	if p.cycle != nil && (position-p.from)%p.block == 0 {
		n := (position - p.from) / p.block
		for _, l := range p.lines {
			counts[l.task] += n * p.cycle.Turns(l.task)
		}
		return counts
	}
	p.tree.apportion(counts, position-p.from)
	return counts
}

// blockAt returns the block that holds a position.
func (p *span) blockAt(position int) *turns.Block {
	n := (position - p.from) / p.block
	from := p.from + n*p.block
	if p.cycle != nil && from+p.block <= p.to {
		return p.cycle.Moved(from, p.countsAt(from))
	}
	end := p.blockEnd(n)
	return p.newBlock(from-p.from, end-from, p.countsAt(from), p.countsAt(end))
}
