package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// shards is the number of partial sums of an expectation. They are added in a fixed order, so that
// the model does not depend on the number of threads. spm_train has sixteen threads by default, and
// as many sums.
const shards = 16

// unigram trains a unigram model.
type unigram struct {
	options *Options
	words   []Sentence
	desired int // the number of pieces at which pruning ends; more than the vocabulary, so that final can choose
	set     *pieceSet
}

func trainUnigram(ctx context.Context, c *corpus, o *Options, special int) ([]piece, error) {
	seeds, err := c.seeds(ctx, o)
	if err != nil {
		return nil, err
	}
	if len(seeds) == 0 {
		return nil, errors.New("the text has no character that can be a piece")
	}
	u := &unigram{options: o, words: c.words(o.SplitByWhitespace), desired: int(float64(o.VocabSize) * 1.1), set: newPieceSet(seeds)}
	for {
		for range o.SubIterations {
			o.progress(Progress{"expectation maximisation", len(u.words), len(u.set.pieces)})
			if err := u.maximise(ctx); err != nil {
				return nil, err
			}
		}
		before := len(u.set.pieces)
		if err := u.prune(ctx); err != nil {
			return nil, err
		}
		if len(u.set.pieces) <= u.desired {
			break
		}
		if len(u.set.pieces) >= before {
			return nil, fmt.Errorf("pruning stops at %d pieces; the text cannot be written with fewer", before)
		}
	}
	if err := u.dropUnreachable(ctx); err != nil {
		return nil, err
	}
	return u.final(c.chars, o.VocabSize-special), nil
}

// seeds returns the initial pieces: the alphabet and the candidates.
func (c *corpus) seeds(ctx context.Context, o *Options) ([]piece, error) {
	var seeds []piece
	for _, char := range c.chars {
		if char.count > 0 {
			seeds = append(seeds, piece{string(char.char), float32(char.count)})
		}
	}
	limit := o.SeedSize
	if limit == 0 {
		limit = max(100_000, 8*o.VocabSize)
	}
	if o.Seeds != nil {
		return givenSeeds(seeds, o, limit)
	}
	o.progress(Progress{"finding candidates", len(c.sentences), 0})
	found, err := c.candidates(ctx, o, limit)
	if err != nil {
		return nil, err
	}
	return logProbabilities(append(seeds, found...)), nil
}

func givenSeeds(seeds []piece, o *Options, limit int) ([]piece, error) {
	shapes := newShapes(o)
	seen := map[string]bool{}
	for _, s := range seeds {
		seen[s.text] = true
	}
	for i, s := range o.Seeds {
		if s.Count < 1 {
			return nil, fmt.Errorf("seed %d, %q: its count is %d; want at least 1", i, s.Text, s.Count)
		}
		if !shapes.allows(s.Text) || seen[s.Text] {
			continue
		}
		if len(seeds) >= limit {
			break
		}
		seen[s.Text] = true
		seeds = append(seeds, piece{s.Text, float32(s.Count * int64(len([]rune(s.Text))))})
	}
	sortPieces(seeds)
	return logProbabilities(seeds), nil
}

func logProbabilities(pieces []piece) []piece {
	sum := 0.0
	for _, p := range pieces {
		sum += float64(p.score)
	}
	logSum := math.Log(sum)
	for i, p := range pieces {
		pieces[i].score = float32(math.Log(float64(p.score)) - logSum)
	}
	return pieces
}

// sortPieces sorts by score, descending, then by text.
func sortPieces(pieces []piece) {
	slices.SortFunc(pieces, func(a, b piece) int {
		return cmp.Or(cmp.Compare(b.score, a.score), strings.Compare(a.text, b.text))
	})
}

// eachShard calls work for every shard of the words, with a lattice of its own.
func (u *unigram) eachShard(ctx context.Context, work func(shard int, l *lattice) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(u.options.threads())
	for shard := range shards {
		group.Go(func() error {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			return work(shard, new(lattice))
		})
	}
	return group.Wait()
}

// sumShards calls add for every word with the sums, by piece, of its shard, and returns the total.
func (u *unigram) sumShards(ctx context.Context, add func(sums []float32, l *lattice, word Sentence)) ([]float32, error) {
	var sums [shards][]float32
	err := u.eachShard(ctx, func(shard int, l *lattice) error {
		sums[shard] = make([]float32, len(u.set.pieces))
		for i := shard; i < len(u.words); i += shards {
			if i>>14%8 == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			l.fill(u.set, u.words[i].Text)
			add(sums[shard], l, u.words[i])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, more := range sums[1:] {
		for i, v := range more {
			sums[0][i] += v
		}
	}
	return sums[0], nil
}

// rareExpectation is how often a piece must be expected in the text to be kept.
const rareExpectation = 0.5

// maximise runs a round of expectation maximisation with a sparse prior, which lowers the
// probabilities of rare pieces (Liang and Klein, Structured Bayesian Nonparametric Models with
// Variational Inference, tutorial, 2007).
func (u *unigram) maximise(ctx context.Context) error {
	expected, err := u.sumShards(ctx, func(sums []float32, l *lattice, word Sentence) {
		l.marginals(float32(word.Count), sums)
	})
	if err != nil {
		return err
	}
	var places []int32
	var scores []float32
	sum := float32(0)
	for i, v := range expected {
		if v >= rareExpectation {
			places, scores = append(places, int32(i)), append(scores, v)
			sum += v
		}
	}
	if len(places) == 0 {
		return errors.New("no piece is expected in the text")
	}
	logSum := float32(digamma(float64(sum)))
	for i, v := range scores {
		scores[i] = float32(digamma(float64(v)) - float64(logSum))
		if math.IsNaN(float64(scores[i])) || math.IsInf(float64(scores[i]), 0) {
			return fmt.Errorf("piece %q has the score %v", u.set.pieces[places[i]].text, scores[i])
		}
	}
	u.set = u.set.kept(places, scores)
	return nil
}

// final chooses the vocabulary: the alphabet, then the pieces with the highest scores.
func (u *unigram) final(chars charTable, size int) []piece {
	scores := make(map[string]float32, len(u.set.pieces))
	for _, p := range u.set.pieces {
		scores[p.text] = p.score
	}
	var vocabulary []piece
	chosen := map[string]bool{}
	penalty := float32(0) // so that no two characters without a piece score the same
	for _, char := range chars {
		text := string(char.char)
		score, ok := scores[text]
		if !ok {
			score = u.set.lowest + penalty
			penalty += 0.0001
		}
		chosen[text] = true
		vocabulary = append(vocabulary, piece{text, score})
	}
	rest := slices.Clone(u.set.pieces)
	sortPieces(rest)
	for _, p := range rest {
		if !chosen[p.text] && len(vocabulary) < size {
			vocabulary = append(vocabulary, p)
		}
	}
	sortPieces(vocabulary)
	return vocabulary
}
