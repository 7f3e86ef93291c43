package evalsuite

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/stages"
	"github.com/pali3/pali3/tokenize"
)

// TextPool is how an encoder's states of a text become one vector.
type TextPool string

// The pools. Padding never counts.
const (
	MeanPool  TextPool = "mean"
	MaxPool   TextPool = "max"
	FirstPool TextPool = "first"
	LastPool  TextPool = "last" // the state of the end of sentence
)

// TextPools lists the legal pools.
var TextPools = []TextPool{MeanPool, MaxPool, FirstPool, LastPool}

// textStep is what lengths of batches of texts are rounded up to, so that few graphs are compiled.
const textStep = 32

// TextEmbedder embeds texts with the encoder of a language model, such as a T5 or a T5EncoderModel.
// It is not safe for concurrent use.
type TextEmbedder struct {
	Batch int // texts embedded together; default 64
	// MaxLength is the most ids of a text, its end included; the rest of a longer one is cut off.
	// Default: 512, with which T5 was trained.
	MaxLength int
	// Truncated counts the texts that were cut.
	Truncated int

	weights    *weights.Set
	vocabulary *tokenize.Vocabulary
	encoder    *graph.Exec
}

// NewTextEmbedder returns an embedder for a model that is a [family.TextEncoder]. The default pool
// is the mean, as in Sentence-T5 (arXiv 2108.08877).
func NewTextEmbedder(be compute.Backend, t *stages.Trained, pool TextPool) (*TextEmbedder, error) {
	model, ok := t.Model.(family.TextEncoder)
	if !ok {
		return nil, fmt.Errorf("a model of the family %s does not encode texts by themselves: use one of t5, or of siglip to compare texts with images", t.Family.Name)
	}
	if t.Vocabulary == nil {
		return nil, fmt.Errorf("%s has no tokenizer: it embeds no texts", t.Dir)
	}
	if pool == "" {
		pool = MeanPool
	}
	if !slices.Contains(TextPools, pool) {
		return nil, fmt.Errorf("pool %q is none of %q", pool, TextPools)
	}
	e := &TextEmbedder{Batch: 64, MaxLength: 512, weights: t.Weights, vocabulary: t.Vocabulary}
	specs := t.Weights.Specs()
	var err error
	e.encoder, err = graph.NewExec(be, func(in []*graph.Node) []*graph.Node {
		states, mask := model.EncodeTexts(weights.Bind(specs, in[1:]), in[0])
		return []*graph.Node{toUnitLength(pooled(states, mask, pool))}
	})
	return e, err
}

// pooled turns states [B, L, W] with a mask [B, L] into [B, W].
func pooled(states, mask *graph.Node, pool TextPool) *graph.Node {
	count := graph.ReduceAndKeep(mask, graph.ReduceSum, 1) // [B, 1]
	share := graph.Div(mask, graph.MaxScalar(count, 1))
	place := graph.Iota(states.Graph(), mask.Shape(), 1)
	switch pool {
	case MeanPool:
	case MaxPool:
		hidden := graph.MulScalar(graph.OneMinus(mask), -1e30)
		return graph.ReduceMax(graph.Add(states, graph.InsertAxes(hidden, -1)), 1)
	case FirstPool:
		share = graph.ConvertDType(graph.Equal(place, graph.ZerosLike(place)), dtypes.Float32)
	case LastPool:
		share = graph.ConvertDType(graph.Equal(place, graph.AddScalar(count, -1)), dtypes.Float32)
	}
	return graph.ReduceSum(graph.Mul(states, graph.InsertAxes(share, -1)), 1)
}

// toUnitLength divides rows by their length.
func toUnitLength(x *graph.Node) *graph.Node {
	return graph.Div(x, graph.MaxScalar(graph.Sqrt(graph.ReduceAndKeep(graph.Square(x), graph.ReduceSum, -1)), 1e-12))
}

// Texts returns the embeddings of texts, [len(texts), W], each of length 1.
func (e *TextEmbedder) Texts(texts []string) ([][]float32, error) {
	var all [][]float32
	for begin := 0; begin < len(texts); begin += e.Batch {
		found, err := e.batch(texts[begin:min(begin+e.Batch, len(texts))])
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// batch embeds at most Batch texts.
func (e *TextEmbedder) batch(texts []string) ([][]float32, error) {
	encoded, longest := make([][]int32, len(texts)), 1
	for i, text := range texts {
		encoded[i] = e.vocabulary.Encode(text)
		longest = max(longest, len(encoded[i])+e.vocabulary.FrameSize())
	}
	length := min((longest+textStep-1)/textStep*textStep, e.MaxLength)
	ids := make([]int32, e.Batch*length)
	for i, text := range encoded {
		if len(text)+e.vocabulary.FrameSize() > length {
			e.Truncated++
		}
		e.vocabulary.FitPrompt(ids[i*length:(i+1)*length], text)
	}
	args := []any{tensors.FromFlatDataAndDimensions(ids, e.Batch, length)}
	for _, w := range e.weights.Tensors() {
		args = append(args, w)
	}
	out, err := e.encoder.Call(args...)
	if err != nil {
		return nil, fmt.Errorf("embedding: %w", err)
	}
	defer out[0].FinalizeAll()
	flat, err := tensors.CopyFlatData[float32](out[0])
	if err != nil {
		return nil, err
	}
	width := len(flat) / e.Batch
	found := make([][]float32, len(texts))
	for i := range found {
		found[i] = flat[i*width : (i+1)*width]
	}
	return found, nil
}

// EmbedTexts embeds the texts of embeddings whose values are not known yet, Batch at a time.
func (e *TextEmbedder) EmbedTexts(ctx context.Context, texts iter.Seq2[Embedding, error]) iter.Seq2[Embedding, error] {
	return func(yield func(Embedding, error) bool) {
		inBatches(ctx, texts, e.Batch, yield, func(batch []Embedding) ([]Embedding, error) {
			return embedTexts(batch, e.Texts)
		})
	}
}

// embedTexts sets the values of embeddings of texts.
func embedTexts(batch []Embedding, embed func([]string) ([][]float32, error)) ([]Embedding, error) {
	words := make([]string, len(batch))
	for i := range batch {
		words[i] = batch[i].Text
	}
	values, err := embed(words)
	for i := range values {
		batch[i].Kind, batch[i].Values = "text", values[i]
	}
	return batch, err
}
