package decode

import (
	"context"
	"fmt"
	"slices"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/weights"
)

// scoredRows is the least number of answers that are scored at once, if there are as many.
const scoredRows = 64

// Score returns the log probabilities of given answers to each sample: answers[i] are those of
// sample i, as ids without an end id, and may differ in number. The end, the first of Method.End,
// is scored too. Answers are fed to the decoder as they are, so the results are the model's own
// probabilities, of use to choose the likeliest of some answers. The inputs' prefixes and
// constraints must be nil. The results are in the order of the answers.
func (g *Generator) Score(ctx context.Context, set *weights.Set, in Inputs, answers [][][]int32) (scored [][]Answer, err error) {
	if err := g.check(in); err != nil {
		return nil, err
	}
	if in.Prefixes != nil || in.Constraints != nil {
		return nil, fmt.Errorf("decoding: given answers are scored as they are: leave out prefixes and constraints")
	}
	if batch := in.Encoder.Shape().Dimensions[0]; len(answers) != batch {
		return nil, fmt.Errorf("decoding: answers to %d samples for %d prompts", len(answers), batch)
	}
	end := g.Method.ends()[0]
	var all []*scoring
	scored = make([][]Answer, len(answers))
	for i := range answers {
		scored[i] = make([]Answer, len(answers[i]))
		for j, ids := range answers[i] {
			if len(ids) >= g.length {
				return nil, fmt.Errorf("decoding: answer %d to sample %d has %d ids, and the generator has room for %d and the end", j, i, len(ids), g.length-1)
			}
			for _, id := range ids {
				if err := inVocabulary(id, g.vocab); err != nil {
					return nil, fmt.Errorf("decoding: answer %d to sample %d: %w", j, i, err)
				}
			}
			scored[i][j] = Answer{IDs: ids, End: end}
			all = append(all, &scoring{i, &scored[i][j], append(slices.Clip(ids), end)})
		}
	}
	var failed error
	err = backend.Catch("scoring answers", func() { failed = g.score(ctx, set, in, all) })
	if err == nil {
		err = failed
	}
	return scored, err
}

// scoring is an answer to score.
type scoring struct {
	sample int
	answer *Answer
	ids    []int32 // with the end
}

func (s *scoring) add(logp float64) {
	s.answer.LogProbability += logp
	s.answer.LogProbabilities = append(s.answer.LogProbabilities, logp)
	s.answer.Score = s.answer.LogProbability
}

// score scores all answers. The prompts are read once.
func (g *Generator) score(ctx context.Context, set *weights.Set, in Inputs, all []*scoring) error {
	d, err := g.begin(set, in, 1)
	if err != nil {
		return fmt.Errorf("encoding images and prompts: %w", err)
	}
	defer d.free()
	bySample := map[int][]*scoring{}
	for _, s := range all {
		bySample[s.sample] = append(bySample[s.sample], s)
	}
	err = d.logits(nil, nil, 0, func(row int, logits []float32, normalizer float64) error {
		for _, s := range bySample[row] {
			if err := inVocabulary(s.ids[0], len(logits)); err != nil {
				return err
			}
			s.add(float64(logits[s.ids[0]]) - normalizer)
		}
		return nil
	})
	if err != nil {
		return err
	}
	// Answers of like length are scored together.
	slices.SortStableFunc(all, func(a, b *scoring) int { return len(b.ids) - len(a.ids) })
	rows := min(len(all), max(in.Encoder.Shape().Dimensions[0], scoredRows))
	for begin := 0; begin < len(all); begin += rows {
		if err := d.scoreRest(ctx, all[begin:min(begin+rows, len(all))], rows); err != nil {
			return err
		}
	}
	return nil
}

// scoreRest scores all ids of some answers but the first, in a batch of the given number of rows.
func (d *decoder) scoreRest(ctx context.Context, some []*scoring, rows int) error {
	from := make([]int32, rows) // rows beyond the answers repeat the first sample
	for row, s := range some {
		from[row] = int32(s.sample)
	}
	if len(some[0].ids) == 1 {
		return nil
	}
	part, err := d.copied(from)
	if err != nil {
		return err
	}
	defer part.free()
	for position := 1; position < len(some[0].ids); position++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		ids := make([]int32, rows)
		for row, s := range some {
			if position < len(s.ids) {
				ids[row] = s.ids[position-1]
			}
		}
		err := part.logits(ids, nil, position, func(row int, logits []float32, normalizer float64) error {
			if row >= len(some) || position >= len(some[row].ids) {
				return nil
			}
			id := some[row].ids[position]
			if err := inVocabulary(id, len(logits)); err != nil {
				return err
			}
			some[row].add(float64(logits[id]) - normalizer)
			return nil
		})
		if err != nil {
			return fmt.Errorf("scoring id %d: %w", position, err)
		}
	}
	return nil
}
