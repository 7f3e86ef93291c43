package stages

import (
	"fmt"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/mixture"
)

// scheduleWarnings lists where the schedule does not fit the steps.
func (r Recipe) scheduleWarnings() (all strict.Problems) {
	s := r.Schedule
	warmUp := s.WarmUp
	if s.Kind == "rsqrt_t5x" {
		warmUp = 0 // the factor does not rise
	}
	switch {
	case r.Steps < 1:
	case warmUp >= r.Steps:
		all.Add("schedule.warm_up", "schedule: warm_up takes %d steps, and the run has %d; the learning rate never reaches its full value", warmUp, r.Steps)
	case s.Cooldown > r.Steps:
		all.Add("schedule.cooldown", "schedule: cooldown takes %d steps, and the run has %d; the learning rate never reaches its full value", s.Cooldown, r.Steps)
	case warmUp+s.Cooldown > r.Steps:
		all.Add("schedule", "schedule: warm_up of %d and cooldown of %d steps are longer than the run of %d", warmUp, s.Cooldown, r.Steps)
	}
	return all
}

// unusable lists tasks without a usable sample.
func unusable(measured []mixture.Measured) (all strict.Problems) {
	for n, m := range measured {
		if m.Examples > 0 && m.Failed == m.Examples {
			all.Add(fmt.Sprintf("tasks.%d", n), "tasks[%d] (%s): none of %d samples tried is usable, the first: %s", n, m.Task, m.Examples, m.Reason)
		}
	}
	return all
}

// windowWarnings lists unusable samples and texts that do not fit their windows.
func (r Recipe) windowWarnings(measured []mixture.Measured) (all strict.Problems) {
	for n, m := range measured {
		path := r.Mixture.TaskPath(n)
		if m.Failed > 0 && m.Failed < m.Examples {
			all.Add(path, "tasks[%d] (%s): %d of %d samples tried are unusable and are replaced by others; the first: %s", n, m.Task, m.Failed, m.Examples, m.Reason)
		}
		for _, window := range []struct {
			name                       string
			truncated, longest, length int
		}{{"encoder", m.TruncatedEncoder, m.LongestEncoder, r.Mixture.Lengths.Encoder}, {"decoder", m.TruncatedDecoder, m.LongestDecoder, r.Mixture.Lengths.Decoder}} {
			if window.truncated > 0 {
				all.Add("lengths."+window.name, "tasks[%d] (%s): %.1f%% of %d examples are truncated: lengths.%s is %d, the longest needs %d",
					n, m.Task, 100*float64(window.truncated)/float64(m.Examples), m.Examples, window.name, window.length, window.longest)
			}
		}
	}
	return all
}

// batchWarnings lists tasks with fewer samples than a batch takes of them.
func (r Recipe) batchWarnings(measured []mixture.Measured) (all strict.Problems) {
	shares := r.Mixture.Shares()
	for n, m := range measured {
		share := float64(r.Mixture.Batch) * shares[n]
		if m.Samples > 0 && float64(m.Samples) < share {
			text := "some appear more than once in a batch"
			if r.ModelFamily().Needs.Contrastive {
				text += ", and the loss counts two copies of a sample as a pair that does not match"
			}
			all.Add("batch", "tasks[%d] (%s): %d samples, and a batch of %d takes about %.0f of them: %s", n, m.Task, m.Samples, r.Mixture.Batch, share, text)
		}
	}
	return all
}
