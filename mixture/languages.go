package mixture

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/mixture/internal/schedule"
	"github.com/pali3/pali3/random"
)

// LanguageBalance says which share of a task's examples is of each language. A sample with texts of
// several languages counts in each, and an example has a text of the language it is drawn for.
type LanguageBalance struct {
	// Weights of the languages; of others no example is made. Default: the number of samples in
	// each. Legal: languages that samples have, with weights of 0 and above, one above 0.
	Weights NamedWeights `yaml:"weights,omitempty"`
	// Temperature flattens the weights: a weight w counts as w^(1/T). mT5 draws with 1/0.3 (arXiv
	// 2010.11934, section 3.1). Default: 1. Legal: 0 (as 1) and above.
	Temperature float64 `yaml:"temperature,omitempty"`
}

// problems lists what is wrong with it; paths are keys of the task.
func (b *LanguageBalance) problems() (all strict.Problems) {
	if b == nil {
		return nil
	}
	if !notBelowZero(b.Temperature) {
		all.Add("balance_languages.temperature", "balance_languages.temperature: %s", mustBe(b.Temperature))
	}
	sum := 0.0
	for _, language := range slices.Sorted(maps.Keys(b.Weights)) {
		if w := b.Weights[language]; !notBelowZero(w) {
			all.Add("balance_languages.weights."+language, "balance_languages.weights: %s: %s", language, mustBe(w))
		} else {
			sum += w
		}
	}
	if len(b.Weights) > 0 && len(all) == 0 && sum == 0 {
		all.Add("balance_languages.weights", "balance_languages.weights: all are zero; at least one must be above zero")
	}
	return all
}

// languagePart is the samples of a task in one language.
type languagePart struct {
	task  *Task // that takes this language alone
	name  uint64
	rows  rowSet
	order Order
}

// languageFinder collects the samples of a task by language.
type languageFinder map[string]*rowSetBuilder

// see takes a sample with some languages.
func (f languageFinder) see(row int, languages []string) {
	for i, language := range languages {
		if slices.Contains(languages[:i], language) {
			continue
		}
		if f[language] == nil {
			f[strings.Clone(language)] = &rowSetBuilder{}
		}
		f[language].add(row)
	}
}

// parts returns the parts of a task, and the schedule of its languages.
func (f languageFinder) parts(t *Task, v streamVersion) ([]languagePart, chooser, error) {
	b := t.BalanceLanguages
	known := slices.Sorted(maps.Keys(f))
	for language, w := range b.Weights {
		if w > 0 && f[language] == nil {
			return nil, nil, fmt.Errorf("balance_languages.weights: no sample has the language %q; there are %s", language, strings.Join(known, ", "))
		}
	}
	var parts []languagePart
	var weights []float64
	for _, language := range known {
		rows := f[language].rows()
		weight := float64(rows.size)
		if len(b.Weights) > 0 {
			weight = b.Weights[language]
		}
		if weight == 0 {
			continue
		}
		one := *t
		one.Languages = []string{language}
		parts = append(parts, languagePart{&one, random.Name(language), rows, NewOrder(rows.size, orderBlock, orderBlend)})
		weights = append(weights, temper(weight, b.Temperature))
	}
	turns, err := v.schedule(schedule.Plan{Points: []schedule.Point{{Weights: weights}}})
	return parts, turns, err
}

// drawLanguage draws the sample for an example of a task with balanced languages, as draw does: the
// turns say which language is next, and how many examples of it come before.
func (t *task) drawLanguage(seed uint64, before, attempt int) (d drawn, err error) {
	number, before, err := t.source.turns.At(before)
	if err != nil {
		return d, err
	}
	part := &t.source.parts[number]
	n := part.rows.size
	key := random.Key(seed, random.Name(t.Name), part.name, uint64(before/n))
	at := before % n
	if attempt > 0 {
		at = int(random.Key(key, uint64(before), uint64(attempt)) % uint64(n))
	}
	d.task, d.language, d.index = part.task, part, part.rows.at(part.order.At(at, key))
	d.sample, err = t.source.view.Row(d.index)
	d.rng = random.New(key, random.Name(d.sample.Key))
	return d, err
}
