// Package quickstart is the main job of pali3 at small scale: the embedded data and
// the order of steps from an archive of real pictures to a trained, scored and reported model.
//
// Each step calls the code of its own command. Only cmd imports this package.
package quickstart

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/folderlock"
	"github.com/pali3/pali3/internal/jsonerr"
)

// Line shows the progress of one part of the work.
type Line interface {
	Set(done, bad int64)
	Note(text string)
	End()
}

// Options of the quickstart.
type Options struct {
	Out      string // folder of everything it makes
	Smoke    bool   // a few steps of everything, to see that it runs
	Seed     uint64
	Fresh    bool // drop what an earlier run left in Out
	Workers  int
	Backend  compute.Backend
	Version  string
	Progress func(name, unit string, total int64) Line
	Warn     func(message string)
}

// smokeSamples is how many held-out samples a smoke run scores in each split.
const smokeSamples = 12

// runner is a quickstart under way.
type runner struct {
	Options
	state state
	began time.Time
}

// state is what a later run of the same folder needs to know.
type state struct {
	Seed    uint64  `json:"seed"`
	Smoke   bool    `json:"smoke"`
	Version string  `json:"version"`
	Seconds float64 `json:"seconds"`        // of work so far
	PeakRSS int64   `json:"peak_rss_bytes"` // the most so far
}

const stateName = "quickstart.json"

// Run does all of it, or what an interrupted run of the same folder has left to do, and returns the
// summary that it has written beside the report.
func Run(ctx context.Context, o Options) (*Summary, error) {
	r := &runner{Options: o, began: time.Now()}
	lock, err := folderlock.Take(o.Out)
	if err != nil {
		return nil, err
	}
	defer lock.Unlock()
	if err := r.begin(); err != nil {
		return nil, err
	}
	if summary, err := readSummary(o.Out); summary != nil || err != nil {
		return summary, err // all is done
	}
	for _, step := range []struct {
		doing string
		do    func(context.Context) error
	}{
		{"ingesting the pictures", r.ingest},
		{"curating the data", r.curate},
		{"training the tokenizer", r.tokenizer},
		{"training", r.train},
	} {
		if err := r.step(ctx, step.doing, step.do); err != nil {
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

// ErrInterrupted is wrapped by the error of a quickstart whose context ended: Run of the same folder resumes it.
var ErrInterrupted = errors.New("interrupted")

// step does a part of the work and keeps the time that it took. Parts that cannot stop in between end first.
func (r *runner) step(ctx context.Context, doing string, do func(context.Context) error) error {
	err := ctx.Err()
	if err == nil {
		err = do(ctx)
	}
	if err = errors.Join(err, r.keepTime()); err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w while %s: %w", ErrInterrupted, doing, context.Cause(ctx))
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// begin makes the folder or finds out whether it holds the same run.
func (r *runner) begin() error {
	if r.Fresh {
		if err := r.clear(); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(r.Out, "predictions"), 0o755); err != nil {
		return err
	}
	want := state{Seed: r.Seed, Smoke: r.Smoke, Version: r.Version}
	content, err := os.ReadFile(r.path(stateName))
	if errors.Is(err, fs.ErrNotExist) {
		r.state = want
		return r.keepTime()
	}
	if err != nil {
		return err
	}
	if err := jsonerr.Explain(json.Unmarshal(content, &r.state)); err != nil {
		return fmt.Errorf("reading %s: %w", r.path(stateName), err)
	}
	if r.state.Seed != want.Seed || r.state.Smoke != want.Smoke {
		return fmt.Errorf("%s holds a quickstart with seed %d and smoke %t: name another folder, or start over with --fresh", r.Out, r.state.Seed, r.state.Smoke)
	}
	return nil
}

// clear removes what a quickstart makes, and nothing else.
func (r *runner) clear() error {
	if _, err := os.Stat(r.path(stateName)); errors.Is(err, fs.ErrNotExist) {
		return nil // not ours
	}
	names := []string{"emoji.tar", "raw", "data", ModelName, "tokenizer.vocab", curationName, "predictions", picturesName, summaryName, reportName, stateName}
	for _, s := range stageRuns {
		names = append(names, s.name)
	}
	for _, name := range names {
		if err := os.RemoveAll(r.path(name)); err != nil {
			return err
		}
	}
	return nil
}

func (r *runner) path(names ...string) string {
	return filepath.Join(append([]string{r.Out}, names...)...)
}

// keepTime adds the time since the last call to the state.
func (r *runner) keepTime() error {
	now := time.Now()
	r.state.Seconds += now.Sub(r.began).Seconds()
	r.began = now
	r.state.PeakRSS = max(r.state.PeakRSS, peakRSS())
	return writeJSON(r.path(stateName), r.state)
}

func writeJSON(path string, v any) error {
	content, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, append(content, '\n'))
}
