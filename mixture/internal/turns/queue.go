package turns

import "container/heap"

// contender is a task that has turns left.
type contender struct {
	*Task
	had  int // turns
	due  int // the slot in which the next turn is due
	next *contender
}

// queue holds the contenders: those that wait for a slot, and those that may have a turn now by
// their deadlines.
type queue struct {
	slots    int
	waiting  []*contender // by slot, linked lists
	ready    deadlines
	sleepers int
}

func newQueue(slots int) *queue {
	return &queue{slots: slots, waiting: make([]*contender, slots+1)}
}

// wait queues a contender for its next turn, not before a slot.
func (q *queue) wait(c *contender, earliest int) {
	c.due = min(c.Due(c.had), q.slots)
	slot := min(max(c.Opens(c.had), earliest), q.slots)
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
	return d[i].Number < d[j].Number
}
func (d deadlines) Swap(i, j int) { d[i], d[j] = d[j], d[i] }
func (d *deadlines) Push(c any)   { *d = append(*d, c.(*contender)) }
func (d *deadlines) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}
