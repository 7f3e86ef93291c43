package version2

import (
	"math"

	"github.com/pali3/pali3/mixture/internal/turns"
)

// newBlock orders the turns of a part of the span, whose counts at both ends are given. The j-th
// turn of a task may come as soon as its ideal count is above j-1, and is due when it is j: then no
// count is one or more from the ideal one. Tijdeman (The chairman assignment problem, 1980) shows
// that there is such an order from the beginning of a span.
func (p *span) newBlock(x, length int, start, end []int) *turns.Block {
	var tasks []turns.Task
	for i := range p.lines {
		l := &p.lines[i]
		before := start[l.task] - p.done[l.task] // turns in the span before the block
		tasks = append(tasks, turns.Task{
			Number: l.task,
			Turns:  end[l.task] - start[l.task],
			Opens:  func(turn int) int { return l.opens(before+turn, x) },
			Due:    func(turn int) int { return l.closes(before+turn, x) },
		})
	}
	return turns.NewBlock(p.from+x, length, start, tasks)
}

// slack is for the rounding of ideal counts, in slots.
const slack = 1e-6

// maxSlot is behind the end of every block.
const maxSlot = 1 << 30

// opens returns the first slot behind x, counted from 1, at which a turn of the span may come.
func (l *line) opens(turn, x int) int {
	return int(math.Floor(min(l.reaches(float64(turn))-float64(x), maxSlot)+slack)) + 1
}

// closes returns the slot behind x at which a turn of the span is due.
func (l *line) closes(turn, x int) int {
	return int(math.Ceil(min(l.reaches(float64(turn+1))-float64(x), maxSlot) - slack))
}
