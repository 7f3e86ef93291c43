package stages

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/shards"
)

// Options say how a stage is run. None of them changes its outcome, but for the backend's rounding.
type Options struct {
	Backend compute.Backend
	// Builtin holds the tokenizer models that recipes name as "pali3:NAME". May be nil.
	Builtin fs.FS
	// Workers make the examples of a batch; default 1.
	Workers int
	// Version of the code, for run.yaml.
	Version string
	// Progress, if not nil, is told after every step.
	Progress func(Progress)
	// Evaluator computes the metrics of the recipe's eval, all but the loss. May be nil where none
	// is asked for.
	Evaluator Evaluator
	// Evaluated, if not nil, is told of each evaluation that the recipe's eval asks for.
	Evaluated func(Evaluated)
	// Warn, if not nil, is told of what does not end the training.
	Warn func(message string)

	withoutExamples bool // no loss by task: for the test that it changes nothing
}

// Result tells what a stage did.
type Result struct {
	Stage string `json:"stage"`
	// Steps that were taken, of which Resumed were found in the folder.
	Steps   int `json:"steps"`
	Resumed int `json:"resumed"`
	// Loss is the mean over the last steps, a twentieth of the run.
	Loss float64 `json:"loss"`
	// Parameters of the model, of which Trained were not frozen.
	Parameters int `json:"parameters"`
	Trained    int `json:"trained"`
	// Skipped counts samples that could not be used.
	Skipped int `json:"skipped"`
	// Cut is the share of examples whose texts were longer than their windows.
	Cut     float64 `json:"cut"`
	Seconds float64 `json:"seconds"`
	// Weights is the file that holds the model.
	Weights string `json:"weights"`
	// Evaluations that the recipe's eval asked for, in order.
	Evaluations []Evaluated `json:"evaluations,omitempty"`
	// Best says which step the weights are of, where the recipe asks for the best; nil: the last.
	Best *Best `json:"best,omitempty"`
	// StoppedEarly says that the run ended before the recipe's steps since the best score got no
	// better.
	StoppedEarly bool `json:"stopped_early,omitempty"`
}

// Run trains a stage from its recipe into a run folder: it opens the data, makes the model with
// weights drawn or taken from earlier runs, trains it, and writes its weights and config. If the
// folder holds a part of the same run, that is continued; if all of it, nothing is done again.
func Run(ctx context.Context, r Recipe, dir string, o Options) (result Result, err error) {
	began := time.Now()
	if err := r.Check(); err != nil {
		return Result{}, err
	}
	stream, err := mixture.Open(r.Mixture, mixture.Options{Workers: o.Workers, Builtin: o.Builtin})
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, stream.Close()) }()
	network, err := r.Network(stream.Shape(), stream.Vocabulary().Size())
	if err != nil {
		return Result{}, err
	}
	if r.Eval != nil {
		e := r.Eval.WithDefaults()
		r.Eval = &e
		if _, err := e.checkSplits(r, stream.Recipe()); err != nil {
			return Result{}, err
		}
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
	set, err := r.initial(network, o, folder.Done() == 0)
	if err != nil {
		return Result{}, err
	}
	t := Training{
		Backend: o.Backend, Loss: network.Loss, Tasks: taskNames(r.Mixture.Tasks), Weights: set, Freeze: r.Freeze, Stream: stream, Seed: r.Mixture.Seed,
		Optimizer: r.Optimizer, Schedule: r.Schedule, Steps: r.Steps,
		Folder: folder, CheckpointEvery: r.CheckpointEvery, KeepCheckpoints: r.KeepCheckpoints, Progress: o.Progress,
	}
	if !o.withoutExamples {
		t.LossByExample = network.LossByExample
	}
	if r.caches(stream) {
		if t.VisualTokens, err = network.visualTokens(o.Backend, set, r.cacheSize()); err != nil {
			return Result{}, err
		}
	}
	if r.Eval != nil {
		held, err := r.openHeldOut(network, set, stream, o)
		if err != nil {
			return Result{}, err
		}
		defer func() { err = errors.Join(err, held.close()) }()
		t.Evaluating = held.evaluating(o)
	}
	resumed := folder.Done()
	end, err := train(ctx, t)
	if err != nil {
		return Result{}, err
	}
	if set, err = folder.writeBest(set, end.best); err != nil {
		return Result{}, err
	}
	if r.Eval != nil && r.Eval.Best != "" && end.best == nil {
		o.warn("eval: no weights were kept since best is %s: the weights are those of the last step", r.Eval.Best)
	}
	if err := copyTokenizer(dir, r.Mixture.Tokenizer.Model, o.Builtin); err != nil {
		return Result{}, err
	}
	if err := stream.Seen().Write(dir); err != nil {
		return Result{}, err
	}
	if err := writeModel(dir, r, network, set); err != nil {
		return Result{}, err
	}
	if result, err = r.summary(dir, set, end); err != nil {
		return Result{}, err
	}
	result.Resumed, result.Skipped, result.Cut, result.Seconds = resumed, len(stream.Skipped()), stream.Cut(), time.Since(began).Seconds()
	return result, nil
}

