package stages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/strict"
)

var stageNames = []string{"siglip", "ul2", "pali3"}

// Check says what is wrong with the training half of a recipe before any work is done.
func (r Recipe) Check() error {
	if err := r.trainingProblems().Err(); err != nil {
		return fmt.Errorf("recipe: %w", err)
	}
	return nil
}

// Problems lists all that is wrong with a recipe by itself, its files unread, and fills in the kinds' own
// prompts of its tasks.
func (r Recipe) Problems() strict.Problems {
	return append(r.trainingProblems(), r.Mixture.Problems()...)
}

// trainingProblems lists what is wrong with all but the data.
func (r Recipe) trainingProblems() (all strict.Problems) {
	if !slices.Contains(stageNames, r.Stage) {
		all.Add("stage", "stage: %q; it is one of %s", r.Stage, strings.Join(stageNames, ", "))
	}
	if r.Steps < 1 {
		all.Add("steps", "steps: %d, must be above zero", r.Steps)
	}
	if r.CheckpointEvery < 0 {
		all.Add("checkpoint_every", "checkpoint_every: %d, must not be below zero", r.CheckpointEvery)
	}
	if r.KeepCheckpoints < 0 {
		all.Add("keep_checkpoints", "keep_checkpoints: %d, must not be below zero", r.KeepCheckpoints)
	}
	for i, init := range r.Init {
		if init.From == "" {
			all.Add(fmt.Sprintf("init.%d.from", i), "init[%d]: from: missing; name a run folder or a safetensors file", i)
		}
	}
	all = append(all, r.Optimizer.problems()...)
	return append(all, r.Schedule.problems()...)
}
