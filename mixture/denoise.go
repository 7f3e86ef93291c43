package mixture

import (
	"errors"
	"fmt"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/tokenize"
)

// Denoiser is one way to make a task of plain text: hide a part, ask for it. UL2 (Tay et al. 2022)
// mixes three families: R, regular span corruption; X, extreme, with long spans or half of the text
// hidden; and S, sequential, where a prefix is given and the rest is asked for.
type Denoiser struct {
	// Name is for reports, such as "X(8,.5)". Default: made of the numbers.
	Name string `yaml:"name,omitempty"`
	// MeanSpan is the mean length of a hidden span in ids. Default: 0, for an S-denoiser, which
	// hides one suffix. Legal: 0, or 1 and above.
	MeanSpan float64 `yaml:"mean_span,omitempty"`
	// Rate is the share of the ids that is hidden; of an S-denoiser the mean share. Required.
	// Legal: above 0 and below 1; of an S-denoiser up to 0.5.
	Rate float64 `yaml:"rate"`
	// Mode is the mode token before the input, which tokenizer.mode_tokens adds. Default: none.
	// Legal: [NLU], [NLG], [S2S], in quotes.
	Mode string `yaml:"mode,omitempty"`
	// Weight is how often the denoiser is chosen, relative to the others. Required. Legal: above 0.
	Weight float64 `yaml:"weight"`
}

// Denoisers returns the denoisers of a preset:
//
//	ul2-paper  UL2's seven, uniformly, as in the pseudo-code of the paper's appendix 9.2
//	ul2        the same, R and X at .13 each and S at .22, near the text's "about 20 %" of S
//	ul2r       for continued training: half S, a quarter R, a quarter X (long spans or a high rate)
//	t5         plain span corruption, spans of 3 and a rate of .15, without mode tokens
//	prefix_lm  T5's prefix_lm: one cut, uniform over the text
func Denoisers(preset string) ([]Denoiser, error) {
	seven := []Denoiser{
		{"R(3,.15)", 3, .15, "[NLU]", .13},
		{"R(8,.15)", 8, .15, "[NLU]", .13},
		{"X(3,.5)", 3, .5, "[NLG]", .13},
		{"X(8,.5)", 8, .5, "[NLG]", .13},
		{"X(64,.15)", 64, .15, "[NLG]", .13},
		{"X(64,.5)", 64, .5, "[NLG]", .13},
		{"S(.25)", 0, .25, "[S2S]", .22},
	}
	switch preset {
	case "ul2-paper":
		for i := range seven {
			seven[i].Weight = 1
		}
		return seven, nil
	case "ul2":
		return seven, nil
	case "ul2r":
		return []Denoiser{
			{"S(.25)", 0, .25, "[S2S]", .5},
			{"R(3,.15)", 3, .15, "[NLU]", .25},
			{"X(32,.15)", 32, .15, "[NLG]", .125},
			{"X(3,.5)", 3, .5, "[NLG]", .125},
		}, nil
	case "t5":
		return []Denoiser{{"R(3,.15)", 3, .15, "", 1}}, nil
	case "prefix_lm":
		return []Denoiser{{"S(.5)", 0, .5, "[S2S]", 1}}, nil
	}
	return nil, fmt.Errorf("denoisers %q are unknown: want ul2, ul2-paper, ul2r, t5 or prefix_lm; the nearest is %q", preset, strict.Nearest(preset, DenoiserPresets()))
}

// DenoiserPresets returns the names that [Denoisers] takes.
func DenoiserPresets() []string { return []string{"ul2", "ul2-paper", "ul2r", "t5", "prefix_lm"} }

// ChooseDenoiser draws one of the denoisers by weight.
func ChooseDenoiser(denoisers []Denoiser, rng *random.Stream) Denoiser {
	total := 0.0
	for _, d := range denoisers {
		total += d.Weight
	}
	at := rng.Float64() * total
	for _, d := range denoisers {
		if at -= d.Weight; at < 0 {
			return d
		}
	}
	return denoisers[len(denoisers)-1]
}

// SentinelSource knows the ids that denoisers put into text. *tokenize.Vocabulary is one.
type SentinelSource interface {
	// Sentinel returns the id of <extra_id_k>, or an error if the vocabulary has none.
	Sentinel(k int) (int32, error)
	// Mode returns the id of a mode token, or an error if the vocabulary has none.
	Mode(name string) (int32, error)
}

