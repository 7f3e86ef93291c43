package schedule

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
)

// slots is a number of slots before a position. A straddling turn can have one of them if it opens
// at opens or before.
type slots struct{ opens, number int }

// slotsBefore returns which slots there are for free turns between two positions, the latest first.
// Their numbers add up to number. It sorts the turns by where they open, the latest first.
func (c *ideal) slotsBefore(all []straddler, from, position, number int) (found []slots) {
	slices.SortFunc(all, func(a, b straddler) int {
		return cmp.Or(cmp.Compare(b.opens, a.opens), cmp.Compare(a.task, b.task))
	})
	g := c.newGrowth(all, float64(position))
	given := 0
	for i := range all {
		opens := all[i].opens
		if opens <= from+1 {
			break // they can have all slots
		}
		if !all[i].free || i+1 < len(all) && all[i+1].free && all[i+1].opens == opens {
			continue
		}
		n := int(math.Ceil(g.behind(float64(opens-1)) - slack(g.at)))
		if n = min(n, number); n > given {
			found = append(found, slots{opens, n - given})
			given = n
		}
	}
	if given < number {
		found = append(found, slots{from + 1, number - given})
	}
	return found
}

// growth says by how much the ideal counts of straddling turns grow between positions and the one
// that they straddle. It is asked from the position to the left.
type growth struct {
	ideal *ideal
	turns []straddler // by where they open, the latest first
	at    float64     // the position
	last  *piece      // which holds it

	begun int     // how many open behind the last x that was asked
	parts float64 // what their counts grow by

	// The sum of what the counts of the others grow by behind x, in the piece that holds x and ends
	// at end: sum + share·(end-x) - slope/2·(end-x)².
	piece             int
	end               float64
	sum, share, slope float64
}

func (c *ideal) newGrowth(turns []straddler, position float64) *growth {
	n := c.pieceAt(position)
	g := &growth{ideal: c, turns: turns, at: position, last: &c.pieces[n]}
	g.enter(n, position)
	return g
}

// enter adds up the growth of turns that open before the end of a piece.
func (g *growth) enter(piece int, end float64) {
	g.piece, g.end, g.sum, g.share, g.slope = piece, end, 0, 0, 0
	for _, t := range g.turns[g.begun:] {
		g.add(t.task, 1)
	}
}

// add adds the growth of a task's turn, or with -1 takes it away.
func (g *growth) add(task int, sign float64) {
	p := &g.ideal.pieces[g.piece]
	if g.end < g.at {
		g.sum += sign * (g.last.count(task, g.at) - p.count(task, g.end))
	}
	g.share += sign * p.share(task, g.end)
	g.slope += sign * p.slopes[task]
}

// behind returns by how much the counts grow behind x.
func (g *growth) behind(x float64) float64 {
	for x < g.ideal.pieces[g.piece].from {
		g.enter(g.piece-1, g.ideal.pieces[g.piece].from)
	}
	for ; g.begun < len(g.turns) && float64(g.turns[g.begun].opens) > x; g.begun++ {
		t := g.turns[g.begun]
		g.parts += t.part
		g.add(t.task, -1)
	}
	u := g.end - x
	return g.parts + g.sum + float64(g.share*u) - float64(float64(g.slope/2*u)*u)
}

// choose gives slots to free turns, those that are due first, and returns their tasks. The turns
// are sorted by where they open, the latest first, and so are the slots.
func choose(all []straddler, found []slots) (tasks []int) {
	var ready byDue
	given := 0
	for _, s := range slices.Backward(found) {
		for ; len(all) > 0 && all[len(all)-1].opens <= s.opens; all = all[:len(all)-1] {
			if t := &all[len(all)-1]; t.free {
				heap.Push(&ready, t)
			}
		}
		given += s.number
		for ; given > 0 && len(ready) > 0; given-- {
			tasks = append(tasks, heap.Pop(&ready).(*straddler).task)
		}
	}
	return tasks
}

// byDue is a heap of turns, the one that is due first at its top.
type byDue []*straddler

func (d byDue) Len() int { return len(d) }
func (d byDue) Less(i, j int) bool {
	if d[i].due != d[j].due {
		return d[i].due < d[j].due
	}
	return d[i].task < d[j].task
}
func (d byDue) Swap(i, j int) { d[i], d[j] = d[j], d[i] }
func (d *byDue) Push(t any)   { *d = append(*d, t.(*straddler)) }
func (d *byDue) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}
