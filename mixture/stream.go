package mixture

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// Options say how a stream is evaluated. None of them changes an example.
type Options struct {
	// Workers is the number of goroutines that make a batch's examples. Default 1.
	Workers int
	// Host and Hosts: host 1 to Hosts gets its part of every batch. Default 1 of 1.
	Host, Hosts int
	// NoPixels leaves the pictures undecoded: for cached visual tokens.
	NoPixels bool
	// Lenient leaves tasks out that can use no sample, where some other task can. Examples tells.
	Lenient bool
}

// Stream is the training data of a recipe. Safe for concurrent use.
type Stream struct {
	recipe   Recipe
	options  Options
	shape    Shape
	mix      *mix
	kinds    []Kind // of the tasks
	sources  []*source
	weights  []float64
	vocab    *tokenize.Vocabulary
	pipeline *augment.Pipeline
	pixels   *pixelCache
	denoise  []denoiseTask
	datasets map[string]*shards.Dataset

	mu        sync.Mutex
	skipped   map[string]string // origin of a sample that could not be used -> why
	made, cut atomic.Int64      // examples, and those with too many ids
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

func newStream(recipe Recipe, o Options) *Stream {
	kinds := make([]Kind, len(recipe.Tasks))
	for i, t := range recipe.Tasks {
		kinds[i], _ = recipe.Registry.Kind(t.Kind)
	}
	return &Stream{recipe: recipe, options: o, kinds: kinds, datasets: map[string]*shards.Dataset{}, skipped: map[string]string{}}
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
	if bad("batch", s.split()) {
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
	weights := make([]float64, len(s.recipe.Tasks))
	for i := range s.recipe.Tasks {
		t := &s.recipe.Tasks[i]
		weights[i] = temper(t.Weight, s.recipe.Temperature)
		path, err := s.openTask(t, s.kinds[i])
		if s.options.Lenient && errors.As(err, &noSample{}) {
			weights[i], err = 0, nil
		}
		if err != nil && bad(taskPath(i, path), fmt.Errorf("recipe: tasks[%d] (%s): %w", i, t.Name, err)) {
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

// split checks and fills in which part of a batch this host gets.
func (s *Stream) split() error {
	o := &s.options
	o.Workers = max(o.Workers, 1)
	if o.Hosts == 0 {
		o.Host, o.Hosts = 1, 1
	}
	if o.Host < 1 || o.Host > o.Hosts || s.recipe.Batch%o.Hosts != 0 {
		return fmt.Errorf("host %d of %d: must be 1 to %d, and divide the batch of %d", o.Host, o.Hosts, o.Hosts, s.recipe.Batch)
	}
	return nil
}

// openTask opens a task's dataset and finds its samples; of an error it names the task's key.
func (s *Stream) openTask(t *Task, k Kind) (key string, err error) {
	dir := t.Data
	if dir == "" {
		dir = s.recipe.Data
	}
	dataset, ok := s.datasets[dir]
	if !ok {
		if dataset, err = shards.Open(dir); err != nil {
			return "data", err
		}
		s.datasets[dir] = dataset
	}
	var denoise denoiseTask
	if s.vocab != nil {
		if denoise, err = newDenoiseTask(t, k, s.vocab, s.recipe.Lengths); err != nil {
			return "denoisers", err
		}
	}
	s.denoise = append(s.denoise, denoise)
	if t.Weight == 0 {
		s.sources = append(s.sources, nil)
		return "", nil
	}
	from, err := newSource(dataset, t, k)
	s.sources = append(s.sources, from)
	return "", err
}

func (s *Stream) shapeOf() Shape {
	shape := Shape{Rows: s.recipe.Batch / s.options.Hosts, Texts: max(s.recipe.Lengths.Texts, 1), Encoder: s.recipe.Lengths.Encoder, Decoder: s.recipe.Lengths.Decoder}
	for _, k := range s.kinds {
		if k.Image {
			shape.Images = max(s.recipe.Images.PerExample, 1)
			shape.Height, shape.Width = s.pipeline.Size()
		}
	}
	return shape
}

// Close closes the datasets.
func (s *Stream) Close() error {
	var all error
	for _, d := range s.datasets {
		all = errors.Join(all, d.Close())
	}
	return all
}

// Shape returns the shape of every batch.
func (s *Stream) Shape() Shape { return s.shape }

// Recipe returns the recipe with its defaults filled in.
func (s *Stream) Recipe() Recipe { return s.recipe }

// Vocabulary returns the vocabulary of all ids.
func (s *Stream) Vocabulary() *tokenize.Vocabulary { return s.vocab }

// Pipeline returns the image ops, nil if no task has pictures.
func (s *Stream) Pipeline() *augment.Pipeline { return s.pipeline }

// Dataset returns an open dataset by the folder that [Batch.Origins] names.
func (s *Stream) Dataset(dir string) *shards.Dataset { return s.datasets[dir] }

// Examples returns, for each task, how many samples it can use.
func (s *Stream) Examples() []int {
	n := make([]int, len(s.sources))
	for i, source := range s.sources {
		if source != nil {
			n[i] = len(source.rows)
		}
	}
	return n
}

// Skipped returns the samples that could not be used so far, with the reason. Another sample stood
// in for each.
func (s *Stream) Skipped() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]string{}
	for origin, why := range s.skipped {
		all[origin] = why
	}
	return all
}

// Cut returns the share of the examples made so far that had more ids than their windows have room
// for.
func (s *Stream) Cut() float64 { return float64(s.cut.Load()) / float64(max(1, s.made.Load())) }

// Batch makes the batch of a step. It depends on the recipe, its seed and the step alone.
func (s *Stream) Batch(ctx context.Context, step int) (*Batch, error) {
	if step < 0 {
		return nil, fmt.Errorf("batch of step %d", step)
	}
	b := NewBatch(step, s.shape, !s.options.NoPixels)
	first := step*s.recipe.Batch + (s.options.Host-1)*s.shape.Rows
	return b, s.eachRow(ctx, b, func(row int) error {
		if err := s.fill(b, row, first+row); err != nil {
			return fmt.Errorf("step %d row %d: %w", step, row, err)
		}
		return nil
	})
}

// eachRow has the workers fill the rows of a batch.
func (s *Stream) eachRow(ctx context.Context, b *Batch, fill func(row int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for w := range s.options.Workers {
		group.Go(func() error {
			for row := w; row < b.Shape.Rows; row += s.options.Workers {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := fill(row); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// attempts is how many samples are tried for one example.
const attempts = 16

// fill makes the example of a position into a row of the batch. Where a sample is bad, another one
// stands in, always the same.
func (s *Stream) fill(b *Batch, row, position int) error {
	number, before := s.mix.at(position)
	return s.fillTask(b, row, number, before)
}

// fillTask makes a task's example, with the number of examples before it, into a row of the batch.
func (s *Stream) fillTask(b *Batch, row, number, before int) error {
	from := s.sources[number]
	task := &s.recipe.Tasks[number]
	epoch, at := before/len(from.rows), before%len(from.rows)
	var last error
	for attempt := range attempts {
		key := random.Key(s.recipe.Seed, random.Name(task.Name), uint64(epoch))
		if attempt > 0 {
			at = int(random.Key(key, uint64(before), uint64(attempt)) % uint64(len(from.rows)))
		}
		index := from.rows[from.order.At(at, key)]
		sample, err := from.dataset.Row(index)
		if err != nil {
			return err // the dataset is damaged, not the sample
		}
		rng := random.New(key, random.Name(sample.Key))
		example, err := s.example(number, &sample, rng)
		if err == nil && s.kinds[number].Image {
			err = s.pictures(b, row, &sample, from.dataset.Dir(), index, rng)
		}
		if err == nil {
			s.place(b, row, s.kinds[number], example)
			s.count(b.Cut[row])
			b.Tasks[row], b.Keys[row], b.Origins[row], b.Indices[row] = int32(number), sample.Key, from.dataset.Dir(), index
			return nil
		}
		last = fmt.Errorf("%s row %d (%s): %w", from.dataset.Dir(), index, sample.Key, err)
		s.skip(task.Name, last)
	}
	return fmt.Errorf("task %s: %d samples in a row cannot be used, the last: %w", task.Name, attempts, last)
}

func (s *Stream) count(cut int32) {
	s.made.Add(1)
	if cut > 0 {
		s.cut.Add(1)
	}
}

func (s *Stream) skip(task string, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skipped[task+": "+why.Error()] = why.Error()
}

// example makes the ids of a sample.
func (s *Stream) example(number int, sample *shards.Sample, rng *random.Stream) (ids, error) {
	task := &s.recipe.Tasks[number]
	d, err := s.kinds[number].Make(task, sample, s.sources[number].labels, rng)
	if err != nil {
		return ids{}, err
	}
	if d.Document != "" {
		return s.denoise[number].corrupt(s.vocab.Encode(d.Document), rng)
	}
	if len(d.Texts) > 0 {
		return s.texts(d.Texts), nil
	}
	return ids{encoder: s.vocab.Encode(d.Prompt), target: s.vocab.Encode(d.Target)}, nil
}

// texts takes as many texts as an example has room for; of fewer, some come twice.
func (s *Stream) texts(texts []string) (example ids) {
	for i := range s.shape.Texts {
		example.texts = append(example.texts, s.vocab.Encode(texts[i%len(texts)]))
	}
	return example
}

// ids are an example's texts, without their ends: of contrastive tasks several, of others a prompt
// and a target.
type ids struct {
	texts           [][]int32
	encoder, target []int32
}

// place writes an example's ids into its row.
func (s *Stream) place(b *Batch, row int, k Kind, example ids) {
	le, ld := b.Shape.Encoder, b.Shape.Decoder
	encoder := b.Texts(row)
	if !k.Target {
		for i, text := range example.texts {
			FitText(encoder[i*le:(i+1)*le], text)
			b.Cut[row] += beyond(le, text)
		}
		return
	}
	FitPrompt(s.vocab, encoder, example.encoder)
	b.Cut[row] = beyond(le, example.encoder) + beyond(ld, example.target)
	targets := b.Targets[row*ld : (row+1)*ld]
	used := tokenize.Fit(targets, example.target)
	copy(b.DecoderInputs[row*ld+1:(row+1)*ld], targets)
	for i := range used {
		b.Weights[row*ld+i] = 1
	}
}

// beyond returns how many ids a window that also takes an end of sentence has no room for.
func beyond(window int, ids []int32) int32 { return int32(max(0, len(ids)+1-window)) }

// FitText writes a text for SigLIP's text tower into a row: cut to fit, then ends of sentence to
// the row's end, so that the last place, which stands for the text, always holds one (the tokenizer
// of the released SigLIP models pads with id 1, its end of sentence).
func FitText(row, text []int32) {
	for i := tokenize.Fit(row, text); i < len(row); i++ {
		row[i] = tokenize.EOS
	}
}

// FitPrompt writes a prompt and its end of sentence into a row. Where it is too long, what stands
// before its last sentinel gives way: the sentinel stays.
func FitPrompt(v *tokenize.Vocabulary, row, prompt []int32) {
	room := len(row) - 1
	if n := len(prompt); n > room && room > 0 {
		if sentinel, err := v.Sentinel(0); err == nil && prompt[n-1] == sentinel {
			prompt = append(prompt[:room-1:room-1], sentinel)
		}
	}
	tokenize.Fit(row, prompt)
}
