package decode

import (
	"fmt"
	"math"
	"slices"
)

// impossible is the score of an id that may not follow.
var impossible = float32(math.Inf(-1))

// rules say what the answers of a call may be.
type rules struct {
	Method
	end         []int32
	length      int // maximum, the end id included
	prefixes    [][]int32
	constraints []Constraint

	penalised, masked []float32 // scratch
}

// check returns an error if the rules do not fit the batch or the vocabulary, which is 0 if not
// known.
func (r *rules) check(batch, vocab int) error {
	if r.prefixes != nil && len(r.prefixes) != batch {
		return fmt.Errorf("decoding: %d prefixes for %d prompts", len(r.prefixes), batch)
	}
	if n := len(r.constraints); n > 1 && n != batch {
		return fmt.Errorf("decoding: %d constraints for %d prompts", n, batch)
	}
	for i, prefix := range r.prefixes {
		if len(prefix) >= r.length {
			return fmt.Errorf("decoding: prefix %d has %d ids, and an answer has at most %d with its end", i, len(prefix), r.length)
		}
		for _, id := range prefix {
			if slices.Contains(r.end, id) {
				return fmt.Errorf("decoding: prefix %d holds the end id %d", i, id)
			}
			if err := inVocabulary(id, vocab); err != nil {
				return fmt.Errorf("decoding: prefix %d: %w", i, err)
			}
		}
	}
	for _, id := range r.end {
		if err := inVocabulary(id, vocab); err != nil {
			return fmt.Errorf("decoding: the ids that end an answer: %w", err)
		}
	}
	return nil
}

// inVocabulary returns an error if an id is not below the vocabulary's size, 0 if that is not
// known.
func inVocabulary(id int32, vocab int) error {
	if id < 0 || vocab > 0 && int(id) >= vocab {
		return fmt.Errorf("the id %d is not in the vocabulary of %d ids", id, vocab)
	}
	return nil
}

// plain reports whether the rules never change the scores.
func (r *rules) plain() bool {
	return r.prefixes == nil && r.constraints == nil && r.MinLength == 0 && !r.penalises()
}

func (r *rules) penalises() bool { return r.RepetitionPenalty != 0 && r.RepetitionPenalty != 1 }

func (r *rules) ends(id int32) bool { return slices.Contains(r.end, id) }

func (r *rules) prefix(sample int) []int32 {
	if r.prefixes == nil {
		return nil
	}
	return r.prefixes[sample]
}

func (r *rules) constraint(sample int) Constraint {
	switch len(r.constraints) {
	case 0:
		return nil
	case 1:
		return r.constraints[0]
	}
	return r.constraints[sample]
}

// scores returns the logits of what may follow the ids of a sample's answer. Ids that may not have
// -Inf. Normalizer is 0 if a repetition penalty applies to the logits themselves, or else what to
// subtract to have log probabilities. The result is valid until the next call.
func (r *rules) scores(sample int, ids []int32, logits []float32, normalizer float64) ([]float32, error) {
	if r.plain() {
		return logits, nil
	}
	prefix := r.prefix(sample)
	if len(ids) < len(prefix) {
		out := r.nothing(len(logits))
		id := prefix[len(ids)]
		if err := inVocabulary(id, len(logits)); err != nil {
			return nil, fmt.Errorf("the prefix of sample %d: %w", sample, err)
		}
		out[id] = logits[id]
		return out, nil
	}
	penalised := r.penalise(ids, logits, normalizer)
	allowed := Allowed{Any: true, End: true}
	if c := r.constraint(sample); c != nil {
		allowed = c.Allowed(ids[len(prefix):])
	}
	allowed.End = allowed.End && len(ids) >= r.MinLength
	if allowed.Any && allowed.End && len(allowed.Except) == 0 {
		return penalised, nil
	}
	return r.restrict(sample, ids, penalised, allowed)
}

// restrict returns scores with -Inf for what is not allowed.
func (r *rules) restrict(sample int, ids []int32, scores []float32, allowed Allowed) ([]float32, error) {
	var out []float32
	if allowed.Any {
		out = r.masking(scores)
		for _, id := range allowed.Except {
			if id >= 0 && int(id) < len(out) {
				out[id] = impossible
			}
		}
	} else {
		out = r.nothing(len(scores))
		for _, id := range allowed.IDs {
			if err := inVocabulary(id, len(scores)); err != nil {
				return nil, fmt.Errorf("the constraint on sample %d: %w", sample, err)
			}
			out[id] = scores[id]
		}
	}
	for _, id := range r.end {
		if err := inVocabulary(id, len(scores)); err != nil {
			return nil, fmt.Errorf("the ids that end an answer: %w", err)
		}
		out[id] = impossible
		if allowed.End {
			out[id] = scores[id]
		}
	}
	if !slices.ContainsFunc(out, func(v float32) bool { return v > impossible }) {
		return nil, fmt.Errorf("sample %d: nothing may follow the ids %v, not even the end (constraint, or min-length %d)", sample, ids, r.MinLength)
	}
	return out, nil
}

// masking returns a copy of scores in the scratch memory.
func (r *rules) masking(scores []float32) []float32 {
	r.masked = append(r.masked[:0], scores...)
	return r.masked
}

// nothing returns n scores of ids that may not follow, in the scratch memory.
func (r *rules) nothing(n int) []float32 {
	r.masked = slices.Grow(r.masked[:0], n)[:n]
	for i := range r.masked {
		r.masked[i] = impossible
	}
	return r.masked
}

// penalise returns the logits with those of the answer's ids, and of the padding id before it, made
// lower.
func (r *rules) penalise(ids []int32, logits []float32, normalizer float64) []float32 {
	if !r.penalises() {
		return logits
	}
	r.penalised = append(r.penalised[:0], logits...)
	said := append([]int32{0}, ids...)
	slices.Sort(said)
	for _, id := range slices.Compact(said) {
		score := float64(logits[id]) - normalizer
		if score < 0 {
			score *= r.RepetitionPenalty
		} else {
			score /= r.RepetitionPenalty
		}
		r.penalised[id] = float32(score + normalizer)
	}
	return r.penalised
}