// warn tells of what does not end the training, if anybody listens.
func (o Options) warn(format string, values ...any) {
	if o.Warn != nil {
		o.Warn(fmt.Sprintf(format, values...))
	}
}

// fingerprint stands for what a dataset holds.
func fingerprint(m *shards.Manifest) string {
	h := sha256.New()
	for _, file := range m.Files {
		fmt.Fprintln(h, file.SHA256, file.Rows)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// initial draws the weights and, at the beginning of a run, takes those of earlier ones.
func (r Recipe) initial(network Network, o Options, fresh bool) (*weights.Set, error) {
	specs, err := network.Specs(o.Backend)
	if err != nil {
		return nil, fmt.Errorf("building the model: %w", err)
	}
	set := weights.Initial(specs, r.Mixture.Seed)
	if !fresh {
		return set, nil // a checkpoint has them all
	}
	for _, init := range r.Init {
		if _, err := init.take(set, network.image()); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// caches says whether the visual tokens can be computed once a picture.
func (r Recipe) caches(stream *mixture.Stream) bool {
	return r.FreezesImages() && r.Stage == "pali3" && r.TokenCache >= 0 && stream.Pipeline() != nil && !stream.Pipeline().Random()
}

// defaultTokenCache is the memory for visual tokens, in MiB, of a recipe that does not say.
const defaultTokenCache = 1024

// cacheSize returns the memory for visual tokens in MiB.
func (r Recipe) cacheSize() int {
	if r.TokenCache == 0 {
		return defaultTokenCache
	}
	return r.TokenCache
}

// writeModel writes the weights and what is needed to use them.
func writeModel(dir string, r Recipe, network Network, set *weights.Set) error {
	path := filepath.Join(dir, WeightsFile)
	if err := set.Save(path, map[string]string{"stage": r.Stage}); err != nil {
		return err
	}
	content, err := json.MarshalIndent(network, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(dir, ModelFile), append(content, '\n'))
}

// summary tells of a finished run.
func (r Recipe) summary(dir string, set *weights.Set, end ending) (Result, error) {
	frozen, err := weights.Frozen(set.Specs(), r.Freeze)
	if err != nil {
		return Result{}, err
	}
	result := Result{Stage: r.Stage, Steps: end.steps, Parameters: set.Parameters(), Weights: filepath.Join(dir, WeightsFile), Best: end.best, StoppedEarly: end.stopped}
	for i, spec := range set.Specs() {
		if !frozen[i] {
			result.Trained += spec.Size()
		}
	}
	metrics, err := ReadMetrics(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return Result{}, err
	}
	last := metrics[len(metrics)-min(len(metrics), max(1, end.steps/20)):]
	for _, m := range last {
		result.Loss += float64(m.Loss) / float64(len(last))
	}
	if result.Evaluations, err = ReadEvaluations(dir); errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return result, err
}
