package evalsuite

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// Embedder embeds pictures and texts with the towers of a trained SigLIP. Not safe for concurrent
// use.
type Embedder struct {
	Model      siglip.Config
	Weights    *weights.Set
	Vocabulary *tokenize.Vocabulary
	Pipeline   *augment.Pipeline
	Length     int // of texts, in ids
	Batch      int // default 64

	images, texts *graph.Exec
}

// Compile makes the embedder ready.
func (e *Embedder) Compile(be compute.Backend) (err error) {
	if e.Batch <= 0 {
		e.Batch = 64
	}
	specs := e.Weights.Specs()
	e.images, err = graph.NewExec(be, func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{siglip.EmbedImages(weights.Bind(specs, in[1:]), e.Model, in[0])}
	})
	if err != nil {
		return err
	}
	e.texts, err = graph.NewExec(be, func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{siglip.EmbedTexts(weights.Bind(specs, in[1:]), e.Model, in[0])}
	})
	return err
}

// Images returns the embeddings of images [len(images), E], of length 1.
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

// readable is Images with the errors of those that cannot be read, by their number, in place of
// their embeddings.
func (e *Embedder) readable(images []shards.Image) (embedded [][]float32, unreadable map[int]error, err error) {
	side := e.Model.Image.Image
	size := side * side * 3
	unreadable = map[int]error{}
	embedded, err = e.embed(e.images, len(images), func(begin, n int) (*tensors.Tensor, error) {
		pixels := make([]float32, e.Batch*size)
		for i := range n {
			row := pixels[i*size : (i+1)*size]
			if err := pixelsOf(e.Pipeline, &images[begin+i], row); errors.Is(err, errSize) {
				return nil, err
			} else if err != nil {
				unreadable[begin+i] = err
				clear(row)
			}
		}
		return tensors.FromFlatDataAndDimensions(pixels, e.Batch, side, side, 3), nil
	})
	return embedded, unreadable, err
}

// Texts returns the embeddings of texts [len(texts), E], of length 1.
func (e *Embedder) Texts(texts []string) ([][]float32, error) {
	return e.embed(e.texts, len(texts), func(begin, n int) (*tensors.Tensor, error) {
		ids := make([]int32, e.Batch*e.Length)
		for i := range e.Batch {
			var text []int32
			if i < n {
				text = e.Vocabulary.Encode(texts[begin+i])
			}
			mixture.FitText(ids[i*e.Length:(i+1)*e.Length], text)
		}
		return tensors.FromFlatDataAndDimensions(ids, e.Batch, e.Length), nil
	})
}

// embed runs a tower over n items, a batch at a time.
func (e *Embedder) embed(tower *graph.Exec, n int, input func(begin, n int) (*tensors.Tensor, error)) ([][]float32, error) {
	var all [][]float32
	for begin := 0; begin < n; begin += e.Batch {
		items := min(e.Batch, n-begin)
		in, err := input(begin, items)
		if err != nil {
			return nil, err
		}
		args := []any{in}
		for _, w := range e.Weights.Tensors() {
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
