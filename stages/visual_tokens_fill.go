package stages

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// Filled counts what [Trained.FillVisualTokens] did.
type Filled struct {
	// Images of the samples, of each sequence length. Of these Known had tokens in the folder, or
	// came before; Encoded are new.
	Images  int64 `json:"images"`
	Known   int64 `json:"known"`
	Encoded int64 `json:"encoded"`
	// Unreadable images have no pixels; the first are named.
	Unreadable int64    `json:"unreadable"`
	Names      []string `json:"unreadable_names,omitempty"`
}

func (f *Filled) add(other Filled) {
	f.Images, f.Known, f.Encoded, f.Unreadable = f.Images+other.Images, f.Known+other.Known, f.Encoded+other.Encoded, f.Unreadable+other.Unreadable
	f.Names = append(f.Names, other.Names...)
	f.Names = f.Names[:min(len(f.Names), namedUnreadable)]
}

const namedUnreadable = 5

// fillBytes bounds the encoded images that are in memory at once.
const fillBytes = 32 << 20

// FillVisualTokens puts the tokens of a dataset's images into t.VisualTokens: those of a split, or
// of all samples for "all", and of each sample the first images that the model takes. Progress,
// which may be nil, is called with the number of samples done.
func (t *Trained) FillVisualTokens(ctx context.Context, be compute.Backend, d mixture.Data, split string, progress func(samples, all int)) (f Filled, err error) {
	if t.VisualTokens == nil {
		return f, errors.New("the model has no folder of visual tokens to fill")
	}
	c, err := t.NewVisualTokenCache(be, VisualTokenOptions{})
	if err == nil {
		err = c.Connect()
	}
	if err != nil {
		return f, err
	}
	filling := &filling{t: t, cache: c, filled: &f}
	row, found := 0, false
	for s, err := range mixture.Samples(d) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return f, err
		}
		if row++; split == "all" || s.Split == split {
			found = true
			if err := filling.sample(ctx, &s); err != nil {
				return f, err
			}
		}
		if progress != nil {
			progress(row, d.Len())
		}
	}
	if !found {
		splits, _, err := splitsOf(d)
		return f, errors.Join(fmt.Errorf("%s: split %q has no sample; it has %s", d.Dir(), split, listSplits(splits)), err)
	}
	return f, filling.flush(ctx)
}

// filling holds the images of the next batch.
type filling struct {
	t      *Trained
	cache  *VisualTokenCache
	filled *Filled
	images []shards.Image
	keys   []ImageKey
	bytes  int
}

func (f *filling) sample(ctx context.Context, s *shards.Sample) error {
	for i := range s.Images[:min(len(s.Images), f.t.Images)] {
		f.images = append(f.images, s.Images[i])
		f.keys = append(f.keys, ImageKey{Hash: shards.Hash(s.Images[i].Bytes), Length: f.cache.length})
		f.bytes += len(s.Images[i].Bytes)
	}
	if f.bytes < fillBytes && len(f.images) < 64*f.cache.Parallel {
		return nil
	}
	return f.flush(ctx)
}

