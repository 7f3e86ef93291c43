package evalsuite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
	"github.com/pali3/pali3/tokenize"
)

// Embedder embeds images and texts with a trained model that compares them, such as a SigLIP. It is
// not safe for
// concurrent use.
type Embedder struct {
	Batch int // images or texts embedded together; default 64

	model      family.Embedder
	weights    *weights.Set
	vocabulary *tokenize.Vocabulary
	pipeline   *augment.Pipeline
	sequence   augment.Sequence // of images that keep their aspect, zero for images of one size
	length     int              // of texts, in ids

	images, texts, compare *graph.Exec
	tokens                 *stages.VisualTokenCache // of embeddings, nil if none are kept
}

// NewEmbedder returns an embedder for a trained model that is a [family.Embedder].
func NewEmbedder(be compute.Backend, t *stages.Trained) (*Embedder, error) {
	model, ok := t.Model.(family.Embedder)
	if !ok {
		return nil, fmt.Errorf("a model of the family %s does not embed: use one of siglip", t.Family.Name)
	}
	e := &Embedder{
		Batch: 64, model: model, weights: t.Weights, vocabulary: t.Vocabulary, pipeline: t.Pipeline,
		length: t.Lengths.Encoder,
	}
	specs := t.Weights.Specs()
	ofImages := func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{model.EmbedImages(weights.Bind(specs, in[1:]), in[0])}
	}
	if t.Pipeline != nil && t.Pipeline.Sequence().Patch > 0 {
		e.sequence = t.Pipeline.Sequence()
		patches, takes := model.(family.PatchEmbedder)
		if !takes || patches.PatchSize() != e.sequence.Patch {
			return nil, fmt.Errorf("the image ops %q make patches of %d pixels, which the model does not take", t.Pipeline, e.sequence.Patch)
		}
		ofImages = func(in []*graph.Node) []*graph.Node {
			return []*graph.Node{patches.EmbedPatches(weights.Bind(specs, in[2:]), in[0], in[1])}
		}
	}
	var err error
	if _, locks := t.Model.(family.LockedEmbedder); locks && t.KeepsVisualTokens() && t.Pipeline != nil {
		if e.tokens, err = t.NewVisualTokenCache(be, stages.VisualTokenOptions{Limit: tokenBytes, Replace: true}); err != nil {
			return nil, err
		}
	}
	if e.images, err = graph.NewExec(be, ofImages); err != nil {
		return nil, err
	}
	e.texts, err = graph.NewExec(be, func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{model.EmbedTexts(weights.Bind(specs, in[1:]), in[0])}
	})
	if err != nil {
		return nil, err
	}
	e.compare, err = graph.NewExec(be, func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{model.Compare(weights.Bind(specs, in[2:]), in[0], in[1])}
	})
	return e, err
}

// Logits compares embeddings of images with embeddings of texts: [len(images), len(texts)].
func (e *Embedder) Logits(images, texts [][]float32) ([][]float32, error) {
	if len(images) == 0 || len(texts) == 0 {
		return make([][]float32, len(images)), nil
	}
	args := []any{
		tensors.FromFlatDataAndDimensions(slices.Concat(images...), len(images), len(images[0])),
		tensors.FromFlatDataAndDimensions(slices.Concat(texts...), len(texts), len(texts[0])),
	}
	for _, w := range e.weights.Tensors() {
		args = append(args, w)
	}
	out, err := e.compare.Call(args...)
	if err != nil {
		return nil, fmt.Errorf("comparing embeddings: %w", err)
	}
	defer out[0].FinalizeAll()
	flat, err := tensors.CopyFlatData[float32](out[0])
	if err != nil {
		return nil, err
	}
	return slices.Collect(slices.Chunk(flat, len(texts))), nil
}

// Images returns the embeddings of images, [len(images), E], each of length 1.
func (e *Embedder) Images(images []shards.Image) ([][]float32, error) {
	embedded, unreadable, err := e.readable(images)
	if err != nil {
		return nil, err
	}
	for i := range images {
		if unreadable[i] != nil {
			return nil, unreadable[i]
		}
	}
	return embedded, nil
}

// readable returns the embeddings of images. For images that cannot be read it returns errors, by
// position.
func (e *Embedder) readable(images []shards.Image) (embedded [][]float32, unreadable map[int]error, err error) {
	if e.pipeline == nil {
		return nil, nil, errors.New("the model's folder does not say how images become pixels by image ops: it embeds no images")
	}
	if e.tokens != nil {
		return e.kept(images)
	}
	unreadable = map[int]error{}
	embedded, err = e.embed(e.images, len(images), func(begin, n int) ([]*tensors.Tensor, error) {
		batch := images[begin : begin+n]
		failed := func(i int, err error) { unreadable[begin+i] = err }
		if e.sequence.Patch > 0 {
			return e.patches(batch, failed)
		}
		return e.pixels(batch, failed)
	})
	return embedded, unreadable, err
}

