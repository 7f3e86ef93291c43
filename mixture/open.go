package mixture

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// Options say how a stream is evaluated. None of them changes an example.
type Options struct {
	// Workers is the number of goroutines that make a batch's examples. Default: 1.
	Workers int
	// ShardIndex and ShardCount divide every batch among several hosts: a stream makes the rows of
	// shard ShardIndex, from 0 to ShardCount-1. Default: shard 0 of 1, the whole batch.
	ShardIndex, ShardCount int
	// NoPixels leaves the images undecoded: for cached visual tokens.
	NoPixels bool
	// Known, if not nil, reports images that the caller keeps the tokens of, by dataset, row, place
	// in the sample, and the sequence length of the batch, 0 for whole images. They are not
	// decoded, and their pixels are zero. It is called from several goroutines.
	Known func(dataset string, row, image, length int) bool
	// Lenient opens a recipe as long as one of its tasks can use a sample. The other tasks make no
	// examples: see [Stream.Examples].
	Lenient bool
}

// Stream is the training data of a recipe. Safe for concurrent use.
type Stream struct {
	recipe   Recipe
	options  Options
	shape    Shape
	mix      *mix
	tasks    []*task
	weights  []float64
	vocab    *tokenize.Vocabulary
	pipeline *augment.Pipeline
	pixels   *pixelCache
	datasets map[string]*scannedDataset // by folder

	mu              sync.Mutex
	skipped         map[string]string // task and origin of a sample that could not be used -> why
	made, truncated atomic.Int64      // examples, and those that were truncated
}

// task is a task of the recipe with what it needs to make examples.
type task struct {
	*Task
	number  int // in the recipe
	kind    Kind
	denoise denoiseTask
	source  *source // nil if the task makes no examples
}

// Open opens the datasets and the tokenizer of a recipe, and finds the samples of each task.
func Open(recipe Recipe, o Options) (*Stream, error) {
	if err := recipe.Check(); err != nil {
		return nil, err
	}
	s := newStream(recipe, o)
	if failed := s.open(false); len(failed) > 0 {
		s.Close()
		return nil, failed[0].err
	}
	return s, nil
}

// OpenAll opens a recipe as [Open] does, but returns everything that is wrong with it rather than
// the first problem alone. If there is any, the stream is nil.
func OpenAll(recipe Recipe, o Options) (*Stream, strict.Problems) {
	s := newStream(recipe, o)
	var all strict.Problems
	for _, f := range s.open(true) {
		all.Add(f.path, "%s", strings.TrimPrefix(f.err.Error(), "recipe: "))
	}
	if len(all) > 0 {
		s.Close()
		return nil, all
	}
	return s, nil
}

func newStream(recipe Recipe, o Options) *Stream {
	s := &Stream{recipe: recipe, options: o, datasets: map[string]*scannedDataset{}, skipped: map[string]string{}}
	for i := range recipe.Tasks {
		t := &recipe.Tasks[i]
		kind, _ := recipe.Registry.Kind(t.Kind)
		s.tasks = append(s.tasks, &task{Task: t, number: i, kind: kind})
	}
	return s
}

// failure is why a part of a recipe cannot be opened.
type failure struct {
	path string // of the part's key
	err  error
}

// open opens the parts of the recipe up to the first that fails, or all of them.
func (s *Stream) open(all bool) (failed []failure) {
	bad := func(path string, err error) bool {
		if err != nil {
			failed = append(failed, failure{path, err})
		}
		return err != nil && !all
	}
	if bad("batch", s.divide()) {
		return failed
	}
	var err error
	if s.vocab, err = s.recipe.OpenVocabulary(); err != nil {
		err = fmt.Errorf("recipe: tokenizer: %w", err)
	}
	if bad("tokenizer.model", err) {
		return failed
	}
	s.pipeline, err = s.recipe.Pipeline()
	if bad("images.ops", err) {
		return failed
	}
	if _, err := s.recipe.EvalPipeline(); bad("images.eval_ops", err) {
		return failed
	}
	s.pixels = newPixelCache(s.pipeline)
	weights := make([]float64, len(s.tasks))
	for i, t := range s.tasks {
		weights[i] = temper(t.Weight, s.recipe.Temperature)
		key, err := s.openTask(t)
		if s.options.Lenient && errors.As(err, &noSample{}) {
			weights[i], err = 0, nil
		}
		if err != nil && bad(taskPath(i, key), fmt.Errorf("recipe: tasks[%d] (%s): %w", i, t.Name, err)) {
			return failed
		}
	}
	if len(failed) == 0 && slices.Max(weights) == 0 {
		bad("tasks", fmt.Errorf("recipe: tasks: none can use a sample"))
	}
	if len(failed) == 0 {
		s.weights = weights
		s.mix = newMix(s.recipe.Seed, weights)
		s.shape = s.shapeOf()
	}
	return failed
}

func taskPath(i int, key string) string {
	return strings.TrimSuffix(fmt.Sprintf("tasks.%d.%s", i, key), ".")
}

// divide checks and fills in which shard of a batch the stream makes.
func (s *Stream) divide() error {
	o := &s.options
	o.Workers = max(o.Workers, 1)
	o.ShardCount = max(o.ShardCount, 1)
	if o.ShardIndex < 0 || o.ShardIndex >= o.ShardCount {
		return fmt.Errorf("shard %d of a batch: must be from 0 to %d", o.ShardIndex, o.ShardCount-1)
	}
	if s.recipe.Batch%o.ShardCount != 0 {
		return fmt.Errorf("a batch of %d cannot be divided among %d hosts: their number must divide the batch", s.recipe.Batch, o.ShardCount)
	}
	return nil
}

// openTask opens a task's dataset and finds its samples. With an error it returns the task's key
// that is to blame.
func (s *Stream) openTask(t *task) (key string, err error) {
	d, err := s.openDataset(t.folder(&s.recipe))
	if err != nil {
		return "data", err
	}
	if s.vocab != nil {
		if t.denoise, err = newDenoiseTask(t.Task, t.kind, s.vocab, s.recipe.Lengths); err != nil {
			return "denoisers", err
		}
		if key, err := checkPieces(t.Task, s.vocab); err != nil {
			return key, err
		}
	}
	if t.Weight == 0 {
		return "", nil
	}
	return "", s.findSamples(d, t)
}

// openDataset opens a dataset unless it is open.
func (s *Stream) openDataset(dir string) (*scannedDataset, error) {
	if d := s.datasets[dir]; d != nil {
		return d, nil
	}
	opened, err := s.recipe.Registry.OpenDataset(context.Background(), dir)
	if err != nil {
		return nil, err
	}
	d := &scannedDataset{Dataset: opened}
	s.datasets[dir] = d
	return d, nil
}

// Close closes the datasets.
func (s *Stream) Close() error {
	var all error
	for _, d := range s.datasets {
		all = errors.Join(all, d.Close())
	}
	return all
}

// Recipe returns the recipe with its defaults filled in.
func (s *Stream) Recipe() Recipe { return s.recipe }

// Vocabulary returns the vocabulary of all ids.
func (s *Stream) Vocabulary() *tokenize.Vocabulary { return s.vocab }

// Pipeline returns the image ops, nil if no task has images.
func (s *Stream) Pipeline() *augment.Pipeline { return s.pipeline }

// Dataset returns an open dataset by the folder that [Batch.Origins] names.
func (s *Stream) Dataset(dir string) *shards.Dataset {
	if d := s.datasets[dir]; d != nil {
		return d.Dataset
	}
	return nil
}
