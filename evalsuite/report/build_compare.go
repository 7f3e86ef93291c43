package report

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/stages"
)

// sideBySide builds the report that compares several runs.
func (p *page) sideBySide(ctx context.Context, runs []*run) (*Report, error) {
	var names []string
	for _, r := range runs {
		names = append(names, r.name)
		p.take(r)
	}
	p.report.Title = strings.Join(names, " and ")
	if len(names) > 2 {
		p.report.Title = fmt.Sprintf("%d runs side by side", len(names))
	}
	p.report.Summary = sharedAbout(runs)
	p.report.Differences = differences(runs)
	scored := p.scoresOf(runs)
	p.report.Comparisons = comparisons(names, scored)
	if err := p.changes(runs, scored); err != nil {
		return nil, err
	}
	for _, r := range runs {
		if err := p.data(r); err != nil {
			return nil, err
		}
	}
	if err := p.mixtures(ctx, runs); err != nil {
		return nil, err
	}
	p.report.Stages = []Stage{over(runs)}
	for i, r := range runs {
		for _, e := range scored[i] {
			p.report.Scores = append(p.report.Scores, e.table(r.name+", "+e.Split)...)
		}
		stage := r.stage()
		stage.Charts = slices.DeleteFunc(stage.Charts, func(c Chart) bool { return c.Small })
		p.report.Stages = append(p.report.Stages, stage)
	}
	p.report.Reproduce = commands(runs...)
	return p.done(), nil
}

// mixtures adds the mixtures of the runs, equal ones once.
func (p *page) mixtures(ctx context.Context, runs []*run) error {
	for i, r := range runs {
		if slices.ContainsFunc(runs[:i], func(other *run) bool { return sameMixture(r, other) }) {
			continue
		}
		before := len(p.report.Mixtures)
		if err := p.mixtureOf(ctx, r); err != nil {
			return err
		}
		for _, other := range runs[i+1:] {
			if len(p.report.Mixtures) > before && sameMixture(r, other) {
				p.report.Mixtures[before].Stage += ", " + other.name
			}
		}
	}
	return nil
}

// sharedAbout returns the description of the runs, if it is the same for all.
func sharedAbout(runs []*run) string {
	text := aboutRecipe(runs[0].recipe)
	for _, r := range runs[1:] {
		if aboutRecipe(r.recipe) != text {
			return ""
		}
	}
	return text
}

// differences lists the keys in which some run differs from the first.
func differences(runs []*run) *Differences {
	d := &Differences{}
	for _, r := range runs {
		if !r.known {
			return nil
		}
		d.Runs = append(d.Runs, r.name)
	}
	place := map[string]int{}
	for i, r := range runs[1:] {
		for _, found := range stages.DiffRecipes(runs[0].recipe, r.recipe) {
			at, known := place[found.Path]
			if !known {
				at = len(d.Keys)
				place[found.Path] = at
				d.Keys = append(d.Keys, Difference{Key: found.Path, Values: make([]string, len(runs))})
				for j := range runs {
					d.Keys[at].Values[j] = value(found.A)
				}
			}
			d.Keys[at].Values[i+1] = value(found.B)
		}
	}
	return d
}

// value formats a value of a recipe. A missing key is empty.
func value(v any) string {
	if v == nil {
		return ""
	}
	return clip(strict.Text(v))
}

// sameMixture reports whether two runs are trained on the same examples.
func sameMixture(a, b *run) bool {
	return a.known && b.known && reflect.DeepEqual(a.own().Mixture.Tasks, b.own().Mixture.Tasks) &&
		len(stages.DiffRecipes(stages.Recipe{Mixture: a.recipe.Mixture}, stages.Recipe{Mixture: b.recipe.Mixture})) == 0
}

// scoresOf returns the evaluations of each run.
func (p *page) scoresOf(runs []*run) [][]evaluation {
	scored := make([][]evaluation, len(runs))
	for i, r := range runs {
		scored[i] = p.evaluations(r)
	}
	return scored
}

