package decode

import (
	"cmp"
	"math"
	"slices"

	"github.com/pali3/pali3/random"
)

// sampler draws each id by its probability.
type sampler struct {
	said
	method Method
	keys   []uint64 // of the samples; nil means their rows
}

func (s *sampler) step(d *decoder, position int) (bool, error) {
	chosen := make([]float64, len(s.ids))
	next := make([]int32, len(s.ids))
	err := d.logits(s.ids, nil, position, func(row int, logits []float32, normalizer float64) {
		next[row] = s.method.draw(logits, s.uniform(row, position))
		chosen[row] = float64(logits[next[row]]) - normalizer
	})
	if err != nil {
		return false, err
	}
	copy(s.ids, next)
	return s.collect(chosen), nil
}

// uniform returns the number in [0, 1) that chooses a sample's id at a position.
func (s *sampler) uniform(row, position int) float64 {
	key := uint64(row)
	if s.keys != nil {
		key = s.keys[row]
	}
	return random.New(s.method.Seed, random.Name("decode"), key, uint64(position)).Float64()
}

// candidate is an id that may be drawn, with its unnormalised probability.
type candidate struct {
	id     int32
	logit  float32
	weight float64
}

// draw returns the id at which the cumulative distribution passes u. Ids are ordered by probability
// with top-k or top-p, and by number otherwise.
func (m Method) draw(logits []float32, u float64) int32 {
	candidates := m.candidates(logits)
	total := 0.0
	for _, c := range candidates {
		total += c.weight
	}
	rest := u * total
	for _, c := range candidates {
		if rest -= c.weight; rest < 0 {
			return c.id
		}
	}
	return candidates[len(candidates)-1].id // rounding
}

// candidates returns the ids that may be drawn: top-k, then top-p of those.
func (m Method) candidates(logits []float32) []candidate {
	largest := float64(slices.Max(logits))
	all := make([]candidate, len(logits))
	for id, logit := range logits {
		all[id] = candidate{int32(id), logit, math.Exp((float64(logit) - largest) / m.Temperature)}
	}
	if m.TopK == 0 && m.TopP == 0 {
		return all
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.logit, a.logit) })
	if m.TopK > 0 {
		all = all[:min(m.TopK, len(all))]
	}
	if m.TopP > 0 {
		all = all[:nucleus(all, m.TopP)]
	}
	return all
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