// ErrTooShort is the error for a text that is too short to hide one part and keep another.
var ErrTooShort = errors.New("the text is too short for a denoiser, which needs two ids")

// Corrupt makes inputs of at most maxInput ids and targets of at most maxTarget ids from a text's
// ids.
//
// Inputs are the mode token, the text with each hidden span replaced by a sentinel, and an end of
// sentence; targets are each sentinel with what it hides, and an end of sentence. Sentinels are
// <extra_id_0>, <extra_id_1>, ... in order. An S-denoiser uses none: inputs are a prefix, targets
// the rest.
//
// A text that is too long is cut to a random stretch. The same stream gives the same result.
func (d Denoiser) Corrupt(ids []int32, v SentinelSource, maxInput, maxTarget int, rng *random.Stream) (inputs, targets []int32, err error) {
	if len(ids) < 2 {
		return nil, nil, ErrTooShort
	}
	length := d.Length(maxInput, maxTarget)
	if length < 2 {
		return nil, nil, fmt.Errorf("denoiser %s has no room in %d input and %d target ids", d.Name, maxInput, maxTarget)
	}
	if len(ids) > length {
		start := rng.IntN(len(ids) - length + 1)
		ids = ids[start : start+length]
	}
	if d.Mode != "" {
		mode, err := v.Mode(d.Mode)
		if err != nil {
			return nil, nil, fmt.Errorf("denoiser %s: %w", d.Name, err)
		}
		inputs = append(inputs, mode)
	}
	if d.MeanSpan == 0 {
		prefix := d.prefix(len(ids), rng)
		inputs, targets = append(inputs, ids[:prefix]...), append(targets, ids[prefix:]...)
	} else if inputs, targets, err = d.hideSpans(inputs, ids, v, rng); err != nil {
		return nil, nil, err
	}
	return append(inputs, tokenize.EOS), append(targets, tokenize.EOS), nil
}

// hideSpans appends to inputs as Corrupt says (noise_span_to_unique_sentinel of T5's
// preprocessors.py).
func (d Denoiser) hideSpans(inputs, ids []int32, v SentinelSource, rng *random.Stream) (_, targets []int32, err error) {
	kept, hidden := d.spans(len(ids), rng)
	inputs, targets, err = markSpans(inputs, ids, kept, hidden, v)
	if err != nil {
		return nil, nil, fmt.Errorf("denoiser %s hides %d spans in %d ids: %w", d.Name, len(hidden), len(ids), err)
	}
	return inputs, targets, nil
}

// markSpans appends to inputs the kept spans, each followed by a sentinel for the hidden one after
// it, and returns as targets each sentinel with what it hides.
func markSpans(inputs, ids []int32, kept, hidden []int, v SentinelSource) (_, targets []int32, err error) {
	if _, err := v.Sentinel(len(hidden) - 1); err != nil {
		return nil, nil, err // the last is the first to lack
	}
	for k := range hidden {
		sentinel, err := v.Sentinel(k)
		if err != nil {
			return nil, nil, err
		}
		inputs = append(append(inputs, ids[:kept[k]]...), sentinel)
		ids = ids[kept[k]:]
		targets = append(append(targets, sentinel), ids[:hidden[k]]...)
		ids = ids[hidden[k]:]
	}
	return inputs, targets, nil
}

// CheckSentinels reports whether v has enough sentinels for every text that fits into maxInput and
// maxTarget ids, so that a recipe fails before its first step.
func CheckSentinels(denoisers []Denoiser, v SentinelSource, maxInput, maxTarget int) error {
	for _, d := range denoisers {
		if d.MeanSpan == 0 {
			continue
		}
		length := d.Length(maxInput, maxTarget)
		if length < 1 {
			return fmt.Errorf("denoiser %s: no text fits into lengths.encoder %d and lengths.decoder %d with its mode, sentinels and end; raise them", d.Name, maxInput, maxTarget)
		}
		_, spans := d.noise(length)
		if _, err := v.Sentinel(spans - 1); err != nil {
			return fmt.Errorf("denoiser %s hides up to %d spans in texts of %d ids: %w", d.Name, spans, length, err)
		}
	}
	return nil
}
