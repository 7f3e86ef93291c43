package project

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/internal/folderlock"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/webli"
)

// RunOptions say how a project is run. None of them changes its outcome.
type RunOptions struct {
	Backend compute.Backend
	// Workers make examples and decode images; default one a core.
	Workers int
	// Version of the code, for the folder's records.
	Version string
	// Registry holds what the project's recipes may name; nil for what is built in.
	Registry *mixture.Registry
	// Rules are the rules that the curation recipe may turn on besides the built-in ones.
	Rules webli.Rules
	// Progress begins a line of progress for each part; may be nil.
	Progress NewLine
	// Note is told what is done again and why; may be nil.
	Note func(message string)
	// Warn is told what does not end the run; may be nil.
	Warn func(message string)
}

// runner is a run under way.
type runner struct {
	RunOptions
	dir      string
	pipeline *Pipeline
	state    state
	began    time.Time // of the time that is not yet in the state
}

// Run does the phases of the project in dir that are not done yet, and those whose recipe, data or
// other inputs have changed, and returns the summary that it has written beside the report. Results
// that are out of date are moved to previous/ in the folder. Killed at any point and run again, it
// ends with the same result.
func Run(ctx context.Context, dir string, o RunOptions) (*Summary, error) {
	pipeline, err := ReadPipeline(dir)
	if err != nil {
		return nil, err
	}
	lock, err := folderlock.Take(dir)
	if err != nil {
		return nil, err
	}
	defer lock.Unlock()
	r := &runner{RunOptions: o, dir: dir, pipeline: pipeline, began: time.Now()}
	if r.state, err = readState(dir); err != nil {
		return nil, err
	}
	r.state.Version = o.Version
	if err := r.check(); err != nil {
		return nil, err
	}
	for _, p := range r.phases() {
		if err := r.ensure(ctx, p); err != nil {
			return nil, err
		}
	}
	var summary *Summary
	err = r.timed(ctx, "scoring", func(ctx context.Context) (err error) {
		summary, err = r.score(ctx)
		return err
	})
	return summary, err
}

// phases lists what comes before the scores.
func (r *runner) phases() []phase {
	var all []phase
	if r.pipeline.Ingest != nil {
		all = append(all, r.ingestPhase())
	}
	if r.pipeline.Shrink != nil {
		all = append(all, r.shrinkPhase())
	}
	if r.pipeline.Curate != "" {
		all = append(all, r.curatePhase())
	}
	if r.pipeline.Split != nil {
		all = append(all, r.splitPhase())
	}
	all = append(all, r.tokenizerPhase())
	for _, s := range r.pipeline.Train {
		all = append(all, r.trainPhase(s))
	}
	return all
}

// check reads all recipes before any work is done, so that a mistake in the last does not come up
// after hours.
func (r *runner) check() error {
	var all error
	if r.pipeline.Curate != "" {
		if _, err := r.curation(); err != nil {
			all = errors.Join(all, err)
		}
	}
	kinds := map[string]string{}
	for _, s := range r.pipeline.Train {
		recipe, err := r.recipe(s)
		if err == nil {
			err = recipe.Check()
		}
		if err != nil {
			all = errors.Join(all, err)
			continue
		}
		kinds[s.Name] = recipe.Stage
	}
	for _, scored := range r.pipeline.Score.stages() {
		want := "pali3"
		if scored.task == "retrieval" {
			want = "siglip"
		}
		if kind := kinds[scored.stage]; kind != "" && kind != want {
			all = errors.Join(all, fmt.Errorf("%s: score.%s: %s is of stage %s, want one of %s", r.path(PipelineFile), scored.task, scored.stage, kind, want))
		}
	}
	return all
}

func (r *runner) path(names ...string) string {
	return filepath.Join(append([]string{r.dir}, names...)...)
}

func (r *runner) note(message string) {
	if r.Note != nil {
		r.Note(message)
	}
}

func (r *runner) warn(message string) {
	if r.Warn != nil {
		r.Warn(message)
	}
}