// comparisons groups the scores of the runs by split and metric.
func comparisons(names []string, scored [][]evaluation) (all []Comparison) {
	for _, split := range splitsOf(scored) {
		c := Comparison{Split: split, Runs: names}
		known := map[string]bool{}
		for i := range scored {
			if e := find(scored[i], split); e != nil {
				for metric := range e.Scores {
					known[metric] = true
				}
			}
		}
		for _, metric := range metricOrder(slices.Collect(maps.Keys(known))) {
			row := Compared{Metric: metric, Scores: make([]*metrics.Score, len(names))}
			for i := range scored {
				if e := find(scored[i], split); e != nil {
					if s, ok := e.Scores[metric]; ok {
						row.Scores[i] = &s.Model
					}
				}
			}
			c.Scores = append(c.Scores, row)
		}
		if len(c.Scores) > 0 {
			all = append(all, c)
		}
	}
	return all
}

func splitsOf(scored [][]evaluation) (splits []string) {
	for _, of := range scored {
		for _, e := range of {
			if !slices.Contains(splits, e.Split) {
				splits = append(splits, e.Split)
			}
		}
	}
	return splits
}

func find(of []evaluation, split string) *evaluation {
	if i := slices.IndexFunc(of, func(e evaluation) bool { return e.Split == split }); i >= 0 {
		return &of[i]
	}
	return nil
}

// changes compares the predictions of the other runs with those of the first.
func (p *page) changes(runs []*run, scored [][]evaluation) error {
	for _, split := range splitsOf(scored) {
		first := find(scored[0], split)
		if first == nil {
			continue
		}
		before := first.outputs(p, runs[0])
		for i, r := range runs[1:] {
			e := find(scored[i+1], split)
			if e == nil || before == nil {
				continue
			}
			after := e.outputs(p, r)
			if after == nil {
				continue
			}
			for _, kind := range []struct {
				name          string
				before, after []evalsuite.Item
			}{{"captions", before.Captions, after.Captions}, {"answers", before.Answers, after.Answers}} {
				c := Changes{Title: words(split) + ": " + kind.name, From: runs[0].name, To: r.name}
				if err := p.change(&c, before, kind.before, kind.after); err != nil {
					return err
				}
				if c.Asked > 0 {
					p.report.Changes = append(p.report.Changes, c)
				}
			}
		}
	}
	return nil
}

// pair holds the predictions of two models for the same item.
type pair struct{ before, after *evalsuite.Item }

// change counts the predictions that became right or wrong, and shows some of each.
func (p *page) change(c *Changes, o *outputs, before, after []evalsuite.Item) error {
	was := map[string]*evalsuite.Item{}
	for i := range before {
		was[before[i].ID] = &before[i]
	}
	var fixed, broken, other []pair
	for i := range after {
		b, a := was[after[i].ID], &after[i]
		if b == nil {
			continue
		}
		c.Asked++
		switch {
		case a.Prediction == b.Prediction:
			c.Same++
		case right(a) && !right(b):
			fixed = append(fixed, pair{b, a})
		case right(b) && !right(a):
			broken = append(broken, pair{b, a})
		default:
			other = append(other, pair{b, a})
		}
	}
	c.Fixed, c.Broken, c.Other = len(fixed), len(broken), len(other)
	few := max(1, p.Samples/3)
	for n, group := range [][]pair{fixed, broken, other} {
		order := random.New(p.Seed, random.Name("changes"), uint64(n)).Perm(len(group))
		for _, i := range order[:min(few, len(group))] {
			shown, err := p.changed(o, group[i])
			if err != nil {
				return err
			}
			c.Examples = append(c.Examples, shown)
		}
	}
	return nil
}

func (p *page) changed(o *outputs, of pair) (Change, error) {
	s := of.before
	question := s.Question
	if question == "" {
		question = nameOf(&o.Samples[s.Sample])
	}
	c := Change{
		Question: clip(question), Lang: s.Language, Before: clip(s.Prediction), After: clip(of.after.Prediction), Truth: clip(distinct(s.References)),
		RightBefore: right(s), RightThen: right(of.after),
	}
	encoded, err := o.image(s.Sample)
	if err != nil {
		return c, err
	}
	c.Image = p.album.add(encoded, gallerySide, nameOf(&o.Samples[s.Sample]))
	return c, nil
}
