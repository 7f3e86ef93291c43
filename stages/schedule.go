package stages

import (
	"math"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/strict"
)

// Schedule is a factor on the optimizer's learning rate that depends on the step.
type Schedule struct {
	// Kind of the factor on the learning rate:
	//
	//	constant   1
	//	linear     from 1 to 0 between warm-up and the last step
	//	cosine     as linear, along half a cosine
	//	rsqrt      1/sqrt(1 + (step+shift-warm_up)/timescale), big_vision's; with a timescale
	//	           equal to warm_up it is T5X's rsqrt_normalized_decay, PaLI's schedule
	//	rsqrt_t5x  1/sqrt(max(step, warm_up)), T5X's rsqrt_decay: 0.01 at first for a warm_up
	//	           of 10,000
	//
	// Default: constant. Legal: one of these.
	Kind string `yaml:"kind,omitempty"`
	// WarmUp is the number of steps in which the factor rises linearly from 0 at step 0. In
	// rsqrt_t5x it is the number of steps without decay. Default: 0. Legal: 0 and above, below
	// steps.
	WarmUp int `yaml:"warm_up,omitempty"`
	// Cooldown is the number of last steps in which the factor falls linearly to 0. Default: 0.
	// Legal: 0 and above.
	Cooldown int `yaml:"cooldown,omitempty"`
	// Timescale of rsqrt in steps. Default: 10000. Legal: 0 (as the default) and above.
	Timescale float64 `yaml:"timescale,omitempty"`
	// Shift of rsqrt in steps, to continue the schedule of another run. Default: 0. Legal: 0 and
	// above.
	Shift float64 `yaml:"shift,omitempty"`
}

// defaultTimescale of rsqrt, in steps.
const defaultTimescale = 10_000

var scheduleKinds = []string{"constant", "linear", "cosine", "rsqrt", "rsqrt_t5x"}

// Validate returns an error that names the first invalid field.
func (s Schedule) Validate() error { return s.problems().Err() }

// problems lists what is wrong with the schedule, by the keys of a recipe.
func (s Schedule) problems() (all strict.Problems) {
	if s.Kind != "" && !slices.Contains(scheduleKinds, s.Kind) {
		all.Add("schedule.kind", "schedule: kind %q is none of %s; the nearest is %q", s.Kind, strings.Join(scheduleKinds, ", "), strict.Nearest(s.Kind, scheduleKinds))
	}
	for _, field := range []struct {
		name  string
		value float64
	}{{"warm_up", float64(s.WarmUp)}, {"cooldown", float64(s.Cooldown)}, {"timescale", s.Timescale}, {"shift", s.Shift}} {
		if !(field.value >= 0) {
			all.Add("schedule."+field.name, "schedule: %s is %g steps, want 0 or more", field.name, field.value)
		}
	}
	return all
}

// At returns the factor at a step, counted from 0, of a run of the given number of steps: that of
// big_vision's create_learning_rate_schedule (utils.py), and for rsqrt_t5x that of T5X
// (t5x/utils.py).
func (s Schedule) At(step, steps int) float64 {
	factor := s.decay(float64(step), float64(steps))
	if s.WarmUp > 0 && s.Kind != "rsqrt_t5x" {
		factor *= min(1, float64(step)/float64(s.WarmUp))
	}
	if s.Cooldown > 0 {
		factor *= min(1, float64(steps-step)/float64(s.Cooldown))
	}
	return factor
}

func (s Schedule) decay(step, steps float64) float64 {
	warmUp := float64(s.WarmUp)
	progress := min(1, max(0, (step-warmUp)/max(1, steps-warmUp)))
	switch s.Kind {
	case "linear":
		return 1 - progress
	case "cosine":
		return 0.5 * (1 + math.Cos(math.Pi*progress))
	case "rsqrt":
		timescale := s.Timescale
		if timescale == 0 {
			timescale = defaultTimescale
		}
		return 1 / math.Sqrt(1+(max(step-warmUp, 0)+s.Shift)/timescale)
	case "rsqrt_t5x":
		return 1 / math.Sqrt(max(step, warmUp, 1))
	default:
		return 1
	}
}

// ends reports whether the factor depends on the run's number of steps.
func (s Schedule) ends() bool { return s.Kind == "linear" || s.Kind == "cosine" || s.Cooldown > 0 }
