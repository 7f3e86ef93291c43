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
	"time"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/internal/folderlock"
	"github.com/pali3/pali3/webli"
)

// RunOptions say how a project is run. None of them changes its outcome.
type RunOptions struct {
	Backend compute.Backend
	// Workers make examples and decode images; default one a core.
	Workers int
	// Version of the code, for the folder's records.
	Version string
	// Builtin holds the tokenizer models that recipes name as "pali3:NAME". May be nil.
	Builtin fs.FS
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

// phase is a part of the work whose result lies in the folder.
type phase struct {
	name    string
	doing   string   // for messages
	outputs []string // files and folders that it makes
	steps   int      // of a training
	// from identifies all that the result depends on. Detail may be nil; see phaseState.
	from, detail func() (string, error)
	do           func(context.Context) error
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
		if err := r.phase(ctx, p); err != nil {
			return nil, err
		}
	}
	var summary *Summary
	err = r.step(ctx, "scoring", func(ctx context.Context) (err error) {
		summary, err = r.conclude(ctx)
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

// phase does one phase if its result is not there or out of date.
func (r *runner) phase(ctx context.Context, p phase) error {
	want, err := p.want()
	if err != nil {
		return fmt.Errorf("%s: %w", p.doing, err)
	}
	before, known := r.state.Phases[p.name]
	if known && before.Done && before.same(want) && r.there(p.outputs) {
		return nil
	}
	if err := r.makeRoom(p, before, want, known); err != nil {
		return err
	}
	r.state.Phases[p.name] = want
	if err := r.save(); err != nil {
		return err
	}
	if err := r.step(ctx, p.doing, p.do); err != nil {
		return err
	}
	want.Done = true
	r.state.Phases[p.name] = want
	return r.save()
}

// want is the state of the phase once it is done.
func (p phase) want() (s phaseState, err error) {
	s.Steps = p.steps
	if s.Identity, err = p.from(); err == nil && p.detail != nil {
		s.Detail, err = p.detail()
	}
	return s, err
}

func (s phaseState) same(o phaseState) bool {
	return s.Identity == o.Identity && s.Detail == o.Detail && s.Steps == o.Steps
}

// makeRoom sets an out-of-date result of the phase aside, and refuses to write over what this
// project did not make.
func (r *runner) makeRoom(p phase, before, want phaseState, known bool) error {
	if !known {
		for _, name := range p.outputs {
			if r.there([]string{name}) {
				return fmt.Errorf("%s is there already, and this project has not made it: move it away, or write the project to another folder", r.path(name))
			}
		}
		return nil
	}
	if before.Identity == want.Identity && before.Steps <= want.Steps {
		return nil
	}
	to, err := r.setAside(p.outputs)
	if to != "" {
		r.note(fmt.Sprintf("%s: what it depends on has changed, so it is done again; the earlier result is in %s", p.name, to))
	}
	return err
}

func (r *runner) there(names []string) bool {
	for _, name := range names {
		if _, err := os.Stat(r.path(name)); err != nil {
			return false
		}
	}
	return true
}

// step does a part of the work and keeps the time that it took. Parts that cannot stop midway end
// first.
func (r *runner) step(ctx context.Context, doing string, do func(context.Context) error) error {
	err := ctx.Err()
	if err == nil {
		err = do(ctx)
	}
	if err = errors.Join(err, r.save()); err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w while %s: %w", ErrInterrupted, doing, context.Cause(ctx))
	}
	return fmt.Errorf("%s: %w", doing, err)
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

// identityOf is a hash of the parts, in order.
func identityOf(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d %s\n", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}
