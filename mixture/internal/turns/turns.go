// Package turns puts the turns of some tasks in an order: each turn may come from one slot on, and
// is due at another. Of the turns that may come, the one that is due first comes (earliest deadline
// first), which meets all deadlines if any order does.
package turns

import "sync"

// Task has some turns, each of which comes after the one before it.
type Task struct {
	Number int
	Turns  int
	// Opens returns the first slot, counted from 1, in which a turn may come, and Due the last. The
	// turns are counted from 0.
	Opens, Due func(turn int) int
}

// Block is a stretch of a stream whose slots have been given to tasks.
type Block struct {
	from  int
	turns []turn
	start []int // turns of each task before the block
}

// turn is one slot of a block: a task and how many of its slots come before it in the block.
type turn struct{ task, before int }

// NewBlock returns a block that begins at a position of the stream, with so many slots, which is
// the number of all tasks' turns. Start has how many turns each task has had before it. Of two
// turns that are due in one slot, that of the lower task comes first. If no turn may come in a
// slot, the one that may come soonest does.
func NewBlock(from, slots int, start []int, tasks []Task) *Block {
	b := &Block{from: from, turns: make([]turn, slots), start: start}
	q := newQueue(slots)
	all := make([]contender, len(tasks))
	for i := range tasks {
		if tasks[i].Turns > 0 {
			all[i].Task = &tasks[i]
			q.wait(&all[i], 1)
		}
	}
	for slot := 1; slot <= slots; slot++ {
		c := q.next(slot)
		if c == nil {
			break
		}
		b.turns[slot-1] = turn{c.Number, c.had}
		if c.had++; c.had < c.Turns {
			q.wait(c, slot+1)
		}
	}
	return b
}

// Holds reports whether a position is in the block.
func (b *Block) Holds(position int) bool {
	return position >= b.from && position-b.from < len(b.turns)
}

// At returns the task of a position in the block and the number of that task's turns before it.
func (b *Block) At(position int) (task, before int) {
	t := b.turns[position-b.from]
	return t.task, b.start[t.task] + t.before
}

// Turns returns the number of a task's turns in the block.
func (b *Block) Turns(task int) (n int) {
	for _, t := range b.turns {
		if t.task == task {
			n++
		}
	}
	return n
}

// Moved returns a block with the same turns at another position.
func (b *Block) Moved(from int, start []int) *Block { return &Block{from, b.turns, start} }

// Blocks keeps the blocks that were asked for last. Safe for concurrent use.
type Blocks struct {
	mu     sync.Mutex
	recent [2]*Block // the newest first; workers are in two blocks at a boundary
}

// Of returns the block that holds a position. If it is not kept, create makes it.
func (b *Blocks) Of(position int, create func() (*Block, error)) (*Block, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, one := range b.recent {
		if one != nil && one.Holds(position) {
			b.recent[0], b.recent[i] = one, b.recent[0]
			return one, nil
		}
	}
	made, err := create()
	if err != nil {
		return nil, err
	}
	b.recent[0], b.recent[1] = made, b.recent[0]
	return made, nil
}
