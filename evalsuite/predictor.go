package evalsuite

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	"github.com/pali3/pali3/tokenize"
)

// Query asks a model about pictures.
type Query struct {
	Images []shards.Image
	Prompt string // as mixture.CaptionPrompt and mixture.QuestionPrompt write it
}

// Setting is all that an [TrainedPredictor] needs to know of a trained PaLI-3.
type Setting struct {
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

// TrainedPredictor answers queries with a trained PaLI-3. Not safe for concurrent use.
type TrainedPredictor struct {
	Setting
	generator *decode.Generator
	see       *graph.Exec
	tokens    map[string][]float32 // visual tokens [T, D] by the picture's hash
}

// NewAnswerer compiles nothing yet: graphs are made at the first answer.
func NewAnswerer(be compute.Backend, s Setting) (*TrainedPredictor, error) {
	if s.Batch <= 0 {
		s.Batch = 64
	}
	generator, err := decode.NewGenerator(be, s.Model, s.Weights.Specs(), s.Decoder)
	if err != nil {
		return nil, err
	}
	a := &TrainedPredictor{Setting: s, generator: generator, tokens: map[string][]float32{}}
	a.see, err = graph.NewExec(be, func(in []*graph.Node) []*graph.Node {
		scope := weights.Bind(s.Weights.Specs(), in[1:])
		return []*graph.Node{pali3.VisualTokens(scope, s.Model, in[0])}
	})
	return a, err
}

// Use answers with weights of the same model from now on: others, or the same set after its values
// changed.
func (a *TrainedPredictor) Use(w *weights.Set) {
	a.Weights = w
	clear(a.tokens)
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
	unreadable, err := a.look(queries)
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
			copy(tokens[(i*a.Images+j)*width:], a.tokens[hashOf(&queries[i].Images[j])])
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

// tokenBytes is how much memory the visual tokens of images seen before may take.
const tokenBytes = 256 << 20

// look computes the visual tokens of images not seen before. It returns why images cannot be read,
// by their hashes.
func (a *TrainedPredictor) look(queries []Query) (unreadable map[string]error, err error) {
	var fresh []*shards.Image
	seen := map[string]bool{}
	for i := range queries {
		for j := range min(len(queries[i].Images), a.Images) {
			image := &queries[i].Images[j]
			hash := hashOf(image)
			if !seen[hash] && a.tokens[hash] == nil {
				fresh = append(fresh, image)
			}
			seen[hash] = true
		}
	}
	a.forget(len(fresh), seen)
	unreadable = map[string]error{}
	for begin := 0; begin < len(fresh); begin += a.Batch {
		if err := a.lookAt(fresh[begin:min(begin+a.Batch, len(fresh))], unreadable); err != nil {
			return nil, err
		}
	}
	return unreadable, nil
}

// forget drops the tokens of all images except the wanted ones if the fresh ones do not fit.
func (a *TrainedPredictor) forget(fresh int, wanted map[string]bool) {
	each := 4 * a.Model.Vision.Tokens() * a.Model.Vision.Width
	if (len(a.tokens)+fresh)*each <= tokenBytes {
		return
	}
	for hash := range a.tokens {
		if !wanted[hash] {
			delete(a.tokens, hash)
		}
	}
}

func (a *TrainedPredictor) lookAt(images []*shards.Image, unreadable map[string]error) error {
	side := a.Model.Vision.Image
	size := side * side * 3
	pixels := make([]float32, a.Batch*size)
	for i, image := range images {
		row := pixels[i*size : (i+1)*size]
		if err := pixelsOf(a.Pipeline, image, row); errors.Is(err, errSize) {
			return err // the fault of the model's recipe
		} else if err != nil {
			unreadable[hashOf(image)] = err
			clear(row)
		}
	}
	args := []any{tensors.FromFlatDataAndDimensions(pixels, a.Batch, 1, side, side, 3)}
	for _, w := range a.Weights.Tensors() {
		args = append(args, w)
	}
	out, err := a.see.Call(args...)
	if err != nil {
		return fmt.Errorf("encoding images: %w", err)
	}
	defer out[0].FinalizeAll()
	flat, err := tensors.CopyFlatData[float32](out[0])
	if err != nil {
		return err
	}
	width := a.Model.Vision.Tokens() * a.Model.Vision.Width
	for i, image := range images {
		if unreadable[hashOf(image)] == nil {
			a.tokens[hashOf(image)] = slices.Clone(flat[i*width : (i+1)*width])
		}
	}
	return nil
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
