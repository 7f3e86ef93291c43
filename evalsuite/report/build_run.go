package report

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/stages"
)

// run is what can be read of a run folder.
type run struct {
	name    string // on the page
	dir     string
	recipe  stages.Recipe
	known   bool // the recipe could be read
	done    bool // training is finished
	curves  curves
	missing []Missing
	notes   []string
}

// isRun reports whether a folder holds a run, finished or not.
func isRun(dir string) bool {
	return exists(filepath.Join(dir, stages.RecipeFile)) || exists(filepath.Join(dir, stages.MetricsFile))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// openRun reads a run folder. It notes what is damaged, and returns an error if there is nothing to
// report.
func openRun(dir string, registry *stages.Registry) (*run, error) {
	r := &run{name: filepath.Base(filepath.Clean(dir)), dir: dir}
	if absolute, err := filepath.Abs(dir); err == nil {
		r.name = filepath.Base(absolute)
	}
	recipe, recipeErr := stages.ReadRun(dir, registry)
	if r.recipe, r.known = recipe, recipeErr == nil; recipeErr != nil && !errors.Is(recipeErr, fs.ErrNotExist) {
		r.notes = append(r.notes, fmt.Sprintf("%s: its recipe cannot be read: %v.", r.name, recipeErr))
	}
	var err error
	r.curves, err = readCurves(dir)
	if errors.Is(err, fs.ErrNotExist) && errors.Is(recipeErr, fs.ErrNotExist) {
		return nil, notARun(dir)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.notes = append(r.notes, err.Error())
	}
	if r.curves.bad > 0 {
		r.notes = append(r.notes, fmt.Sprintf("%s: %d lines of %s cannot be read and are skipped. The first: %v.", r.name, r.curves.bad, stages.MetricsFile, r.curves.firstBad))
	}
	r.done = exists(filepath.Join(dir, stages.ModelFile)) && exists(filepath.Join(dir, stages.WeightsFile))
	if r.known && !r.done {
		r.missing = append(r.missing, Missing{
			What:    fmt.Sprintf("%s is not finished: %d of %d steps are recorded. Resume it with", r.name, r.lastStep(), r.recipe.Steps),
			Command: "pali3 train --recipe " + word(filepath.Join(dir, stages.RecipeFile)) + " --out " + word(dir),
		})
	}
	return r, nil
}

func notARun(dir string) error {
	if info, err := os.Stat(dir); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is a file; give the folder of a run, as pali3 train writes it, or of a project", dir)
	}
	return fmt.Errorf("%s is not a run folder, because it has neither %s nor %s, and not a project, because it has no run folders", dir, stages.RecipeFile, stages.MetricsFile)
}

// lastStep returns the last recorded step.
func (r *run) lastStep() int {
	if n := len(r.curves.steps); n > 0 {
		return r.curves.steps[n-1].Step
	}
	return 0
}

// seconds returns the time spent in steps, without pauses and evaluations.
func (r *run) seconds() (sum float64) {
	for _, s := range r.curves.steps {
		if s.ExamplesPerSecond > 0 {
			sum += float64(r.recipe.Mixture.Batch) / s.ExamplesPerSecond
		}
	}
	return sum
}

// own returns the recipe, with the tokenizer in the run folder if there is one.
func (r *run) own() stages.Recipe {
	recipe := r.recipe
	if copied := filepath.Join(r.dir, stages.TokenizerFile); exists(copied) {
		recipe.Mixture.Tokenizer.Model = copied
	}
	return recipe
}

// aboutRecipe describes in one line what a recipe trains.
func aboutRecipe(r stages.Recipe) string {
	about := r.ModelFamily().Summary
	if writes(r) {
		name, _, _ := strings.Cut(about, ":")
		about = name + ": " + taskNames(r)
	}
	parts := []string{about}
	for _, prefix := range r.Freeze {
		if prefix == "vision_model" {
			prefix = "image encoder"
		}
		parts = append(parts, prefix+" frozen")
	}
	for _, init := range r.Init {
		parts = append(parts, "starts from "+filepath.Base(init.From))
	}
	return strings.Join(parts, "; ")
}

// looks reports whether a recipe's model takes images.
func looks(r stages.Recipe) bool { return r.ModelFamily().Needs.Images != family.Forbidden }

// writes reports whether a recipe's model writes text about images.
func writes(r stages.Recipe) bool {
	_, ok := r.Model.Config.(family.Writer)
	return ok && looks(r)
}

func taskNames(r stages.Recipe) string {
	var names []string
	for _, t := range r.Mixture.Tasks {
		if t.Weight > 0 {
			names = append(names, t.Name)
		}
	}
	return strings.Join(names, ", ")
}

// distinguish lengthens the names of runs with the same folder name by parts of their paths.
func distinguish(runs []*run) {
	for depth := 2; depth < 8; depth++ {
		seen := map[string]int{}
		for _, r := range runs {
			seen[r.name]++
		}
		for _, r := range runs {
			if seen[r.name] < 2 {
				continue
			}
			path, err := filepath.Abs(r.dir)
			if err != nil {
				path = r.dir
			}
			parts := strings.Split(filepath.ToSlash(path), "/")
			r.name = strings.Join(parts[max(0, len(parts)-depth):], "/")
		}
	}
}

// inOrder sorts runs by what they train (towers, language models, models that write about images)
// and name, and each after the runs whose weights it starts from.
func inOrder(runs []*run) []*run {
	kind := func(r *run) int {
		switch {
		case writes(r.recipe):
			return 2
		case looks(r.recipe):
			return 0
		}
		return 1
	}
	slices.SortStableFunc(runs, func(a, b *run) int {
		return cmp.Or(cmp.Compare(kind(a), kind(b)), strings.Compare(a.name, b.name))
	})
	var ordered []*run
	for len(runs) > 0 {
		next := slices.IndexFunc(runs, func(r *run) bool {
			return !slices.ContainsFunc(r.recipe.Init, func(init stages.Init) bool {
				return slices.ContainsFunc(runs, func(other *run) bool { return other != r && same(other.dir, init.From) })
			})
		})
		next = max(next, 0) // for runs that start from each other
		ordered = append(ordered, runs[next])
		runs = slices.Delete(runs, next, next+1)
	}
	return ordered
}

// same reports whether two paths name the same file.
func same(a, b string) bool {
	x, errX := filepath.Abs(a)
	y, errY := filepath.Abs(b)
	return errX == nil && errY == nil && x == y
}

// word quotes a word of a command line if a shell would split it.
func word(s string) string {
	if s != "" && strings.Trim(s, "-_./:=,@%+ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