// kept is readable with embeddings that are kept.
func (e *Embedder) kept(images []shards.Image) (embedded [][]float32, unreadable map[int]error, err error) {
	keys := make([]stages.ImageKey, len(images))
	for i := range images {
		keys[i] = imageKey(e.tokens, &images[i])
	}
	bad := map[stages.ImageKey]error{}
	var mu sync.Mutex // of bad
	embedded, err = e.tokens.Encode(context.Background(), keys, func(i int, to []float32) error {
		err := e.writePixels(&images[i], to)
		if err == nil || errors.Is(err, errSize) {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		bad[keys[i]] = err
		return stages.ErrSkipImage
	})
	if err != nil {
		return nil, nil, err
	}
	unreadable = map[int]error{}
	for i, key := range keys {
		if embedded[i] == nil {
			unreadable[i], embedded[i] = bad[key], make([]float32, e.tokens.TokenWidth)
		}
	}
	return embedded, unreadable, nil
}

// writePixels writes the pixels of an image, [H, W, 3], or its patches with their rows and columns.
func (e *Embedder) writePixels(image *shards.Image, to []float32) error {
	if e.sequence.Patch == 0 {
		return pixelsOf(e.pipeline, image, to)
	}
	tensor, err := applyTo(e.pipeline, image)
	if err != nil {
		return err
	}
	size := e.sequence.Values()
	rows, columns, err := tensor.WritePatches(to[:size], e.sequence.Patch)
	to[size], to[size+1] = float32(rows), float32(columns)
	return err
}

// pixels returns the pixels of at most Batch images, [Batch, H, W, 3].
func (e *Embedder) pixels(images []shards.Image, failed func(i int, err error)) ([]*tensors.Tensor, error) {
	height, width := e.model.ImageSize()
	size := height * width * 3
	pixels := make([]float32, e.Batch*size)
	for i := range images {
		row := pixels[i*size : (i+1)*size]
		if err := pixelsOf(e.pipeline, &images[i], row); errors.Is(err, errSize) {
			return nil, err
		} else if err != nil {
			failed(i, err)
			clear(row)
		}
	}
	return []*tensors.Tensor{tensors.FromFlatDataAndDimensions(pixels, e.Batch, height, width, 3)}, nil
}

// patches returns the patches of at most Batch images, [Batch, T, p·p·3], and their grids
// [Batch, 2].
func (e *Embedder) patches(images []shards.Image, failed func(i int, err error)) ([]*tensors.Tensor, error) {
	size, p := e.sequence.Values(), e.sequence.Patch
	patches, grids := make([]float32, e.Batch*size), slices.Repeat([]int32{1}, e.Batch*2)
	for i := range images {
		tensor, err := applyTo(e.pipeline, &images[i])
		if err != nil {
			failed(i, err)
			continue
		}
		rows, columns, err := tensor.WritePatches(patches[i*size:(i+1)*size], p)
		if err != nil {
			return nil, err
		}
		grids[2*i], grids[2*i+1] = int32(rows), int32(columns)
	}
	return []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(patches, e.Batch, e.sequence.Length, p*p*3),
		tensors.FromFlatDataAndDimensions(grids, e.Batch, 2),
	}, nil
}

// Texts returns the embeddings of texts, [len(texts), E], each of length 1.
func (e *Embedder) Texts(texts []string) ([][]float32, error) {
	if e.vocabulary == nil {
		return nil, errors.New("the model's folder has no tokenizer: it embeds no texts")
	}
	return e.embed(e.texts, len(texts), func(begin, n int) ([]*tensors.Tensor, error) {
		ids := make([]int32, e.Batch*e.length)
		for i := range e.Batch {
			var text []int32
			if i < n {
				text = e.vocabulary.Encode(texts[begin+i])
			}
			e.vocabulary.FitText(ids[i*e.length:(i+1)*e.length], text)
		}
		return []*tensors.Tensor{tensors.FromFlatDataAndDimensions(ids, e.Batch, e.length)}, nil
	})
}

// embed runs a tower on n items, one batch at a time.
func (e *Embedder) embed(tower *graph.Exec, n int, input func(begin, n int) ([]*tensors.Tensor, error)) ([][]float32, error) {
	var all [][]float32
	for begin := 0; begin < n; begin += e.Batch {
		items := min(e.Batch, n-begin)
		in, err := input(begin, items)
		if err != nil {
			return nil, err
		}
		var args []any
		for _, one := range in {
			args = append(args, one)
		}
		for _, w := range e.weights.Tensors() {
			args = append(args, w)
		}
		out, err := tower.Call(args...)
		if err != nil {
			return nil, fmt.Errorf("embedding: %w", err)
		}
		flat, err := tensors.CopyFlatData[float32](out[0])
		out[0].FinalizeAll()
		if err != nil {
			return nil, err
		}
		width := len(flat) / e.Batch
		for i := range items {
			all = append(all, flat[i*width:(i+1)*width])
		}
	}
	return all, nil
}
