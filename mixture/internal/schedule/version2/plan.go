package version2

import (
	"errors"
	"math"

	"github.com/pali3/pali3/mixture/internal/schedule"
)

// planner cuts a plan into spans.
type planner struct {
	schedule.Plan
	at    int       // where the next span begins
	done  []int     // turns before it
	ahead []float64 // by how much the ideal counts are above done
	used  []bool    // tasks that are used up
	all   []*span
}

// spans returns the spans of a plan, in order.
func spans(p schedule.Plan) ([]*span, error) {
	if len(p.Points) == 0 {
		return nil, errors.New("a schedule needs weights")
	}
	n := len(p.Points[0].Weights)
	b := planner{Plan: p, done: make([]int, n), ahead: make([]float64, n), used: make([]bool, n)}
	if p.Limits == nil {
		b.Limits = make([]int, n)
	}
	for number := 0; number <= len(p.Points); number++ {
		from, to, end := part(p, number)
		for b.at < end {
			lines := b.lines(from, to, end)
			if len(lines) == 0 {
				return b.ended()
			}
			if usedUp := b.cut(lines, end); usedUp >= 0 && p.EndWithFirst {
				return b.ended()
			}
		}
	}
	return b.all, nil
}

// part returns the points at both ends of a part of the plan, and where it ends.
func part(p schedule.Plan, n int) (from, to schedule.Point, end int) {
	switch n {
	case 0:
		return p.Points[0], p.Points[0], p.Points[0].Position
	case len(p.Points):
		return p.Points[n-1], p.Points[n-1], schedule.Endless
	}
	return p.Points[n-1], p.Points[n], p.Points[n].Position
}

// ended returns the spans of a schedule that ends.
func (b *planner) ended() ([]*span, error) {
	if len(b.all) == 0 {
		return nil, errors.New("no task has a weight above zero at the beginning")
	}
	return b.all, nil
}

// lines returns the shares of the tasks that are not used up from the next span's beginning to the
// end of its part of the plan.
func (b *planner) lines(from, to schedule.Point, end int) (lines []line) {
	sums := [2]float64{}
	for task := range b.done {
		if !b.used[task] {
			sums[0] += from.Weights[task]
			sums[1] += to.Weights[task]
		}
	}
	if sums[0] <= 0 || sums[1] <= 0 {
		return nil
	}
	for task := range b.done {
		x, y := from.Weights[task], to.Weights[task]
		if b.used[task] || x <= 0 && y <= 0 && b.ahead[task] == 0 {
			continue // a task without a share may be behind what it had before
		}
		l := line{task: task, from: x / sums[0], to: y / sums[1], weight: x, total: sums[0], ahead: b.ahead[task]}
		if from.Position != to.Position {
			began := float64(b.at-from.Position) / float64(end-from.Position)
			l.from += float64((l.to - l.from) * began)
			l.weight, l.total = l.from, 1
		}
		lines = append(lines, l)
	}
	constant := true
	for _, l := range lines {
		constant = constant && l.from == l.to
	}
	for i := range lines {
		if !constant {
			lines[i].length = float64(end - b.at)
		}
	}
	return lines
}

// cut adds the span of the lines, which ends where the first task is used up or at the end of the
// part. It returns that task, or -1.
func (b *planner) cut(lines []line, end int) (usedUp int) {
	first, length := -1, schedule.Endless
	if end < schedule.Endless {
		length = end - b.at
	}
	for i, l := range lines {
		left := b.Limits[l.task] - b.done[l.task]
		if b.Limits[l.task] == 0 {
			continue
		}
		if x := math.Ceil(l.reaches(float64(left)) - slack); x < float64(length) || first < 0 && x == float64(length) {
			if n := max(int(x), left, 1); n <= length {
				first, length = i, n
			}
		}
	}
	if first < 0 {
		b.add(newSpan(b.at, end, lines, b.done, -1))
		return -1
	}
	usedUp = lines[first].task
	lines = b.fitted(lines, first, length)
	b.add(newSpan(b.at, b.at+length, lines, b.done, usedUp))
	b.used[usedUp], b.ahead[usedUp] = true, 0
	return usedUp
}

// fitted returns the lines of a span of a length, with the share of the first task so that it is
// used up exactly at the end.
func (b *planner) fitted(lines []line, first, length int) []line {
	all := make([]line, len(lines))
	x := float64(length)
	for i, l := range lines {
		if l.length > 0 {
			l.to = l.from + float64((l.to-l.from)*x)/l.length
			l.length = x
		}
		all[i] = l
	}
	f := all[first]
	wanted := float64(b.Limits[f.task]-b.done[f.task]) - f.ahead
	scale := wanted / (float64((f.from+f.to)/2) * x)
	if math.Abs(scale-1) < 1e-12 {
		return all
	}
	for i := range all {
		l := &all[i]
		l.from, l.to = rescaled(l.from, f.from, scale, i == first), rescaled(l.to, f.to, scale, i == first)
		l.weight, l.total = l.from, 1
	}
	return all
}

// rescaled returns a share where the share of the first task is multiplied by scale, and what is
// left is divided among the others as before.
func rescaled(share, first, scale float64, isFirst bool) float64 {
	switch {
	case isFirst:
		return share * scale
	case first >= 1:
		return share
	}
	return share * (1 - float64(first*scale)) / (1 - first)
}

// add adds a span and goes to its end.
func (b *planner) add(p *span) {
	b.all = append(b.all, p)
	b.at = p.to
	if p.to == schedule.Endless {
		return
	}
	after := p.countsAt(p.to)
	p.after = after
	for _, l := range p.lines {
		ahead := l.ideal(float64(p.to-p.from)) - float64(after[l.task]-p.done[l.task])
		if math.Abs(ahead) < 1e-9 {
			ahead = 0
		}
		b.ahead[l.task] = ahead
	}
	b.done = after
}
