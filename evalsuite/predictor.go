package evalsuite

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
	"github.com/pali3/pali3/tokenize"
)

// Predictor answers queries: a [TrainedPredictor], or any other model.
type Predictor interface {
	// Predict returns one answer per query. Progress, which may be nil, is called with the number of
	// queries answered so far and the number of all.
	Predict(ctx context.Context, queries []Query, progress func(done, total int)) ([]string, error)
}

// Query is a prompt about images.
type Query struct {
	Images []shards.Image
	Prompt string // as mixture.CaptionPrompt and mixture.QuestionPrompt write it
}

// setting is what a [TrainedPredictor] needs to know about a trained PaLI-3.
type setting struct {
	Model      pali3.Config
	Weights    *weights.Set
	Vocabulary *tokenize.Vocabulary
	Pipeline   *augment.Pipeline
	Encoder    int // length of prompts in ids, its end included
	Decoder    int // length of answers in ids, its end included
	Images     int // pictures of a query
	Batch      int // queries answered together; default 64
	// Method of choosing answers; greedy unless set.
	Method decode.Method
}

// TrainedPredictor is the [Predictor] of a trained PaLI-3. It is not safe for concurrent use.
type TrainedPredictor struct {
	setting
	generator *decode.Generator
	tokens    *stages.VisualTokenCache // by the images' hashes
}

// NewPredictor returns a predictor for a trained PaLI-3. Graphs are compiled at the first
// prediction.
func NewPredictor(be compute.Backend, t *stages.Trained) (*TrainedPredictor, error) {
	if t.PaLI3 == nil {
		return nil, fmt.Errorf("a model of stage %s does not write text: use a run of stage pali3", t.Recipe.Stage)
	}
	m := t.Recipe.Mixture
	return newPredictor(be, setting{
		Model: *t.PaLI3, Weights: t.Weights, Vocabulary: t.Vocabulary, Pipeline: t.Pipeline,
		Encoder: m.Lengths.Encoder, Decoder: m.Lengths.Decoder, Images: max(m.Images.PerExample, 1),
	})
}

func newPredictor(be compute.Backend, s setting) (*TrainedPredictor, error) {
	if s.Batch <= 0 {
		s.Batch = 64
	}
	generator, err := decode.NewGenerator(be, s.Model, s.Weights.Specs(), s.Decoder)
	if err != nil {
		return nil, err
	}
	a := &TrainedPredictor{setting: s, generator: generator}
	a.tokens, err = a.newTokens(be)
	return a, err
}

// Use answers with weights of the same model from now on: others, or the same set after its values
// changed.
func (a *TrainedPredictor) Use(w *weights.Set) {
	a.Weights = w
	a.tokens.Reset(w)
}

// Reply is what a model said to a query.
type Reply struct {
	Text string
	// LogProbability of the text, in nats.
	LogProbability float64
	// Err says why there is no answer: an image that cannot be read.
	Err error
}

// question is a distinct query: its images' hashes and its prompt.
type question struct {
	images string
	prompt string
}

// Predict returns the answer to each query. The same images and prompt are answered once. Progress,
// which may be nil, is called with the number of distinct queries answered and their number. An
// image that cannot be read is an error; [TrainedPredictor.Replies] puts it beside the other answers.
func (a *TrainedPredictor) Predict(ctx context.Context, queries []Query, progress func(done, total int)) ([]string, error) {
	replies, err := a.Replies(ctx, queries, progress)
	if err != nil {
		return nil, err
	}
	answers := make([]string, len(replies))
	for i, reply := range replies {
		if reply.Err != nil {
			return nil, reply.Err
		}
		answers[i] = reply.Text
	}
	return answers, nil
}

// Replies is [TrainedPredictor.Predict] with the answers' probabilities, and with an error in place of the
// answer about an image that cannot be read.
func (a *TrainedPredictor) Replies(ctx context.Context, queries []Query, progress func(done, total int)) ([]Reply, error) {
	var distinct []Query
	place := map[question]int{}
	where := make([]int, len(queries))
	for i, q := range queries {
		id := question{prompt: q.Prompt}
		for j := range q.Images {
			id.images += hashOf(&q.Images[j]) + " "
		}
		at, known := place[id]
		if !known {
			at = len(distinct)
			place[id] = at
			distinct = append(distinct, q)
		}
		where[i] = at
	}
	said := make([]Reply, 0, len(distinct))
	for begin := 0; begin < len(distinct); begin += a.Batch {
		part, err := a.batch(ctx, distinct[begin:min(begin+a.Batch, len(distinct))])
		if err != nil {
			return nil, err
		}
		said = append(said, part...)
		if progress != nil {
			progress(len(said), len(distinct))
		}
	}
	replies := make([]Reply, len(queries))
	for i, at := range where {
		replies[i] = said[at]
	}
	return replies, nil
}

func hashOf(image *shards.Image) string {
	if image.SHA256 != "" {
		return image.SHA256
	}
	return shards.Hash(image.Bytes)
}

