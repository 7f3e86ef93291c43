package project

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/recipes"
	"github.com/pali3/pali3/stages"
)

// trainPhase runs one stage of training.
func (r *runner) trainPhase(s Stage) phase {
	return phase{
		name: s.Name, doing: "training " + s.Name, outputs: []string{s.Name},
		steps: r.steps(s),
		from:  func() (string, error) { return r.trainedFrom(s) },
		do:    func(ctx context.Context) error { return r.train(ctx, s) },
	}
}

// recipe reads the recipe of a stage.
func (r *runner) recipe(s Stage) (stages.Recipe, error) {
	path := within(r.dir, s.Recipe)
	text, err := recipes.Read(path)
	if err != nil {
		return stages.Recipe{}, err
	}
	return stages.ReadRecipe(text, path, filepath.Dir(path), r.Registry)
}

// steps returns the steps of a stage, or 0 if its recipe cannot be read, which the phase reports.
func (r *runner) steps(s Stage) int {
	recipe, err := r.recipe(s)
	if err != nil {
		return 0
	}
	return recipe.Steps
}

// trainedFrom returns a hash of what a stage's weights depend on: its recipe, the data, the
// tokenizer, and the stages that it takes weights from.
func (r *runner) trainedFrom(s Stage) (string, error) {
	recipe, err := r.recipe(s)
	if err != nil {
		return "", err
	}
	parts := []string{"train"}
	for _, data := range datasetsOf(recipe) {
		sum, err := fingerprint(r.Registry, data)
		if err != nil {
			return "", err
		}
		parts = append(parts, sum)
	}
	if model := recipe.Mixture.Tokenizer.Model; !strings.HasPrefix(model, "pali3:") {
		sum, err := hashFile(model)
		if err != nil {
			return "", err
		}
		parts = append(parts, sum)
	}
	for _, init := range recipe.Init {
		sum, err := r.weightsFrom(init.From)
		if err != nil {
			return "", err
		}
		parts = append(parts, sum)
	}
	content, err := r.withoutPlaces(recipe).YAML()
	return identityOf(append(parts, string(content))...), err
}

// withoutPlaces returns the recipe without the keys that do not change the weights, or extend the
// training: paths, checkpoints and steps.
func (r *runner) withoutPlaces(recipe stages.Recipe) stages.Recipe {
	recipe.Steps, recipe.CheckpointEvery, recipe.KeepCheckpoints = 0, 0, 0
	recipe.Mixture.Data, recipe.Mixture.Tokenizer.Model = "", ""
	tasks := append(recipe.Mixture.Tasks[:0:0], recipe.Mixture.Tasks...)
	for i := range tasks {
		tasks[i].Data = ""
	}
	recipe.Mixture.Tasks = tasks
	inits := append(recipe.Init[:0:0], recipe.Init...)
	for i := range inits {
		inits[i].From = ""
	}
	recipe.Init = inits
	if recipe.Eval != nil {
		eval := *recipe.Eval
		eval.Data = ""
		recipe.Eval = &eval
	}
	return recipe
}

// datasetsOf lists the datasets of a recipe's tasks and of its validation, in order.
func datasetsOf(recipe stages.Recipe) (dirs []string) {
	seen := map[string]bool{}
	add := func(dir string) {
		if dir == "" {
			dir = recipe.Mixture.Data
		}
		if !seen[dir] {
			seen[dir] = true
			dirs = append(dirs, dir)
		}
	}
	for _, t := range recipe.Mixture.Tasks {
		add(t.Data)
	}
	if recipe.Eval != nil {
		add(recipe.Eval.Data)
	}
	return dirs
}

// weightsFrom returns a hash of the weights that a stage starts from: for a stage of this project
// the hash of its inputs, for other files their size and modification time.
func (r *runner) weightsFrom(from string) (string, error) {
	for _, s := range r.pipeline.Train {
		if filepath.Clean(from) == filepath.Clean(r.path(s.Name)) {
			made, ok := r.state.Phases[s.Name]
			if !ok || !made.Done {
				return "", fmt.Errorf("init takes weights from %s, which is trained later: reorder the stages in %s", s.Name, r.path(PipelineFile))
			}
			return identityOf(made.Identity, fmt.Sprint(made.Steps)), nil
		}
	}
	info, err := os.Stat(from)
	if err != nil {
		return "", fmt.Errorf("taking weights: %w", err)
	}
	if info.IsDir() {
		run, err := os.Stat(filepath.Join(from, stages.WeightsFile))
		if errors.Is(err, fs.ErrNotExist) {
			return publicWeights(from)
		}
		if err != nil {
			return "", fmt.Errorf("taking weights: %w", err)
		}
		info = run
	}
	return identityOf(info.Name(), fmt.Sprint(info.Size(), info.ModTime().UnixNano())), nil
}

// publicWeights returns a hash of the names, sizes and modification times of the files in a folder
// of a hub.
func publicWeights(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("taking weights: %w", err)
	}
	var parts []string
	for _, e := range entries {
		info, err := os.Stat(filepath.Join(dir, e.Name())) // a hub's cache has links
		if err != nil {
			return "", fmt.Errorf("taking weights: %w", err)
		}
		parts = append(parts, info.Name(), fmt.Sprint(info.Size(), info.ModTime().UnixNano()))
	}
	return identityOf(parts...), nil
}

func hashFile(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:]), nil
}

func (r *runner) train(ctx context.Context, s Stage) error {
	recipe, err := r.recipe(s)
	if err != nil {
		return err
	}
	line := r.Progress.begin(s.Name, "steps", int64(recipe.Steps))
	defer line.End()
	_, err = stages.Run(ctx, recipe, r.path(s.Name), stages.Options{
		Backend: r.Backend, Workers: r.Workers, Version: r.Version, Warn: r.Warn,
		Evaluator: evalsuite.Validator{},
		Evaluated: func(e stages.Evaluated) {
			line.Clear()
			r.note(fmt.Sprintf("%s, step %d, %s: %s", s.Name, e.Step, e.Split, e))
		},
		Progress: func(p stages.Progress) {
			if p.Step == p.Resumed+1 {
				line.Resume(int64(p.Resumed), p.Elapsed)
			}
			line.Set(int64(p.Step), 0)
			line.Note(fmt.Sprintf("loss %.3f", p.Loss))
		},
	})
	return err
}
