package decode

import (
	"cmp"
	"math"
	"slices"

	"github.com/pali3/pali3/random"
)

// sampler draws each id by its probability. A sample has as many sequences in a row as there are
// draws.
type sampler struct {
	sequences
	draws int
	keys  []uint64 // of the samples; nil means their rows
}

func (s *sampler) step(d *decoder, position int) (bool, error) {
	chosen := make([]float64, len(s.ids))
	next := make([]int32, len(s.ids))
	err := d.logits(s.ids, nil, position, func(row int, logits []float32, normalizer float64) error {
		i := s.rows[row]
		if s.ended[i] {
			return nil
		}
		s.note(row, logits, normalizer)
		scores, err := s.scores(i/s.draws, s.all[i].IDs, logits, 0)
		if err != nil {
			return err
		}
		next[row] = s.draw(scores, s.uniform(i/s.draws, i%s.draws, position))
		chosen[row] = float64(logits[next[row]]) - normalizer
		return nil
	})
	if err != nil {
		return false, err
	}
	copy(s.ids, next)
	return s.collect(d, chosen)
}

// answers returns the draws of each sample, likeliest first.
func (s *sampler) answers() [][]Answer {
	one := s.sequences.answers()
	out := make([][]Answer, len(one)/s.draws)
	for i := range out {
		for _, answer := range one[i*s.draws : (i+1)*s.draws] {
			out[i] = append(out[i], answer...)
		}
		slices.SortStableFunc(out[i], func(a, b Answer) int { return cmp.Compare(b.LogProbability, a.LogProbability) })
	}
	return out
}

// uniform returns the number in [0, 1) that chooses the id of a sample's draw at a position.
func (s *sampler) uniform(sample, draw, position int) float64 {
	key := uint64(sample)
	if s.keys != nil {
		key = s.keys[sample]
	}
	parts := []uint64{s.Seed, random.Name("decode"), key, uint64(position)}
	if draw > 0 {
		parts = append(parts, uint64(draw))
	}
	return random.New(parts...).Float64()
}

// candidate is an id that may be drawn, with its unnormalised probability.
type candidate struct {
	id     int32
	logit  float32
	weight float64
}

// draw returns the id at which the cumulative distribution passes u. Ids are ordered by probability
// with top-k, top-p or min-p, and by number otherwise.
func (m Method) draw(logits []float32, u float64) int32 {
	candidates := m.candidates(logits)
	total := 0.0
	for _, c := range candidates {
		total += c.weight
	}
	rest, last := u*total, candidates[0]
	for _, c := range candidates {
		if rest -= c.weight; rest < 0 {
			return c.id
		}
		if c.weight > 0 {
			last = c
		}
	}
	return last.id // rounding
}

// candidates returns the ids that may be drawn: top-k, then top-p of those, then min-p.
func (m Method) candidates(logits []float32) []candidate {
	largest := float64(slices.Max(logits))
	all := make([]candidate, len(logits))
	for id, logit := range logits {
		all[id] = candidate{int32(id), logit, math.Exp((float64(logit) - largest) / m.Temperature)}
	}
	if m.TopK == 0 && m.TopP == 0 && m.MinP == 0 {
		return all
	}
	if m.TopK > 0 && m.TopK < len(all) {
		all = m.top(all)
	} else {
		slices.SortStableFunc(all, likelier)
	}
	if m.TopP > 0 {
		all = all[:nucleus(all, m.TopP)]
	}
	if m.MinP > 0 { // the likeliest weighs 1
		n := 1
		for n < len(all) && all[n].weight >= m.MinP {
			n++
		}
		all = all[:n]
	}
	return all
}

func likelier(a, b candidate) int { return cmp.Compare(b.logit, a.logit) }

// top returns the likeliest TopK candidates, likeliest first and in the given order where equal. It
// keeps a sorted list of up to twice as many, as most candidates are not among them.
func (m Method) top(all []candidate) []candidate {
	found := make([]candidate, 0, 2*m.TopK)
	for _, c := range all {
		if len(found) >= m.TopK && c.logit <= found[m.TopK-1].logit {
			continue
		}
		if found = append(found, c); len(found) == cap(found) || len(found) == m.TopK {
			slices.SortStableFunc(found, likelier)
			found = found[:m.TopK]
		}
	}
	slices.SortStableFunc(found, likelier)
	return found[:m.TopK]
}

// nucleus returns how many of the candidates, likeliest first, together have the share p of the
// probability ("The Curious Case of Neural Text Degeneration", arXiv 1904.09751).
func nucleus(ordered []candidate, p float64) int {
	total := 0.0
	for _, c := range ordered {
		total += c.weight
	}
	sum := 0.0
	for i, c := range ordered {
		if sum += c.weight; sum >= p*total {
			return i + 1
		}
	}
	return len(ordered)
}
