package mixture

import (
	"errors"
	"fmt"

	"github.com/pali3/pali3/mixture/internal/schedule"
)

// ErrEnd is the error of a batch behind the end of a stream whose tasks are used up.
var ErrEnd = schedule.ErrEnd

// endless is the end of a stream without one.
const endless = schedule.Endless

// plan returns the shares of the stream's tasks, which are open.
func (s *Stream) plan() (p schedule.Plan, err error) {
	p = schedule.Plan{Limits: make([]int, len(s.tasks)), EndWithFirst: s.recipe.WhenUsedUp == stopWhenUsedUp}
	for i, t := range s.tasks {
		if t.source != nil {
			p.Limits[i] = t.Epochs * t.source.len()
		}
	}
	if len(s.recipe.Curriculum) == 0 {
		p.Points = []schedule.Point{{Weights: s.weights}}
	}
	for i, c := range s.recipe.Curriculum {
		point := schedule.Point{Position: c.Step * s.examplesPerStep(), Weights: s.weightsWith(c.Weights)}
		if sumOf(point.Weights) == 0 {
			return p, fmt.Errorf("recipe: curriculum[%d]: no task with a weight can use a sample", i)
		}
		p.Points = append(p.Points, point)
	}
	return p, nil
}

func sumOf(values []float64) (sum float64) {
	for _, v := range values {
		sum += v
	}
	return sum
}

// Steps returns the number of batches in the stream, and whether it ends: a stream whose tasks have
// epochs does. The examples after the last whole batch are left out.
func (s *Stream) Steps() (steps int, ends bool) {
	if end := s.chooser.End(); end != endless {
		return end / s.examplesPerStep(), true
	}
	return 0, false
}

// examplesPerStep is how many examples of the stream a step takes: of packed rows, several for
// each.
func (s *Stream) examplesPerStep() int {
	switch {
	case s.packer != nil:
		return s.packer.examples
	case s.recipe.Packing != nil && s.recipe.Packing.Examples > 0:
		return s.recipe.Packing.Examples
	}
	return s.recipe.Batch
}

// endOf returns the error of a step that the stream does not have, or nil.
func (s *Stream) endOf(step int) error {
	steps, ends := s.Steps()
	switch {
	case step < 0:
		return fmt.Errorf("batch of step %d", step)
	case step > endless/s.examplesPerStep()-1:
		return errors.New("no stream is so long")
	case ends && step >= steps:
		return fmt.Errorf("batch of step %d: %w: its tasks are used up after %d steps", step, ErrEnd, steps)
	}
	return nil
}