// batch answers at most Batch queries; the rest of the fixed shape repeats padding.
func (a *TrainedPredictor) batch(ctx context.Context, queries []Query) ([]Reply, error) {
	seen, unreadable, err := a.look(ctx, queries)
	if err != nil {
		return nil, err
	}
	width := a.Model.Vision.Tokens() * a.Model.Vision.Width
	tokens := make([]float32, a.Batch*a.Images*width)
	mask := make([]float32, a.Batch*a.Images)
	ids := make([]int32, a.Batch*a.Encoder)
	keys := make([]uint64, a.Batch)
	for i := range a.Batch {
		row := ids[i*a.Encoder : (i+1)*a.Encoder]
		if i >= len(queries) {
			tokenize.Fit(row, nil)
			continue
		}
		mixture.FitPrompt(a.Vocabulary, row, a.Vocabulary.Encode(queries[i].Prompt))
		keys[i] = random.Name(queries[i].Prompt)
		for j := range min(len(queries[i].Images), a.Images) {
			keys[i] = random.Key(keys[i], random.Name(hashOf(&queries[i].Images[j])))
			copy(tokens[(i*a.Images+j)*width:], seen[hashOf(&queries[i].Images[j])])
			mask[i*a.Images+j] = 1
		}
	}
	a.generator.Method = a.Method
	answers, err := a.generator.Generate(ctx, a.Weights, decode.Inputs{
		Tokens:    tensors.FromFlatDataAndDimensions(tokens, a.Batch, a.Images*a.Model.Vision.Tokens(), a.Model.Vision.Width),
		ImageMask: tensors.FromFlatDataAndDimensions(mask, a.Batch, a.Images),
		Encoder:   tensors.FromFlatDataAndDimensions(ids, a.Batch, a.Encoder),
		Keys:      keys,
	})
	if err != nil {
		return nil, err
	}
	replies := make([]Reply, len(queries))
	for i := range replies {
		replies[i] = Reply{Text: a.Vocabulary.DecodeToEOS(answers[i].IDs), LogProbability: answers[i].LogProbability}
		for j := range min(len(queries[i].Images), a.Images) {
			if err := unreadable[hashOf(&queries[i].Images[j])]; err != nil {
				replies[i] = Reply{Err: err}
			}
		}
	}
	return replies, nil
}

// tokenBytes is how much memory the visual tokens of images may take.
const tokenBytes = 256 << 20

// newTokens returns the cache of the model's visual tokens. It encodes Batch images at a time.
func (a *TrainedPredictor) newTokens(be compute.Backend) (*stages.VisualTokenCache, error) {
	vision := a.Model.Vision
	return stages.NewVisualTokenCache(be, stages.VisualTokenOptions{
		Encoder: func(s *weights.Scope, pixels *graph.Node) *graph.Node { return pali3.VisualTokens(s, a.Model, pixels) },
		Weights: a.Weights, Prefix: "vision_model",
		Height: vision.Image, Width: vision.Image, Tokens: vision.Tokens(), TokenWidth: vision.Width,
		Batch: a.Batch, Limit: tokenBytes, Replace: true,
	})
}

// look returns the visual tokens of the queries' images by the images' hashes, and why images
// cannot be read.
func (a *TrainedPredictor) look(ctx context.Context, queries []Query) (tokens map[string][]float32, unreadable map[string]error, err error) {
	var images []*shards.Image
	var keys []stages.ImageKey
	seen := map[string]bool{}
	for i := range queries {
		for j := range min(len(queries[i].Images), a.Images) {
			image := &queries[i].Images[j]
			if hash := hashOf(image); !seen[hash] {
				seen[hash] = true
				images, keys = append(images, image), append(keys, stages.ImageKey{Hash: hash})
			}
		}
	}
	unreadable = map[string]error{}
	found, err := a.tokens.Encode(ctx, keys, func(i int, to []float32) error {
		err := pixelsOf(a.Pipeline, images[i], to)
		if err == nil || errors.Is(err, errSize) {
			return err // the fault of the model's recipe
		}
		unreadable[keys[i].Hash] = err
		return stages.ErrSkipImage
	})
	if err != nil {
		return nil, nil, err
	}
	tokens = make(map[string][]float32, len(found))
	for i := range found {
		tokens[keys[i].Hash] = found[i]
	}
	return tokens, unreadable, nil
}

// errSize is for a pipeline that does not fit the model.
var errSize = errors.New("the image ops give pictures of another size than the model takes")

// Pixels writes a picture's pixels [H, W, 3] into a row. Random ops draw from a fixed stream.
func pixelsOf(p *augment.Pipeline, image *shards.Image, row []float32) error {
	tensor, err := p.Apply(image.Bytes, random.New(random.Name(hashOf(image))))
	if err != nil {
		return fmt.Errorf("picture %.12s: %w", hashOf(image), err)
	}
	if len(tensor.Pix) != len(row) {
		return fmt.Errorf("%w: %d values, want %d", errSize, len(tensor.Pix), len(row))
	}
	copy(row, tensor.Pix)
	return nil
}
