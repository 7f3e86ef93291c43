// Package schedule says whose turn it is: a position of a stream belongs to one of some tasks, so
// that after any number of positions each task has had its share of them to within one. The shares
// may change over the stream, and tasks may end.
//
// A plan (plan.go) gives each task an ideal count of turns at every position, a real number
// (ideal.go). Real counts are known at the ends of blocks, without a walk over the blocks before:
// from the state at the beginning comes one at the end of the first block, from it one at twice the
// position, and so on until the position asked for lies between two, then one in the middle, and so
// on (state.go, slots.go). Within a block the tasks take turns by deadlines (package turns).
//
// All counts are within one of the ideal ones, but for rounding (10^-5 after 10^9 positions). That
// there is such an order is Tijdeman's theorem (The chairman assignment problem, 1980); that it can
// be had at one position without those before it is shown in state.go.
package schedule

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/pali3/pali3/mixture/internal/turns"
)

// ErrEnd is the error of a position behind the end of a schedule.
var ErrEnd = errors.New("the stream has ended")

// Endless is the end of a schedule without one.
const Endless = math.MaxInt

// Schedule is a function from positions to tasks. Safe for concurrent use.
type Schedule struct {
	ideal  *ideal
	block  int // length of a block; the last may be shorter
	blocks turns.Blocks

	mu     sync.Mutex
	states []*state // at 0 and at the ends of the blocks 1, 2, 4, 8 ..., as far as they were asked for
}

// blockLength is how many positions a block has: enough that making one costs little for each, few
// enough that a seek, which makes one, takes milliseconds.
const blockLength = 1 << 16

// New returns the schedule of a plan.
func New(p Plan) (*Schedule, error) { return newSchedule(p, blockLength) }

func newSchedule(p Plan, block int) (*Schedule, error) {
	c, err := p.ideal()
	if err != nil {
		return nil, err
	}
	return &Schedule{ideal: c, block: block, states: []*state{{0, make([]int, len(p.Points[0].Weights))}}}, nil
}

// End returns the number of positions, or Endless.
func (s *Schedule) End() int { return s.ideal.end }

// At returns the task of a position and the number of that task's positions before it.
func (s *Schedule) At(position int) (task, before int, err error) {
	if position >= s.End() {
		return 0, 0, fmt.Errorf("position %d: %w, with %d positions", position, ErrEnd, s.End())
	}
	b, err := s.blocks.Of(position, func() (*turns.Block, error) {
		left, right := s.ends(position)
		return s.ideal.block(left, right)
	})
	if err != nil {
		return 0, 0, err
	}
	task, before = b.At(position)
	return task, before, nil
}

// ends returns the states at the beginning and the end of the block that holds a position.
func (s *Schedule) ends(position int) (left, right *state) {
	left, right, length := s.around(position)
	for length > s.block {
		length /= 2
		middle := left.position + length
		switch {
		case position >= middle:
			left = s.ideal.between(left, right, middle)
		case middle < right.position:
			right = s.ideal.between(left, right, middle)
		}
	}
	return left, right
}

// around returns the two states around a position among those at the ends of the blocks 1, 2, 4, 8
// ..., and the distance between them if the stream did not end.
func (s *Schedule) around(position int) (left, right *state, length int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	length = s.block
	for n := 0; ; n++ {
		if n+1 == len(s.states) {
			next := min(s.states[n].position+length, s.End())
			s.states = append(s.states, s.ideal.between(s.states[n], nil, next))
		}
		if left, right = s.states[n], s.states[n+1]; position < right.position {
			return left, right, length
		}
		length = right.position
	}
}

// block returns the block between two states.
func (c *ideal) block(left, right *state) (*turns.Block, error) {
	tasks := make([]turns.Task, len(left.counts))
	all := 0
	for task := range tasks {
		before := left.counts[task]
		tasks[task] = turns.Task{
			Number: task,
			Turns:  right.counts[task] - before,
			Opens:  func(turn int) int { return c.opens(task, before+turn) - left.position },
			Due:    func(turn int) int { return c.due(task, before+turn) - left.position },
		}
		all += tasks[task].Turns
	}
	if length := right.position - left.position; all != length {
		return nil, fmt.Errorf("positions %d to %d have %d turns", left.position, right.position, all)
	}
	return turns.NewBlock(left.position, right.position-left.position, left.counts, tasks), nil
}
