package stages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
)

var stageNames = []string{"siglip", "ul2", "pali3"}

// Check checks the training half of a recipe, without reading files.
func (r Recipe) Check() error {
	if err := r.trainingProblems().Err(); err != nil {
		return fmt.Errorf("recipe: %w", err)
	}
	return nil
}

// Problems lists everything wrong with a recipe, without reading files, and fills in the prompts of
// its tasks from their kinds.
func (r Recipe) Problems() strict.Problems {
	return append(r.trainingProblems(), r.Mixture.Problems()...)
}

// trainingProblems lists what is wrong with the training half.
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
	all = append(all, r.stageProblems()...)
	all = append(all, r.Optimizer.problems()...)
	if r.Eval != nil {
		all = append(all, r.Eval.problems(r)...)
	}
	return append(all, r.Schedule.problems()...)
}

// stageProblems lists tasks that the stage cannot train.
func (r Recipe) stageProblems() (all strict.Problems) {
	for i, t := range r.Mixture.Tasks {
		path := fmt.Sprintf("tasks.%d.kind", i)
		kind, _ := r.Mixture.Registry.Kind(t.Kind)
		contrastive := kind.Name != "" && !kind.Target
		switch {
		case t.Weight == 0 || t.Kind == "":
		case r.Stage == "siglip" && !contrastive:
			all.Add(path, "tasks[%d] (%s): kind %s; stage siglip trains only contrastive tasks", i, t.Name, t.Kind)
		case r.Stage == "ul2" && !kind.Denoises:
			all.Add(path, "tasks[%d] (%s): kind %s; stage ul2 trains only on text, with tasks of kind denoise", i, t.Name, t.Kind)
		case r.Stage == "pali3" && contrastive:
			all.Add(path, "tasks[%d] (%s): kind %s is for stage siglip; pali3 has no text tower", i, t.Name, t.Kind)
		}
	}
	return all
}

// unused lists keys that the stage ignores.
func (r Recipe) unused() (all strict.Problems) {
	m := r.Model
	for _, part := range []struct {
		key    string
		given  bool
		stages string
	}{
		{"model.image", m.Image != vit.Config{}, "siglip pali3"},
		{"model.text", m.Text != siglip.Text{}, "siglip"},
		{"model.bias", m.Bias != 0, "siglip"},
		{"model.language", m.Language != t5.Config{}, "ul2 pali3"},
		{"model.zero_projection", m.ZeroProjection, "pali3"},
		{"token_cache", r.TokenCache != 0, "pali3"},
	} {
		if part.given && !strings.Contains(part.stages, r.Stage) {
			all.Add(part.key, "%s: stage %s does not use it", part.key, r.Stage)
		}
	}
	if m.Variant != "" && r.Stage != "siglip" && m.Language != (t5.Config{}) {
		all.Add("model.language", "model.language: the variant %q replaces it", m.Variant)
	}
	return all
}
