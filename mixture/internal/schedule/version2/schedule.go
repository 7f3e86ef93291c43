// Package version2 is the schedule of streams of version 2, whose order never changes.
//
// The stream is cut into spans, in each of which every task's share is constant or changes linearly
// (plan.go). A span is cut into blocks. How many turns each task has had at the beginning of a
// block is a function of its position (tree.go), so that a block is made without those before it.
//
// If the shares are constant and have a common denominator of at most 2^18, as 2 : 1 : 0.5 have,
// all counts are within one of them, without end. Of other constant shares a count may be one or a
// little more off: up to 1.08 was measured. Where shares change or a task ends, counts are rounded:
// up to 1.7 off was measured with 12 tasks, and up to 10 with 200 of which many lose their share at
// once.
package version2

import (
	"fmt"
	"slices"

	"github.com/pali3/pali3/mixture/internal/schedule"
	"github.com/pali3/pali3/mixture/internal/turns"
)

// Schedule is a function from positions to tasks. Safe for concurrent use.
type Schedule struct {
	spans  []*span
	blocks turns.Blocks
}

// New returns the schedule of a plan.
func New(p schedule.Plan) (*Schedule, error) {
	spans, err := spans(p)
	if err != nil {
		return nil, err
	}
	return &Schedule{spans: spans}, nil
}

// End returns the number of positions, or Endless.
func (s *Schedule) End() int { return s.spans[len(s.spans)-1].to }

// At returns the task of a position and the number of that task's positions before it.
func (s *Schedule) At(position int) (task, before int, err error) {
	b, err := s.blockAt(position)
	if err != nil {
		return 0, 0, err
	}
	task, before = b.At(position)
	return task, before, nil
}

// blockAt returns the block of a position.
func (s *Schedule) blockAt(position int) (*turns.Block, error) {
	if position >= s.End() {
		return nil, fmt.Errorf("position %d: %w, with %d positions", position, schedule.ErrEnd, s.End())
	}
	return s.blocks.Of(position, func() (*turns.Block, error) {
		n, found := slices.BinarySearchFunc(s.spans, position, func(p *span, at int) int { return p.from - at })
		if !found {
			n--
		}
		return s.spans[n].blockAt(position), nil
	})
}
