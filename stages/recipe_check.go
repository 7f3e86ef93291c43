package stages

import (
	"fmt"
	"strings"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/family"
)

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
	f, known := r.families().Find(r.Family)
	if !known {
		all.Add(r.familyKey(), "%s: %q; it is one of %s", r.familyKey(), r.Family, strings.Join(r.families().Names(), ", "))
	} else if of, _ := r.families().Find(r.Stage); r.Stage != "" && of.Name != f.Name {
		all.Add("stage", "stage: %q is not the family %q; leave stage out, it is the older name of family", r.Stage, r.Family)
	}
	if r.Model.err != nil {
		all.Add("model.variant", "model: %v", r.Model.err)
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
	if r.VisualTokensLimit < 0 {
		all.Add("visual_tokens_limit", "visual_tokens_limit: %d, must not be below zero", r.VisualTokensLimit)
	}
	if r.VisualTokens != "" && r.Model.Config != nil && !r.locksImages() {
		all.Add("visual_tokens", "visual_tokens: keeps the tokens of a frozen image encoder; %s, or leave visual_tokens out", r.howToLock())
	}
	for i, init := range r.Init {
		if init.From == "" {
			all.Add(fmt.Sprintf("init.%d.from", i), "init[%d]: from: missing; name a run folder or a file of weights", i)
		}
	}
	all = append(all, r.taskProblems()...)
	all = append(all, r.Optimizer.problems()...)
	if r.Eval != nil {
		all = append(all, r.Eval.problems(r)...)
	}
	return append(all, r.Schedule.problems()...)
}

// taskProblems lists tasks that the family cannot be trained on.
func (r Recipe) taskProblems() (all strict.Problems) {
	f, known := r.families().Find(r.Family)
	if !known {
		return nil
	}
	for i, t := range r.Mixture.Tasks {
		path := r.Mixture.TaskPath(i) + ".kind"
		kind, _ := r.Mixture.Registry.Kind(t.Kind)
		contrastive := kind.Name != "" && !kind.Target
		switch {
		case t.Weight == 0 || t.Kind == "":
		case f.Needs.Contrastive && !contrastive:
			all.Add(path, "tasks[%d] (%s): kind %s; the family %s trains only on contrastive tasks", i, t.Name, t.Kind, f.Name)
		case f.Needs.Images == family.Forbidden && (kind.Image || contrastive):
			all.Add(path, "tasks[%d] (%s): kind %s; the family %s trains only on text, with tasks of kinds such as denoise", i, t.Name, t.Kind, f.Name)
		case !f.Needs.Contrastive && contrastive:
			all.Add(path, "tasks[%d] (%s): kind %s has texts to compare and no target, as siglip needs; the family %s needs a target", i, t.Name, t.Kind, f.Name)
		}
	}
	return all
}

// endProblems reports that the data ends before the run does.
func (r Recipe) endProblems(stream *mixture.Stream) (all strict.Problems) {
	if n, ends := stream.Steps(); ends && r.Steps > n {
		all.Add("steps", "steps: %d, but the tasks are used up after %d steps; ask for at most that many, or for more epochs", r.Steps, n)
	}
	return all
}

// unused lists keys that the family ignores.
func (r Recipe) unused() (all strict.Problems) {
	if _, locks := r.Model.Config.(family.LockedEmbedder); r.TokenCache != 0 && !r.sees() && !locks {
		all.Add("token_cache", "token_cache: the family %s does not use it", r.Family)
	}
	return all
}
