package evalsuite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/models/decode"
)

// fixedBytes is the size of weights up to which they are compiled into the graphs of decoding,
// which takes up to twice as much memory again.
const fixedBytes = 1 << 30

// ValidateDecoding returns an error that names what is wrong with a method of decoding, or with the
// choices that it has.
func ValidateDecoding(m decode.Method, choices []string) error {
	for i, choice := range choices {
		if strings.TrimSpace(choice) == "" {
			return fmt.Errorf("choice %d is empty", i+1)
		}
		if at := slices.Index(choices, choice); at < i {
			return fmt.Errorf("choice %d is %q, as choice %d", i+1, choice, at+1)
		}
	}
	if ranks(m, choices) {
		if m.NBest < 0 || m.MinLength != 0 || m.MaxLength != 0 || m.RepetitionPenalty != 0 {
			return errors.New("choices are ranked as they are: leave out length limits and penalties, or search among them with beams")
		}
		m.NBest = 0
	}
	return m.Validate()
}

// ranks reports whether the choices are ranked by the probability of each.
func ranks(m decode.Method, choices []string) bool {
	return len(choices) > 0 && m.Beams < 2 && m.Temperature == 0
}

// answers returns the answers to each query of a batch, best first.
func (p *TrainedPredictor) answers(ctx context.Context, in decode.Inputs) ([][]decode.Answer, error) {
	if err := ValidateDecoding(p.Method, p.Choices); err != nil {
		return nil, err
	}
	p.generator.Method = p.Method
	p.generator.Fixed = p.Fixed && p.weights.Bytes() <= fixedBytes
	if len(p.Choices) == 0 {
		return p.generator.NBest(ctx, p.weights, in)
	}
	choices, err := p.choices()
	if err != nil {
		return nil, err
	}
	if !ranks(p.Method, p.Choices) {
		one, err := decode.NewOneOf(choices)
		if err != nil {
			return nil, err
		}
		in.Constraints = []decode.Constraint{one}
		return p.generator.NBest(ctx, p.weights, in)
	}
	all, err := p.generator.Score(ctx, p.weights, in, slices.Repeat([][][]int32{choices}, p.Batch))
	for i := range all {
		slices.SortStableFunc(all[i], func(a, b decode.Answer) int { return cmp.Compare(b.LogProbability, a.LogProbability) })
		all[i] = all[i][:min(len(all[i]), max(p.Method.NBest, 1))]
	}
	return all, err
}

// choices returns the ids of the choices.
func (p *TrainedPredictor) choices() ([][]int32, error) {
	all := make([][]int32, len(p.Choices))
	for i, choice := range p.Choices {
		all[i] = p.vocabulary.Encode(choice)
		if n := len(all[i]); n == 0 || n >= p.decoder {
			return nil, fmt.Errorf("the choice %q is %d pieces, and the model's answers have 1 to %d", choice, n, p.decoder-1)
		}
	}
	return all, nil
}

// Stream answers one query and yields the text as it is decoded, in parts. It ends after an error,
// which it yields. The predictor's Batch must be 1, and beams, draws and choices do not stream.
func (p *TrainedPredictor) Stream(ctx context.Context, q Query) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if p.Batch != 1 || len(p.Choices) > 0 {
			yield("", errors.New("only a batch of 1 without choices streams"))
			return
		}
		in, unreadable, err := p.inputs(ctx, []Query{q})
		if err == nil {
			err = p.failure(&q, unreadable)
		}
		if err != nil {
			yield("", err)
			return
		}
		p.generator.Method = p.Method
		p.generator.Fixed = p.Fixed && p.weights.Bytes() <= fixedBytes
		var ids []int32
		written := ""
		for token, err := range p.generator.Stream(ctx, p.weights, in) {
			if err != nil {
				yield("", err)
				return
			}
			if !token.End {
				ids = append(ids, token.ID)
			}
			text := p.vocabulary.DecodeToEOS(ids)
			whole := token.End || len(ids) == p.decoder
			if !strings.HasPrefix(text, written) || !whole && unfinished(text) {
				continue // bytes of a character are still to come
			}
			if part := text[len(written):]; part != "" && !yield(part, nil) {
				return
			}
			written = text
		}
		if text := p.vocabulary.DecodeToEOS(ids); strings.HasPrefix(text, written) && text != written {
			yield(text[len(written):], nil)
		}
	}
}

// unfinished reports whether a text ends in a character of which bytes are missing.
func unfinished(text string) bool {
	last, _ := utf8.DecodeLastRuneInString(text)
	return last == utf8.RuneError && text != ""
}
