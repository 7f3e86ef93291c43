package main

import (
	"cmp"
	"maps"
	"slices"

	"github.com/pali3/pali3/shards"
)

// guesses are what can be had without looking at an image.
type guesses struct {
	n        int
	constant float64 // accuracy of the best single answer to each kind, chosen on the split itself
	blind    float64 // accuracy of a blindAnswerer
}

// blindAnswerer answers a question by its words alone, as the training questions had it.
type blindAnswerer struct {
	byText map[string]tally // question text -> answers
	byKind map[string]tally
}

// tally counts answers.
type tally map[string]int

// best returns the most frequent answer, the first in the alphabet of several.
func (t tally) best() string {
	if len(t) == 0 {
		return ""
	}
	return slices.MinFunc(slices.Collect(maps.Keys(t)), func(a, b string) int {
		return cmp.Or(t[b]-t[a], cmp.Compare(a, b))
	})
}

// count adds an answer to the tally of a key.
func count(tallies map[string]tally, key, answer string) {
	if tallies[key] == nil {
		tallies[key] = tally{}
	}
	tallies[key][answer]++
}

// learnBlind counts the training questions.
func learnBlind(records []shards.Sample) blindAnswerer {
	b := blindAnswerer{map[string]tally{}, map[string]tally{}}
	for _, r := range records {
		if r.Split != train {
			continue
		}
		for _, q := range r.Questions {
			count(b.byText, q.Text, q.Answers[0].Text)
			count(b.byKind, q.Kind, q.Answers[0].Text)
		}
	}
	return b
}

// answer guesses.
func (b blindAnswerer) answer(q shards.Question) string {
	if seen := b.byText[q.Text]; seen != nil {
		return seen.best()
	}
	return b.byKind[q.Kind].best()
}

// guess scores the guesses on the questions of a kind, or of all if kind is empty, in a split.
func guess(records []shards.Sample, b blindAnswerer, kind, split string) guesses {
	byKind := map[string]tally{}
	n, blind, constant := 0, 0, 0
	for _, r := range records {
		if r.Split != split {
			continue
		}
		for _, q := range r.Questions {
			if kind != "" && q.Kind != kind {
				continue
			}
			n++
			count(byKind, q.Kind, q.Answers[0].Text)
			if b.answer(q) == q.Answers[0].Text {
				blind++
			}
		}
	}
	for _, t := range byKind {
		constant += t[t.best()]
	}
	if n == 0 {
		return guesses{}
	}
	return guesses{n, float64(constant) / float64(n), float64(blind) / float64(n)}
}
