package evalsuite

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
	"github.com/pali3/pali3/tokenize"
)

// Predictor answers queries: a [TrainedPredictor], one of package predictors, or any other model.
type Predictor interface {
	// Predict returns one answer per query. Progress, which may be nil, is called with the number
	// of queries answered so far and the number of all.
	Predict(ctx context.Context, queries []Query, progress func(done, total int)) ([]string, error)
}

// EachPredictor is a [Predictor] that returns each reply as soon as it has it, in any order. An
// interrupted run then loses no finished answer.
type EachPredictor interface {
	Predictor
	// PredictEach answers queries. It calls reply with the number of a query, from 0, and its
	// reply, one call at a time. It takes a query from the sequence only when it can work on it, so
	// that few images are in memory. What is wrong with one query is in its [Reply]; an error ends
	// the work: the predictor cannot continue, or reply returned that error.
	PredictEach(ctx context.Context, queries iter.Seq[Query], reply func(n int, r Reply) error) error
}

// Query is a prompt about images.
type Query struct {
	Images []shards.Image
	Prompt string // see mixture.CaptionPrompt and mixture.QuestionPrompt
	// ID names the query in messages, and to a predictor outside of this process. It may be empty.
	ID string
}

// Reply is a model's answer to a query.
type Reply struct {
	Text string
	// LogProbability of the text, in nats; NaN if it is not known.
	LogProbability float64
	// IDs of the text, without an end id, and the log probability of each; that of the end id
	// follows if there is one.
	IDs              []int32
	LogProbabilities []float64
	// Best holds the text and the next best ones, best first, if Method.NBest is above 1.
	Best []RankedText
	// Err says why there is no answer: for example, an image cannot be read. It wraps
	// [ErrRefused] if the model refuses to answer; Text is then what it says. It wraps
	// [ErrTimeout] if the answer took too long.
	Err error
	// Finish is the reason why the text ends, if the predictor gives one, such as "stop" or
	// "length".
	Finish string
	// Usage counts tokens, if the predictor counts them.
	Usage Usage
	// Attempts is how often the predictor tried, if it may try several times.
	Attempts int
}

// Usage counts the tokens that a predictor read and wrote.
type Usage struct {
	Prompt     int64 `json:"prompt_tokens"`
	Completion int64 `json:"completion_tokens"`
}

// Errors that [Reply.Err] wraps.
var (
	ErrRefused = errors.New("the model refuses to answer")
	ErrTimeout = errors.New("no answer in time")
)

// RankedText is one of several answers to a query.
type RankedText struct {
	Text string `json:"text"`
	// LogProbability of the text, in nats.
	LogProbability float64 `json:"score"`
}

// TrainedPredictor is the [Predictor] of a trained model that writes text about images, such as a
// PaLI-3. It is not safe for concurrent use.
type TrainedPredictor struct {
	Batch  int           // queries answered together; default 64
	Method decode.Method // of decoding; default greedy
	// Choices are the only texts that may be answered. Without beams and temperature the likeliest
	// is found by computing the probability of each; else the method searches or draws among them.
	// Default: any text.
	Choices []string
	// Fixed says that the weights keep their values until the next [TrainedPredictor.Use], which
	// makes decoding faster: see [decode.Generator].
	Fixed bool

	encoding   family.ImageEncoder
	weights    *weights.Set
	vocabulary *tokenize.Vocabulary
	pipeline   *augment.Pipeline
	encoder    int // length of prompts in ids, with their end
	decoder    int // length of answers in ids, with their end
	images     int // per query
	generator  *decode.Generator
	tokens     *stages.VisualTokenCache // by the hash of the image
}

// NewPredictor returns a predictor for a trained model that is a [family.Writer] and a
// [family.Seer]. Graphs are compiled at the first
// prediction.
func NewPredictor(be compute.Backend, t *stages.Trained) (*TrainedPredictor, error) {
	model, writes := t.Model.(family.Writer)
	seer, sees := t.Model.(family.Seer)
	if !writes || !sees {
		return nil, fmt.Errorf("a model of the family %s does not write text about images: use one of pali3 or paligemma", t.Family.Name)
	}
	if t.Vocabulary == nil || t.Pipeline == nil {
		return nil, fmt.Errorf("%s has no tokenizer, or does not say how images become pixels: it answers no questions", t.Dir)
	}
	p := &TrainedPredictor{
		Batch: 64, encoding: seer.ImageEncoder(), weights: t.Weights, vocabulary: t.Vocabulary, pipeline: t.Pipeline,
		encoder: t.Lengths.Encoder, decoder: t.Lengths.Decoder, images: t.Images,
	}
	var err error
	if p.generator, err = decode.NewGenerator(be, model, p.weights.Specs(), p.decoder); err != nil {
		return nil, err
	}
	p.tokens, err = t.NewVisualTokenCache(be, stages.VisualTokenOptions{Batch: p.Batch, Limit: tokenBytes, Replace: true})
	return p, err
}

// Use sets the weights, which must be of the same model. Call it again with the same set when its
// values have changed.
func (p *TrainedPredictor) Use(w *weights.Set) {
	p.weights = w
	p.tokens.Reset(w)
	p.generator.Forget()
}

// Predict returns the answer to each query. Queries with the same images and prompt are answered
// once; progress counts distinct queries. An image that cannot be read is an error:
// [TrainedPredictor.Replies] returns it beside the other answers.
func (p *TrainedPredictor) Predict(ctx context.Context, queries []Query, progress func(done, total int)) ([]string, error) {
	replies, err := p.Replies(ctx, queries, progress)
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

// Replies is like [TrainedPredictor.Predict] but returns the probability of each answer, and an
// error for each query with an image that cannot be read.
func (p *TrainedPredictor) Replies(ctx context.Context, queries []Query, progress func(done, total int)) ([]Reply, error) {
	type key struct{ images, prompt string }
	var distinct []Query
	positions := map[key]int{}
	of := make([]int, len(queries)) // the position of each query in distinct
	for i, q := range queries {
		k := key{prompt: q.Prompt}
		for j := range q.Images {
			k.images += hashOf(&q.Images[j]) + " "
		}
		at, known := positions[k]
		if !known {
			at = len(distinct)
			positions[k] = at
			distinct = append(distinct, q)
		}
		of[i] = at
	}
	done := make([]Reply, 0, len(distinct))
	for begin := 0; begin < len(distinct); begin += p.Batch {
		part, err := p.batch(ctx, distinct[begin:min(begin+p.Batch, len(distinct))])
		if err != nil {
			return nil, err
		}
		done = append(done, part...)
		if progress != nil {
			progress(len(done), len(distinct))
		}
	}
	replies := make([]Reply, len(queries))
	for i, at := range of {
		replies[i] = done[at]
	}
	return replies, nil
}
