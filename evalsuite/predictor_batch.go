package evalsuite

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
	"github.com/pali3/pali3/tokenize"
)

// hashOf returns the SHA-256 of an image's file.
func hashOf(image *shards.Image) string {
	if image.SHA256 != "" {
		return image.SHA256
	}
	return shards.Hash(image.Bytes)
}

// batch answers at most Batch queries.
func (p *TrainedPredictor) batch(ctx context.Context, queries []Query) ([]Reply, error) {
	in, unreadable, err := p.inputs(ctx, queries)
	if err != nil {
		return nil, err
	}
	answers, err := p.answers(ctx, in)
	if err != nil {
		return nil, err
	}
	replies := make([]Reply, len(queries))
	for i := range replies {
		replies[i] = p.reply(answers[i])
		if err := p.failure(&queries[i], unreadable); err != nil {
			replies[i] = Reply{Err: err}
		}
	}
	return replies, nil
}

// failure returns why an image of a query cannot be read, or nil.
func (p *TrainedPredictor) failure(q *Query, unreadable map[string]error) error {
	for j := range min(len(q.Images), p.images) {
		if err := unreadable[hashOf(&q.Images[j])]; err != nil {
			return err
		}
	}
	return nil
}

// reply turns the answers to a query, best first, into text.
func (p *TrainedPredictor) reply(answers []decode.Answer) Reply {
	var all []RankedText
	for _, a := range answers {
		all = append(all, RankedText{p.vocabulary.DecodeToEOS(a.IDs), a.LogProbability})
	}
	r := Reply{Text: all[0].Text, LogProbability: all[0].LogProbability, IDs: answers[0].IDs, LogProbabilities: answers[0].LogProbabilities}
	if p.Method.NBest > 1 {
		r.Best = all
	}
	return r
}

// inputs returns what at most Batch queries are to the model, and the errors of images that cannot
// be read, by the hash of the image. The graph has a fixed shape, so the rest of it is padding.
func (p *TrainedPredictor) inputs(ctx context.Context, queries []Query) (in decode.Inputs, unreadable map[string]error, err error) {
	encoded, unreadable, err := p.encodeImages(ctx, queries)
	if err != nil {
		return in, nil, err
	}
	width := p.encoding.Tokens * p.encoding.TokenWidth
	tokens := make([]float32, p.Batch*p.images*width)
	mask := make([]float32, p.Batch*p.images)
	ids := make([]int32, p.Batch*p.encoder)
	keys := make([]uint64, p.Batch)
	for i := range p.Batch {
		row := ids[i*p.encoder : (i+1)*p.encoder]
		if i >= len(queries) {
			tokenize.Fit(row, nil)
			continue
		}
		p.vocabulary.FitPrompt(row, p.vocabulary.Encode(queries[i].Prompt))
		keys[i] = random.Name(queries[i].Prompt)
		for j := range min(len(queries[i].Images), p.images) {
			keys[i] = random.Key(keys[i], random.Name(hashOf(&queries[i].Images[j])))
			copy(tokens[(i*p.images+j)*width:], encoded[hashOf(&queries[i].Images[j])])
			mask[i*p.images+j] = 1
		}
	}
	return decode.Inputs{
		Tokens:    tensors.FromFlatDataAndDimensions(tokens, p.Batch, p.images*p.encoding.Tokens, p.encoding.TokenWidth),
		ImageMask: tensors.FromFlatDataAndDimensions(mask, p.Batch, p.images),
		Encoder:   tensors.FromFlatDataAndDimensions(ids, p.Batch, p.encoder),
		Keys:      keys,
	}, unreadable, nil
}

// tokenBytes is how much memory the visual tokens of images may take.
const tokenBytes = 256 << 20

// imageKey returns the key of an image in a cache of tokens. For a folder that others use, it is
// computed from the bytes.
func imageKey(c *stages.VisualTokenCache, image *shards.Image) stages.ImageKey {
	if c.Folder != nil {
		return stages.ImageKey{Hash: shards.Hash(image.Bytes), Length: c.SequenceLength()}
	}
	return stages.ImageKey{Hash: hashOf(image)}
}

// encodeImages returns the visual tokens of the queries' images, and the errors of images that
// cannot be read, both by the hash of the image.
func (p *TrainedPredictor) encodeImages(ctx context.Context, queries []Query) (tokens map[string][]float32, unreadable map[string]error, err error) {
	var images []*shards.Image
	var hashes []string
	var keys []stages.ImageKey
	seen := map[string]bool{}
	for i := range queries {
		for j := range min(len(queries[i].Images), p.images) {
			image := &queries[i].Images[j]
			if hash := hashOf(image); !seen[hash] {
				seen[hash] = true
				images, hashes, keys = append(images, image), append(hashes, hash), append(keys, imageKey(p.tokens, image))
			}
		}
	}
	unreadable = map[string]error{}
	var mu sync.Mutex // of unreadable
	found, err := p.tokens.Encode(ctx, keys, func(i int, to []float32) error {
		err := pixelsOf(p.pipeline, images[i], to)
		if err == nil || errors.Is(err, errSize) {
			return err // an error of the recipe, not of the image
		}
		mu.Lock()
		defer mu.Unlock()
		unreadable[hashes[i]] = err
		return stages.ErrSkipImage
	})
	if err != nil {
		return nil, nil, err
	}
	tokens = make(map[string][]float32, len(found))
	for i := range found {
		tokens[hashes[i]] = found[i]
	}
	return tokens, unreadable, nil
}

// errSize is returned if the image ops do not fit the model.
var errSize = errors.New("the image ops give images of another size than the model takes")

// applyTo applies ops to an image. Random ops draw from a stream that depends on the image alone.
func applyTo(ops *augment.Pipeline, image *shards.Image) (augment.Tensor, error) {
	tensor, err := ops.Apply(image.Bytes, random.New(random.Name(hashOf(image))))
	if err != nil {
		return tensor, fmt.Errorf("image %.12s: %w", hashOf(image), err)
	}
	return tensor, nil
}

// pixelsOf writes the pixels of an image, [H, W, 3], into a row.
func pixelsOf(ops *augment.Pipeline, image *shards.Image, row []float32) error {
	tensor, err := applyTo(ops, image)
	if err != nil {
		return err
	}
	if len(tensor.Pix) != len(row) {
		return fmt.Errorf("%w: %d values, want %d", errSize, len(tensor.Pix), len(row))
	}
	copy(row, tensor.Pix)
	return nil
}
