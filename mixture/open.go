package mixture

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	// shard ShardIndex, from 0 to ShardCount-1. Of a batch of B rows these are the rows from
	// B·ShardIndex/ShardCount up to B·(ShardIndex+1)/ShardCount, rounded down. The shards joined
	// are the batch, whatever their number, so a run may resume on another number of hosts. If
	// ShardCount does not divide the batch, shards differ by one row. Default: shard 0 of 1, the
	// whole batch.
	ShardIndex, ShardCount int
	// Cache bounds what is kept of all datasets together: open files, decoded pages, and blocks of
	// files in object stores. Default: that of [shards.CacheLimits], but 256 MiB of blocks.
	Cache shards.CacheLimits
	// ScanFolder keeps what scans of datasets of a million rows and more find, so that the same
	// program opens the same recipe again without reading them. Default: none, nothing is kept.
	ScanFolder string
	// NoPixels leaves the images undecoded: for cached visual tokens.
	NoPixels bool
	// Known, if not nil, reports images that the caller keeps the tokens of, by dataset, row, place
	// in the sample, and the sequence length of the batch, 0 for whole images. They are not
	// decoded, and their pixels are zero. It is called from several goroutines.
	Known func(dataset string, row, image, length int) bool
	// KnownHash, if not nil, reports images as Known does, by the SHA-256 of their bytes and the
	// sequence length of the batch: for tokens that are kept on disk. The batch then has
	// ImageHashes.
	KnownHash func(image [sha256.Size]byte, length int) bool
	// Lenient opens a recipe as long as one of its tasks can use a sample. The other tasks make no
	// examples: see [Stream.Examples].
	Lenient bool

	keptRows int // of the smallest dataset whose scan is kept, for tests
}

// Stream is the training data of a recipe. Safe for concurrent use.
type Stream struct {
	recipe   Recipe
	options  Options
	shape    Shape
	chooser  chooser
	tasks    []*task
	weights  []float64
	vocab    *tokenize.Vocabulary
	pipeline *augment.Pipeline
	pixels   *pixelCache
	packer   *packer                    // nil if a row is an example
	moving   bool                       // the image ops move what the images show
	masks    MaskCodec                  // codes masks that move; nil for none
	datasets map[string]*scannedDataset // by folder
	cache    *shards.Cache              // of all datasets

	skipped         skippedCounts
	made, truncated atomic.Int64 // examples, and those that were truncated
	leftOut         leftOut
}

