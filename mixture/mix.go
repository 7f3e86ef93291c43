package mixture

import (
	"sync"

	"github.com/pali3/pali3/random"
)

// slots is the length of a block of the mix: weights are exact to one part in slots.
const slots = 4096

// mix says which task is next, in stream version 1. Every block of slots examples holds each task a
// fixed number of times, in an order drawn from (seed, block): so the task at a position, and how
// many examples of it came before, are functions of the position alone.
type mix struct {
	seed   uint64
	counts []int // slots of each task in a block

	mu    sync.Mutex
	block int
	order []turn // of the block; nil at first
}

// turn is one slot: a task and how many of its slots come before it in the block.
type turn struct{ task, before int }

// newMix apportions the slots by the largest remainders of the weights; a task of weight above zero
// has one slot at least.
func newMix(seed uint64, weights []float64) *mix {
	return &mix{seed: seed, counts: apportion(weights, slots), block: -1}
}

// apportion splits n into parts proportional to the weights, by largest remainders.
func apportion(weights []float64, n int) []int {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	counts := make([]int, len(weights))
	rest := n
	for i, w := range weights {
		counts[i] = int(w / total * float64(n))
		if counts[i] == 0 && w > 0 {
			counts[i] = 1
		}
		rest -= counts[i]
	}
	for ; rest != 0; rest = step(counts, weights, total, n, rest) {
	}
	return counts
}

// step gives one slot to the part furthest below its share, or takes one from the part furthest
// above it.
func step(counts []int, weights []float64, total float64, n, rest int) int {
	best, most := -1, 0.0
	for i, w := range weights {
		short := w/total*float64(n) - float64(counts[i])
		if rest < 0 {
			short = -short
		}
		if w > 0 && (best < 0 || short > most) && !(rest < 0 && counts[i] <= 1) {
			best, most = i, short
		}
	}
	if rest > 0 {
		counts[best]++
		return rest - 1
	}
	counts[best]--
	return rest + 1
}

// At returns the task of a position and the number of that task's examples before it.
func (m *mix) At(position int) (task, before int, err error) {
	block := position / slots
	t := m.turns(block)[position%slots]
	return t.task, block*m.counts[t.task] + t.before, nil
}

// end says that the stream has no end.
func (m *mix) End() int { return endless }

// turns returns a block's order.
func (m *mix) turns(block int) []turn {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.block != block {
		m.block, m.order = block, m.draw(block)
	}
	return m.order
}

func (m *mix) draw(block int) []turn {
	tasks := make([]int, 0, slots)
	for task, n := range m.counts {
		for range n {
			tasks = append(tasks, task)
		}
	}
	order := make([]turn, slots)
	seen := make([]int, len(m.counts))
	for i, from := range random.New(m.seed, random.Name("mix"), uint64(block)).Perm(slots) {
		task := tasks[from]
		order[i] = turn{task, seen[task]}
		seen[task]++
	}
	return order
}
