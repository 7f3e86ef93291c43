// Package schedule says whose turn it is: a position of a stream belongs to one of some tasks, so
// that after any number of positions each task has had its share of them to within one. The shares
// may change over the stream, and tasks may end.
//
// The stream is cut into spans, in each of which every task's share is constant or changes linearly
// (plan.go). A span is cut into blocks. How many turns each task has had at the beginning of a
// block is a function of its position (tree.go), so that a block is made without those before it.
// Within a block the tasks take turns by deadlines (block.go).
//
// If the shares are constant and have a common denominator of at most 2^18, as 2 : 1 : 0.5 have,
// all counts are within one of them, without end. Of other constant shares no count was measured to
// be one or more off. Where shares change or a task ends, counts are rounded: up to 1.7 off was
// measured with 12 tasks and 1.9 with 200. Without [Plan.Strict] it was up to 10 with 200 tasks of
// which many lose their share at once.
package schedule

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"sync"
)

// ErrEnd is the error of a position behind the end of a schedule.
var ErrEnd = errors.New("the stream has ended")

// Schedule is a function from positions to tasks. Safe for concurrent use.
type Schedule struct {
	spans []*span

	mu     sync.Mutex
	recent [2]*block // the newest first; workers are in two blocks at a boundary
}

// New returns the schedule of a plan.
func New(p Plan) (*Schedule, error) {
	spans, err := p.spans()
	if err != nil {
		return nil, err
	}
	return &Schedule{spans: spans}, nil
}

// Endless is the end of a schedule without one.
const Endless = math.MaxInt

// End returns the number of positions, or Endless.
func (s *Schedule) End() int { return s.spans[len(s.spans)-1].to }

// At returns the task of a position and the number of that task's positions before it.
func (s *Schedule) At(position int) (task, before int, err error) {
	b, err := s.blockAt(position)
	if err != nil {
		return 0, 0, err
	}
	task, before = b.at(position)
	return task, before, nil
}

// Position returns the position of a task's turn, the inverse of At.
func (s *Schedule) Position(task, index int) (int, error) {
	n := 0
	for n < len(s.spans) && s.spans[n].countsAt(s.spans[n].to)[task] <= index {
		n++
	}
	if n == len(s.spans) {
		return 0, fmt.Errorf("task number %d has no turn %d: %w", task, index, ErrEnd)
	}
	p := s.spans[n]
	ends := func(block int) bool { // whether the block ends behind the turn
		end := p.blockEnd(block)
		return end == p.to || p.countsAt(end)[task] > index
	}
	last := 1
	for !ends(last) {
		last *= 2
	}
	b, err := s.blockAt(min(p.from+sort.Search(last, ends)*p.block, p.to-1))
	if err != nil {
		return 0, err
	}
	return b.from + b.slotOf(task, index), nil
}

// blockAt returns the block of a position.
func (s *Schedule) blockAt(position int) (*block, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, b := range s.recent {
		if b != nil && b.holds(position) {
			s.recent[0], s.recent[i] = b, s.recent[0]
			return b, nil
		}
	}
	if position >= s.End() {
		return nil, fmt.Errorf("position %d: %w, with %d positions", position, ErrEnd, s.End())
	}
	n, found := slices.BinarySearchFunc(s.spans, position, func(p *span, at int) int { return p.from - at })
	if !found {
		n--
	}
	b := s.spans[n].blockAt(position)
	s.recent[1], s.recent[0] = s.recent[0], b
	return b, nil
}