// task is a task of the recipe with what it needs to make examples.
type task struct {
	*Task
	number  int // in the recipe
	kind    Kind
	denoise denoiseTask
	failed  bool    // to be prepared
	source  *source // nil if the task makes no examples
	scanErr error   // of the task alone, in the scan of its dataset
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

// defaultBlocks is how many bytes of files in object stores are kept. Samples are drawn from
// windows of 4,096 rows, whose images of up to 64 KiB this holds: see docs/stream.md.
const defaultBlocks = 256 << 20

func newStream(recipe Recipe, o Options) *Stream {
	if recipe.StreamVersion == 0 {
		recipe.StreamVersion = NewestStreamVersion
	}
	s := &Stream{recipe: recipe, options: o, datasets: map[string]*scannedDataset{}}
	if o.Cache.Blocks == 0 {
		o.Cache.Blocks = defaultBlocks
	}
	s.cache = shards.NewCache(o.Cache)
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
	if s.pipeline != nil {
		_, how := s.pipeline.Moving()
		s.moving = how != augment.InPlace
	}
	if bad("images.mask_codec", s.openMasks()) {
		return failed
	}
	weights, stop := s.openTasks(bad)
	if stop {
		return failed
	}
	if len(failed) == 0 && slices.Max(weights) == 0 {
		bad("tasks", fmt.Errorf("recipe: tasks: none can use a sample"))
	}
	if len(failed) == 0 {
		bad("tasks", s.checkWeights())
	}
	if len(failed) == 0 {
		s.weights = weights
		s.shape = s.shapeOf()
		s.chooser, err = s.recipe.version().choose(s)
		bad("tasks", err)
	}
	if len(failed) == 0 {
		s.packer, err = newPacker(s)
		bad("packing", err)
	}
	if len(failed) == 0 && s.packer != nil && len(s.recipe.Curriculum) > 0 {
		s.chooser, err = s.recipe.version().choose(s) // its steps are those of packed rows
		bad("tasks", err)
	}
	return failed
}

func (s *Stream) taskPath(t *task, key string) string {
	return strings.TrimSuffix(s.recipe.TaskPath(t.number)+"."+key, ".")
}

// divide checks and fills in which shard of a batch the stream makes.
func (s *Stream) divide() error {
	o := &s.options
	o.Workers = max(o.Workers, 1)
	o.ShardCount = max(o.ShardCount, 1)
	if o.ShardIndex < 0 || o.ShardIndex >= o.ShardCount {
		return fmt.Errorf("shard %d of a batch: must be from 0 to %d", o.ShardIndex, o.ShardCount-1)
	}
	if s.recipe.Batch < o.ShardCount {
		return fmt.Errorf("a batch of %d cannot be divided among %d hosts: it has a row for %d at most", s.recipe.Batch, o.ShardCount, s.recipe.Batch)
	}
	return nil
}

func (s *Stream) taskError(t *task, err error) error {
	return fmt.Errorf("recipe: tasks[%d] (%s): %w", t.number, t.Name, err)
}

// openTasks opens the datasets of all tasks and finds their samples. It returns the tasks' weights,
// and true if bad said to stop.
func (s *Stream) openTasks(bad func(path string, err error) bool) (weights []float64, stop bool) {
	s.openDatasets()
	for _, t := range s.tasks {
		key, err := s.prepareTask(t)
		if t.failed = err != nil; t.failed && bad(s.taskPath(t, key), s.taskError(t, err)) {
			return nil, true
		}
	}
	s.scanDatasets()
	for _, t := range s.tasks {
		err := s.found(t)
		if s.options.Lenient && errors.As(err, &noSample{}) {
			err = nil
		}
		if err != nil && bad(s.taskPath(t, ""), s.taskError(t, err)) {
			return nil, true
		}
	}
	return s.weightsWith(nil), false
}

// prepareTask checks that a task's dataset is open and that the vocabulary has what the task needs.
// With an error it returns the task's key that is to blame.
func (s *Stream) prepareTask(t *task) (key string, err error) {
	if err := s.datasets[t.folder(&s.recipe)].err; err != nil {
		return "data", err
	}
	if s.vocab == nil {
		return "", nil
	}
	if t.denoise, err = newDenoiseTask(t.Task, t.kind, s.vocab, s.recipe.Lengths); err != nil {
		return t.denoisersKey(), err
	}
	return checkPieces(t.Task, s.vocab)
}

// Close closes the datasets.
func (s *Stream) Close() error {
	var all error
	for _, d := range s.datasets {
		if d.rows != nil || d.Dataset != nil {
			all = errors.Join(all, d.data().Close())
		}
	}
	return all
}

// Recipe returns the recipe with its defaults filled in.
func (s *Stream) Recipe() Recipe { return s.recipe }

// Vocabulary returns the vocabulary of all ids.
func (s *Stream) Vocabulary() *tokenize.Vocabulary { return s.vocab }

// Pipeline returns the image ops, nil if no task has images.
func (s *Stream) Pipeline() *augment.Pipeline { return s.pipeline }

// RowsFingerprint identifies the content of [Rows] that [Batch.Origins] names. It is "" for
// datasets, which have a manifest.
func (s *Stream) RowsFingerprint(name string) string {
	if d := s.datasets[name]; d != nil && d.rows != nil {
		return d.rows.Fingerprint()
	}
	return ""
}

// Dataset returns an open dataset by the folder that [Batch.Origins] names, nil for [Rows].
func (s *Stream) Dataset(dir string) *shards.Dataset {
	if d := s.datasets[dir]; d != nil {
		return d.Dataset
	}
	return nil
}
