package decode

import (
	"fmt"
	"math"
)

// Method is how ids are chosen. The zero value is greedy decoding.
type Method struct {
	// Beams above 1 selects beam search with that many beams; T5X uses 4, PaliGemma 2 to 4. Legal:
	// up to 1,024.
	Beams int
	// Rule of beam search. Default: T5X.
	Rule Rule
	// Alpha of the length penalty of the rule T5X: beam search divides an answer's log probability
	// by ((5+length)/6)^Alpha, so that it does not prefer short answers (arXiv 1609.08144, equation
	// 14). T5X uses 0.6.
	Alpha float64
	// Temperature above 0 selects sampling, with logits divided by the temperature.
	Temperature float64
	// TopK restricts sampling to the K likeliest ids. Default: 0, all.
	TopK int
	// TopP restricts sampling to the likeliest ids that together have this probability, after TopK.
	// Default: 0, all.
	TopP float64
	// MinP restricts sampling to ids that have at least this share of the likeliest id's
	// probability, after TopP (arXiv 2407.01082). Default: 0, all.
	MinP float64
	// Seed of sampling: each id is a function of seed, sample, draw and position.
	Seed uint64
	// RepetitionPenalty above 1 makes ids of the answer less likely to return (arXiv 1909.05858,
	// section 4.1). As in transformers, a positive logit is divided by it and a negative one
	// multiplied, the padding id before each answer counts as said, and beam search applies it to
	// log probabilities instead. Default: 0, none.
	RepetitionPenalty float64
	// NBest is the number of answers per sample that [Generator.NBest] returns: the best beams, or
	// independent draws. Default: 1. Legal: up to Beams; for sampling up to 1,024.
	NBest int
	// MinLength is the number of ids before an answer may end. Default: 0.
	MinLength int
	// MaxLength limits the ids of an answer, the end id included. Default: 0, the generator's
	// length.
	MaxLength int
	// End holds the ids that end an answer. Default: [EOS].
	End []int32
	// Alternatives is the number of likeliest ids at each position to report beside the chosen
	// ones. Default: 0.
	Alternatives int
}

// Rule is a rule of beam search.
type Rule string

// The rules.
const (
	// T5X keeps the best ended answers by log probability divided by a length penalty, as many as
	// there are beams, and stops when no beam could still get among them (t5x/decoding.py,
	// beam_search). An answer that does not end counts only where none has ended.
	T5X Rule = "t5x"
	// BigVision has no length penalty. At every step each beam might end, and the likeliest answer
	// so far is kept; it stops when that is likelier than all beams (big_vision
	// trainers/proj/paligemma/predict_fns.py, _beam_decode). Every answer ends, and there is one.
	BigVision Rule = "bigvision"
)

// T5XAlpha is the length normalisation of T5X's beam search (t5x/decoding.py, beam_search).
const T5XAlpha = 0.6

// most limits the beams or draws per sample, as each needs a key-value cache.
const most = 1024

// Validate returns an error that names the first invalid value.
func (m Method) Validate() error {
	for _, count := range []struct {
		name  string
		value int
		most  int
	}{
		{"beams", m.Beams, most}, {"n-best", m.NBest, most}, {"top-k", m.TopK, math.MaxInt},
		{"min-length", m.MinLength, math.MaxInt}, {"max-length", m.MaxLength, math.MaxInt}, {"alternatives", m.Alternatives, math.MaxInt},
	} {
		if count.value < 0 {
			return fmt.Errorf("decoding: %s is %d, must not be below zero", count.name, count.value)
		}
		if count.value > count.most {
			return fmt.Errorf("decoding: %s is %d, must be at most %d", count.name, count.value, count.most)
		}
	}
	for _, number := range []struct {
		name  string
		value float64
		most  float64
	}{
		{"alpha", m.Alpha, math.MaxFloat64}, {"temperature", m.Temperature, math.MaxFloat64}, {"top-p", m.TopP, 1}, {"min-p", m.MinP, 1},
		{"repetition-penalty", m.RepetitionPenalty, math.MaxFloat64},
	} {
		switch {
		case !(number.value >= 0):
			return fmt.Errorf("decoding: %s is %g, must not be below zero", number.name, number.value)
		case number.value > number.most && number.most == 1:
			return fmt.Errorf("decoding: %s is %g, must be from 0 to 1", number.name, number.value)
		case number.value > number.most:
			return fmt.Errorf("decoding: %s is %g, must be finite", number.name, number.value)
		}
	}
	return m.validateTogether()
}

// validateTogether checks values that depend on others.
func (m Method) validateTogether() error {
	searches, draws := m.Beams > 1, m.Temperature > 0
	switch {
	case m.Rule != "" && m.Rule != T5X && m.Rule != BigVision:
		return fmt.Errorf("decoding: the rule of beam search is %q, must be %s or %s", m.Rule, T5X, BigVision)
	case searches && draws:
		return fmt.Errorf("decoding: beam search draws nothing: give beams or a temperature")
	case m.Rule != "" && !searches:
		return fmt.Errorf("decoding: the rule %s is one of beam search: give 2 beams or more", m.Rule)
	case m.Rule == BigVision && m.Alpha > 0:
		return fmt.Errorf("decoding: the rule %s has no length penalty: leave alpha out", m.Rule)
	case !draws && (m.TopK > 0 || m.TopP > 0):
		return fmt.Errorf("decoding: top-k and top-p restrict what is drawn: give a temperature too")
	case !draws && m.MinP > 0:
		return fmt.Errorf("decoding: min-p restricts what is drawn: give a temperature too")
	case m.NBest > 1 && !searches && !draws:
		return fmt.Errorf("decoding: greedy decoding has one answer per sample, not %d: give beams or a temperature", m.NBest)
	case m.NBest > 1 && m.Rule == BigVision:
		return fmt.Errorf("decoding: the rule %s keeps one answer per sample, not %d", m.Rule, m.NBest)
	case searches && m.NBest > m.Beams:
		return fmt.Errorf("decoding: %d beams have no %d best answers: give as many beams", m.Beams, m.NBest)
	case m.MaxLength > 0 && m.MinLength >= m.MaxLength:
		return fmt.Errorf("decoding: min-length %d leaves no room for the end within max-length %d", m.MinLength, m.MaxLength)
	}
	for _, id := range m.End {
		if id < 0 {
			return fmt.Errorf("decoding: the end id %d is below zero", id)
		}
	}
	return nil
}

// rows is the number of sequences that are decoded per sample.
func (m Method) rows() int {
	if m.Temperature > 0 {
		return max(m.NBest, 1)
	}
	return max(m.Beams, 1)
}

// ends returns the ids that end an answer.
func (m Method) ends() []int32 {
	if len(m.End) == 0 {
		return []int32{EOS}
	}
	return m.End
}
