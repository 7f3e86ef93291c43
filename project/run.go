package project

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/internal/folderlock"
	"github.com/pali3/pali3/stages"
	"github.com/pali3/pali3/webli"
)

// RunOptions say how to run a project. They do not change its result.
type RunOptions struct {
	Backend compute.Backend
	// Workers is the number of goroutines that decode images and make examples; default one per
	// core.
	Workers int
	// Version of the program, for the records in the folder.
	Version string
	// Registry holds what the project's recipes may name; nil for what is built in.
	Registry *stages.Registry
	// Rules are the rules that the curation recipe may turn on besides the built-in ones.
	Rules webli.Rules
	// Progress begins a line of progress for each phase; may be nil.
	Progress NewLine
	// Note is called with what is repeated and why; may be nil.
	Note func(message string)
	// Warn is called with problems that do not stop the run; may be nil.
	Warn func(message string)
}

// runner runs a project.
type runner struct {
	RunOptions
	dir      string
	pipeline *Pipeline
	state    state
	began    time.Time // of the time that is not in the state yet
}

// Run runs the phases of the project in dir that are not done, and those whose recipe, data or
// other inputs have changed. It writes a summary and a report, and returns the summary. It moves
// outdated results to previous/ in the folder. A run can be killed at any point; running it again
// gives the same result.
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

// phases lists the phases before the scores, in order.
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

// check reads all recipes before any work is done, so that a mistake in the last one does not turn
// up after hours.
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
		kinds[s.Name] = recipe.Family
	}
	for _, scored := range r.pipeline.Score.stages() {
		want := "pali3"
		if scored.task == "retrieval" {
			want = "siglip"
		}
		if kind := kinds[scored.stage]; kind != "" && kind != want {
			all = errors.Join(all, fmt.Errorf("%s: score.%s: %s is of the family %s, want %s", r.path(PipelineFile), scored.task, scored.stage, kind, want))
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
