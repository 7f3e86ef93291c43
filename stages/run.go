package stages

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/internal/folderlock"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/family"
)

// Options configure a run. Apart from the backend's rounding, none of them changes its outcome.
type Options struct {
	Backend compute.Backend
	// Workers is the number of goroutines that make the examples of a batch. Default: 1.
	Workers int
	// Version of the code, for run.yaml.
	Version string
	// Progress, if not nil, is called after every step.
	Progress func(Progress)
	// Evaluator computes the metrics of the recipe's eval other than the loss. It may be nil if the
	// recipe asks for none.
	Evaluator Evaluator
	// Evaluated, if not nil, is called after each evaluation.
	Evaluated func(Evaluated)
	// Note, if not nil, is called with what was taken from other weights, and with what is kept of
	// a frozen image encoder.
	Note func(message string)
	// Warn, if not nil, is called with problems that do not end the training.
	Warn func(message string)

	withoutExamples bool // no loss by task: for the test that it changes nothing
}

// note tells what is good to know; an empty message is none.
func (o Options) note(message string) {
	if o.Note != nil && message != "" {
		o.Note(message)
	}
}

// warn reports a problem that does not end the training.
func (o Options) warn(format string, values ...any) {
	if o.Warn != nil {
		o.Warn(fmt.Sprintf(format, values...))
	}
}

// Run trains a stage from its recipe into a run folder. It opens the data, builds the model, draws
// its weights or takes them from earlier runs, trains it, and writes its weights and config. If the
// folder holds part of the same run, Run continues it; if it holds the finished run, no step is
// taken again.
func Run(ctx context.Context, r Recipe, dir string, o Options) (result Result, err error) {
	began := time.Now()
	if err := r.Check(); err != nil {
		return Result{}, err
	}
	r.Mixture.StreamVersion = r.streamVersion(dir)
	var known knownImages
	options := mixture.Options{Workers: o.Workers, ScanFolder: filepath.Join(dir, scansFolder)}
	stream, err := mixture.Open(r.Mixture, known.options(options, r.VisualTokens != ""))
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, stream.Close()) }()
	if err := r.endProblems(stream).Err(); err != nil {
		return Result{}, fmt.Errorf("recipe: %w", err)
	}
	network, specs, err := r.build(o.Backend, stream)
	if err != nil {
		return Result{}, err
	}
	var held *heldOut
	if r.Eval != nil {
		if held, err = r.planEvaluation(stream.Recipe()); err != nil {
			return Result{}, err
		}
		r.Eval = &held.Eval
		defer func() { err = errors.Join(err, held.close()) }()
	}
	lock, err := folderlock.Take(dir)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	folder, err := r.openFolder(dir, stream, network, o)
	if err != nil {
		return Result{}, err
	}
	resumed := folder.Done()
	set, err := r.initialWeights(specs, resumed == 0, o.Note)
	if err != nil {
		return Result{}, err
	}
	var kept *VisualTokenFolder
	if r.VisualTokens != "" {
		if kept, err = OpenVisualTokenFolder(r.VisualTokens, int64(r.VisualTokensLimit)<<20); err != nil {
			return Result{}, err
		}
		defer func() {
			for _, problem := range kept.CloseAndReport() {
				o.warn("%s", problem)
			}
		}()
	}
	tokens, err := r.visualTokens(network, o.Backend, set, stream, r.tokenCacheMebibytes(), kept)
	if err != nil {
		return Result{}, err
	}
	known.Store(tokens)
	o.note(r.explain(tokens, stream))
	t := Training{
		Backend: o.Backend, Loss: network.Loss, Weights: set, Freeze: r.Freeze, Stream: stream, VisualTokens: tokens,
		Optimizer: r.Optimizer, Schedule: r.Schedule, Seed: r.Mixture.Seed, Steps: r.Steps,
		Note:   o.Note,
		Folder: folder, CheckpointEvery: r.CheckpointEvery, KeepCheckpoints: r.KeepCheckpoints, Progress: o.Progress,
	}
	if u, is := network.Model.(family.Unpadder); is {
		t.Unpads = u.Unpads() && stream.Shape().Decoder > 0
	}
	for i := range r.Mixture.Tasks {
		t.Tasks = append(t.Tasks, r.Mixture.Tasks[i].Name)
	}
	if !o.withoutExamples {
		t.LossByExample = network.LossByExample
	}
	if held != nil {
		if t.Evaluating, err = held.open(network, set, stream.Vocabulary(), kept, o); err != nil {
			return Result{}, err
		}
	}
	end, err := train(ctx, t)
	if err != nil {
		return Result{}, err
	}
	if tokens != nil && end.steps > resumed {
		o.note(tokens.String())
	}
	r.warnOfVisualTokens(kept, tokens, stream, end.steps-resumed, o)
	if result, err = r.finish(folder, network, set, stream, end, o); err != nil {
		return Result{}, err
	}
	result.Resumed, result.Seconds = resumed, time.Since(began).Seconds()
	return result, nil
}
