package schedule

import (
	"container/heap"
	"math"
)

// turn is one slot of a block: a task and how many of its slots come before it in the block.
type turn struct{ task, before int }

// block is the order of turns in a part of a span.
type block struct {
	from  int
	turns []turn
	start []int // examples of each task before the block
}

// holds reports whether a position is in the block.
func (b *block) holds(position int) bool { return position >= b.from && position-b.from < len(b.turns) }

// at returns the task of a position and the number of that task's examples before it.
func (b *block) at(position int) (task, before int) {
	t := b.turns[position-b.from]
	return t.task, b.start[t.task] + t.before
}

// moved returns the block as it is at another position of an exact span.
func (b *block) moved(from int, start []int) *block { return &block{from, b.turns, start} }

// counts returns the number of a task's turns.
func (b *block) counts(task int) (n int) {
	for _, t := range b.turns {
		if t.task == task {
			n++
		}
	}
	return n
}

// slotOf returns the slot of a task's example, or -1.
func (b *block) slotOf(task, index int) int {
	for slot, t := range b.turns {
		if t.task == task && b.start[task]+t.before == index {
			return slot
		}
	}
	return -1
}

// newBlock orders the turns of a part of the span, whose counts at both ends are given. The j-th
// turn of a task may come as soon as its ideal count is above j-1, and is due when it is j. Of the
// turns that may come, the one that is due first comes (earliest deadline first, which meets all
// deadlines if any order does): then no count is one or more from the ideal one. Tijdeman (The
// chairman assignment problem, 1980) shows that there is such an order from the beginning of a
// span.
func (p *span) newBlock(x, length int, start, end []int) *block {
	b := &block{from: p.from + x, turns: make([]turn, length), start: start}
	q := newQueue(length)
	for i := range p.lines {
		l := &p.lines[i]
		if n := end[l.task] - b.start[l.task]; n > 0 {
			c := &contender{line: l, x: x, before: b.start[l.task] - p.done[l.task], left: n}
			q.wait(c, 1)
		}
	}
	for slot := 1; slot <= length; slot++ {
		c := q.next(slot)
		if c == nil {
			break
		}
		b.turns[slot-1] = turn{c.line.task, c.had}
		c.had, c.left = c.had+1, c.left-1
		if c.left > 0 {
			q.wait(c, slot+1)
		}
	}
	return b
}

// contender is a task that has turns left in a block.
type contender struct {
	*line
	x         int // the block's beginning, in examples since that of the span
	before    int // turns in the span before the block
	had, left int // turns in the block
	due       int // the slot at which the next turn is due
	next      *contender
}

// slack is for the rounding of ideal counts, in slots.
const slack = 1e-6

// maxSlot is behind the end of every block.
const maxSlot = 1 << 30

// opens returns the first slot, counted from 1, at which the next turn may come.
func (c *contender) opens() int {
	return int(math.Floor(min(c.reaches(float64(c.before+c.had))-float64(c.x), maxSlot)+slack)) + 1
}

// closes returns the slot at which the next turn is due.
func (c *contender) closes() int {
	return int(math.Ceil(min(c.reaches(float64(c.before+c.had+1))-float64(c.x), maxSlot) - slack))
}

// queue holds the contenders of a block: those that wait for a slot, and those that may have a turn
// now by their deadlines.
type queue struct {
	length   int
	waiting  []*contender // by slot, linked lists
	ready    deadlines
	sleepers int
}

func newQueue(length int) *queue {
	return &queue{length: length, waiting: make([]*contender, length+1)}
}

// wait queues a contender for its next turn, not before a slot.
func (q *queue) wait(c *contender, earliest int) {
	c.due = min(c.closes(), q.length)
	slot := min(max(c.opens(), earliest), q.length)
	c.next, q.waiting[slot] = q.waiting[slot], c
	q.sleepers++
}

// next returns the contender whose turn a slot is, or nil if none is left.
func (q *queue) next(slot int) *contender {
	q.wake(slot)
	for later := slot + 1; len(q.ready) == 0 && q.sleepers > 0; later++ {
		q.wake(later) // no turn may come yet: the one that may come soonest
	}
	if len(q.ready) == 0 {
		return nil
	}
	return heap.Pop(&q.ready).(*contender)
}

// wake makes the contenders ready that wait for a slot.
func (q *queue) wake(slot int) {
	for c := q.waiting[slot]; c != nil; {
		next := c.next
		heap.Push(&q.ready, c)
		q.sleepers--
		c = next
	}
	q.waiting[slot] = nil
}

// deadlines is a heap of contenders, the one that is due first at its top.
type deadlines []*contender

func (d deadlines) Len() int { return len(d) }
func (d deadlines) Less(i, j int) bool {
	if d[i].due != d[j].due {
		return d[i].due < d[j].due
	}
	return d[i].task < d[j].task
}
func (d deadlines) Swap(i, j int) { d[i], d[j] = d[j], d[i] }
func (d *deadlines) Push(c any)   { *d = append(*d, c.(*contender)) }
func (d *deadlines) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}