// flush encodes the images.
func (f *filling) flush(ctx context.Context) error {
	var mu sync.Mutex // of unreadable
	var unreadable []string
	before, _ := f.cache.Counts()
	_, err := f.cache.Encode(ctx, f.keys, func(i int, to []float32) error {
		err := f.t.pixels(f.images[i].Bytes, to)
		if err == nil || errors.Is(err, errOtherSize) {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		unreadable = append(unreadable, fmt.Sprintf("%v: %v", f.keys[i], err))
		return ErrSkipImage
	})
	if err != nil {
		return err
	}
	slices.Sort(unreadable)
	after, _ := f.cache.Counts()
	n, bad := int64(len(f.keys)), int64(len(unreadable))
	f.filled.add(Filled{Images: n, Encoded: after - before - bad, Known: n - (after - before), Unreadable: bad, Names: unreadable})
	f.images, f.keys, f.bytes = f.images[:0], f.keys[:0], 0
	return nil
}

var errOtherSize = errors.New("the image ops give images of another size than the model takes")

// pixels writes the pixels of an image as its encoder takes them.
func (t *Trained) pixels(encoded []byte, to []float32) error {
	tensor, err := t.Pipeline.Apply(encoded, nil)
	if err != nil {
		return err
	}
	if patch := t.Pipeline.Sequence().Patch; patch > 0 {
		size := len(to) - 2
		rows, columns, err := tensor.WritePatches(to[:size], patch)
		to[size], to[size+1] = float32(rows), float32(columns)
		return err
	}
	if len(tensor.Pix) != len(to) {
		return fmt.Errorf("%w: %d values, want %d", errOtherSize, len(tensor.Pix), len(to))
	}
	copy(to, tensor.Pix)
	return nil
}

// FillVisualTokens puts the tokens of all images that a recipe trains and evaluates on into the
// folder of its visual_tokens, as its run would while it trains.
func FillVisualTokens(ctx context.Context, r Recipe, o Options, progress func(samples, all int)) (f Filled, err error) {
	if err := r.Check(); err != nil {
		return f, err
	}
	if r.VisualTokens == "" {
		return f, errors.New("recipe: visual_tokens: missing; name the folder to fill")
	}
	t, err := r.beforeTraining(o)
	if err != nil {
		return f, err
	}
	if t.Pipeline == nil {
		return f, errors.New("recipe: no task has images")
	}
	if t.Pipeline.Random() || t.Pipeline.DrawsBoxes() {
		return f, fmt.Errorf("recipe: images.ops %q draw at random or draw boxes: an image has no tokens of its own that could be kept", t.Pipeline)
	}
	if t.VisualTokens, err = OpenVisualTokenFolder(r.VisualTokens, int64(r.VisualTokensLimit)<<20); err != nil {
		return f, err
	}
	defer func() {
		o.note(t.VisualTokens.String())
		for _, problem := range t.VisualTokens.CloseAndReport() {
			o.warn("%s", problem)
		}
	}()
	for _, of := range r.splitsWithImages() {
		pipelines, err := r.pipelinesOf(of)
		if err != nil {
			return f, err
		}
		d, err := r.Mixture.Registry.OpenData(ctx, of.data)
		if err != nil {
			return f, err
		}
		for _, t.Pipeline = range pipelines {
			some, err := t.FillVisualTokens(ctx, o.Backend, d, of.split, progress)
			f.add(some)
			if err != nil {
				return f, errors.Join(err, d.Close())
			}
		}
		if err := d.Close(); err != nil {
			return f, err
		}
	}
	return f, nil
}

// pipelinesOf returns the image ops for a split, one for each sequence length in training.
func (r Recipe) pipelinesOf(of splitOf) (all []*augment.Pipeline, err error) {
	if of.eval {
		p, err := r.Mixture.EvalPipeline()
		return []*augment.Pipeline{p}, err
	}
	p, err := r.Mixture.Pipeline()
	lengths := slices.Sorted(slices.Values(r.Mixture.Images.SequenceLengths))
	if err != nil || len(lengths) == 0 {
		return []*augment.Pipeline{p}, err
	}
	for _, length := range slices.Compact(lengths) {
		one, err := p.WithSequenceLength(length)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// beforeTraining returns the model of a recipe with the weights that its run begins with.
func (r Recipe) beforeTraining(o Options) (*Trained, error) {
	stream, err := mixture.Open(r.Mixture, mixture.Options{Workers: o.Workers, NoPixels: true})
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	network, specs, err := r.build(o.Backend, stream)
	if err != nil {
		return nil, err
	}
	t := &Trained{Network: network, Recipe: r, Pipeline: stream.Pipeline(), Vocabulary: stream.Vocabulary()}
	t.sizes()
	if r.takesAnyFrame() {
		t.Images = 1 << 20 // which ones is drawn
	}
	t.Weights, err = r.initialWeights(specs, true, o.Note)
	return t, err
}

// takesAnyFrame reports whether a task may take other images of a sample than the first.
func (r Recipe) takesAnyFrame() bool {
	return slices.ContainsFunc(r.Mixture.Tasks, func(t mixture.Task) bool {
		return t.Frames == mixture.FramesEven || t.Frames == mixture.FramesRandom
	})
}

// splitOf is a split of a dataset.
type splitOf struct {
	data, split string
	eval        bool // it is evaluated on
}

// splitsWithImages lists the splits whose images a recipe trains or evaluates on.
func (r Recipe) splitsWithImages() (all []splitOf) {
	add := func(one splitOf) {
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	folders := r.datasets()
	for i, t := range r.Mixture.Tasks {
		if kind, _ := r.Mixture.Registry.Kind(t.Kind); t.Weight == 0 || !kind.Image {
			continue
		}
		add(splitOf{folders[i], cmp.Or(t.Split, "train"), false})
		if r.Eval != nil {
			add(splitOf{cmp.Or(r.Eval.Data, folders[i]), r.Eval.withDefaults().Split, true})
		}
	}
	return all
}
