package benchmarks

import (
	"math"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// Names of protocols. The owner's is Official. Where the owner publishes no rule, the official one
// is that of the source which the metric names.
const (
	Official   = "official"
	LMMsEval   = "lmms-eval"
	VLMEvalKit = "vlmevalkit" // without a judge model
	BigVision  = "big_vision" // with which PaliGemma was scored
	LLaVA      = "llava"
	// Lenient is ours, to stand beside the owner's score and never in its place.
	Lenient = "lenient"
)

// programs are the sources of protocols.
var programs = map[string]string{
	LMMsEval:   "EvolvingLMMs-Lab/lmms-eval, lmms_eval",
	VLMEvalKit: "open-compass/VLMEvalKit, vlmeval, without a judge",
	BigVision:  "google-research/big_vision, big_vision/evaluators/proj/paligemma/transfers",
	LLaVA:      "haotian-liu/LLaVA, llava/eval",
	Lenient:    "pali3, evalsuite/metrics/lenient.go",
}

// protocol returns a protocol with its metrics.
func protocol(name string, m ...Metric) Protocol { return Protocol{name, programs[name], m} }

// rule is how a protocol scores an item by one metric.
type rule struct {
	protocol, about, source string
	score                   func(*Item) float64
}

// rules are those of a metric, the owner's first. The files rules_*.go list them all.
type rules struct {
	metric string
	list   []rule
}

// of returns the metric by one of the rules.
func (r rules) of(protocol string) Metric {
	at := slices.IndexFunc(r.list, func(one rule) bool { return one.protocol == protocol })
	return r.by(r.list[at])
}

// by returns the metric by a rule. An item whose prediction is an error counts as wrong, whatever a
// rule makes of no text.
func (r rules) by(one rule) Metric {
	return Metric{Name: r.metric, About: one.about, Source: one.source, Each: func() func(*Item) float64 {
		return func(i *Item) float64 {
			value := one.score(i)
			if i.Error != "" && value > 0 {
				return 0
			}
			return value
		}
	}}
}

// official returns the metric by the owner's rule.
func (r rules) official() Metric { return r.by(r.list[0]) }

// named is official under another name.
func (r rules) named(name, about string) Metric {
	m := r.official()
	m.Name, m.About = name, about
	return m
}

// protocols returns the metric by the other rules.
func (r rules) protocols() (all []Protocol) {
	for _, one := range r.list[1:] {
		all = append(all, protocol(one.protocol, r.by(one)))
	}
	return all
}

// only returns the rules for those items that count.
func (r rules) only(counts func(*Item) bool) rules {
	r.list = slices.Clone(r.list)
	for n := range r.list {
		score := r.list[n].score
		r.list[n].score = func(i *Item) float64 {
			if !counts(i) {
				return math.NaN()
			}
			return score(i)
		}
	}
	return r
}

// textRules are rules that compare the prediction with the right answers, and a lenient one. That
// is the greater of the owner's score and the owner's score after [metrics.NormalizeLenient], so it
// is never below the owner's.
func textRules(metric string, list ...rule) rules {
	official := list[0].score
	return rules{metric, append(list, rule{Lenient, "the owner's rule, numbers and percentages written in one way", "metrics.NormalizeLenient", func(i *Item) float64 {
		normal := *i
		normal.Prediction = metrics.NormalizeLenient(i.Prediction)
		normal.References = make([]string, len(i.References))
		for n, reference := range i.References {
			normal.References[n] = metrics.NormalizeLenient(reference)
		}
		return max(official(i), official(&normal))
	}})}
}

// text is a rule of a prediction and its right answers.
func text(protocol, about, source string, score func(prediction string, references []string) float64) rule {
	return rule{protocol, about, source, func(i *Item) float64 { return score(i.Prediction, i.References) }}
}

// choiceRules are rules that read the letter of a choice, and a lenient one.
func choiceRules(metric string, list ...rule) rules {
	return rules{metric, append(list, choice(Lenient, "a letter or the text of a choice, in any case and with marks around it", "metrics.LenientChoice", metrics.LenientChoice))}
}

// choice is a rule that reads the letter of a choice out of a prediction. The right answer is the
// text or the letter of a choice.
func choice(protocol, about, source string, read func(response string, choices []string) metrics.Extraction) rule {
	return rule{protocol, about, source, func(i *Item) float64 {
		return i.extracted(read(i.Prediction, i.Choices), func(answer string) bool {
			return slices.ContainsFunc(i.References, func(right string) bool { return answer == metrics.LetterOf(right, i.Choices) })
		})
	}}
}

// word is a rule that reads a word, such as yes or a number, out of a prediction.
func word(protocol, about, source string, read func(string) metrics.Extraction) rule {
	return rule{protocol, about, source, func(i *Item) float64 {
		return i.extracted(read(i.Prediction), func(answer string) bool {
			return slices.ContainsFunc(i.References, func(right string) bool { return answer == strings.ToLower(strings.TrimSpace(right)) })
		})
	}}
}

// extracted scores what a rule read out of the prediction. A prediction without an answer is wrong
// and counted.
func (i *Item) extracted(e metrics.Extraction, right func(answer string) bool) float64 {
	if !e.Parsed {
		i.Unparsed = e.Reason
		return 0
	}
	return one(right(e.Answer))
}

// rightOrWrong is a score of 1 or 0.
func rightOrWrong(right func(prediction string, references []string) bool) func(string, []string) float64 {
	return func(prediction string, references []string) float64 { return one(right(prediction, references)) }
}

func one(right bool) float64 {
	if right {
		return 1
	}
	return 0
}
