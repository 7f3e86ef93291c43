package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/shards"
)

// evaluation is RUN/evaluation-SPLIT.json, which pali3 eval writes.
type evaluation struct{ evalsuite.Evaluation }

const evaluationPrefix = "evaluation-"

// readEvaluations reads all evaluations of a run folder, notes what is damaged, and adds the
// metrics that are not built in.
func (p *page) readEvaluations(dir string) []evaluation {
	found, notes := readEvaluations(dir)
	p.report.Notes = append(p.report.Notes, notes...)
	for _, e := range found {
		for _, m := range e.Metrics {
			if !slices.ContainsFunc(p.report.Metrics, func(known evalsuite.Metric) bool { return known.Name == m.Name }) {
				p.report.Metrics = append(p.report.Metrics, m)
			}
		}
	}
	return found
}

// readEvaluations reads all evaluations of a run folder. Damaged ones become notes.
func readEvaluations(dir string) (found []evaluation, notes []string) {
	files, err := filepath.Glob(filepath.Join(escaped(dir), evaluationPrefix+"*.json"))
	if err != nil {
		return nil, []string{err.Error()}
	}
	slices.Sort(files)
	for _, path := range files {
		content, err := os.ReadFile(path)
		var e evaluation
		if err == nil {
			err = jsonerr.Explain(json.Unmarshal(content, &e.Evaluation))
		}
		if err != nil {
			notes = append(notes, fmt.Sprintf("%s cannot be read: %v.", path, err))
			continue
		}
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), evaluationPrefix), ".json")
		e.Split = cmp.Or(e.Split, name)
		found = append(found, e)
		for _, left := range e.LeftOut {
			notes = append(notes, fmt.Sprintf("Left out of the evaluation on %s, %s: %s.", e.Split, left.Task, left))
		}
		for _, task := range slices.Sorted(maps.Keys(e.Failed)) {
			notes = append(notes, fmt.Sprintf("On %s the model failed on %d requests of the task %s, which count as wrong.", e.Split, e.Failed[task], task))
		}
	}
	return found, notes
}

// table returns the scores in the order of the page.
func (e *evaluation) table(split string) (rows []Score) {
	for _, metric := range metricOrder(slices.Collect(maps.Keys(e.Scores))) {
		s := e.Scores[metric]
		rows = append(rows, Score{Split: split, Metric: metric, Model: s.Model, Untrained: s.Untrained, Blind: s.Blind})
	}
	return rows
}

// metricOrder sorts metrics: built-in ones first, in their order. It drops details.
func metricOrder(names []string) []string {
	builtin := evalsuite.BuiltinMetrics()
	names = slices.DeleteFunc(names, func(name string) bool {
		return slices.ContainsFunc(builtin, func(m evalsuite.Metric) bool { return m.Name == name && m.Detail })
	})
	place := func(name string) int {
		if at := slices.IndexFunc(builtin, func(m evalsuite.Metric) bool { return m.Name == name }); at >= 0 {
			return at
		}
		return len(builtin)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(place(a), place(b)), strings.Compare(a, b)) })
	return names
}

// breakdown returns the scores by language and by kind of question, of one metric per task.
func (e *evaluation) breakdown(prefix string) (all []Breakdown) {
	seen := map[string]bool{}
	for _, of := range []struct {
		column, title string
		by            map[string]map[string]evalsuite.Scores
	}{{"Language", ", by language", e.ByLanguage}, {"Kind", ", by kind of question", e.ByKind}} {
		for _, metric := range metricOrder(slices.Collect(maps.Keys(of.by))) {
			what, _, _ := strings.Cut(metric, "_")
			if len(of.by[metric]) < 2 || seen[what+of.column] {
				continue
			}
			seen[what+of.column] = true
			b := Breakdown{Title: fmt.Sprintf("%s%s%s", prefix, metricName(metric), of.title), Column: of.column, Metric: metric}
			for _, name := range slices.Sorted(maps.Keys(of.by[metric])) {
				s := of.by[metric][name]
				b.Groups = append(b.Groups, Group{Name: cmp.Or(name, "none"), Model: s.Model, Blind: s.Blind})
			}
			slices.SortStableFunc(b.Groups, func(x, y Group) int { return cmp.Compare(y.Model.N, x.Model.N) })
			all = append(all, b)
		}
	}
	return all
}

// breakdowns averages the predictions on one or several splits: answers by kind of question and
// captions by language, with the blind baseline if it is known.
func breakdowns(b metrics.Bootstrap, of ...*outputs) (all []Breakdown) {
	var captions, answers, blind []evalsuite.Item
	for _, o := range of {
		captions, answers, blind = append(captions, o.Captions...), append(answers, o.Answers...), append(blind, o.Blind...)
	}
	kinds := groupsBy(answers, blind, func(s *evalsuite.Item) string { return s.Kind }, b)
	if len(kinds) > 1 {
		all = append(all, Breakdown{Title: "Answers by kind of question", Column: "Kind", Metric: "vqa_accuracy", Groups: kinds})
	}
	language := func(s *evalsuite.Item) string { return s.Language }
	if languages := groupsBy(captions, nil, language, b); len(languages) > 1 {
		all = append(all, Breakdown{Title: "Exact captions by language", Column: "Language", Metric: "caption_exact", Groups: languages})
	}
	return all
}

func groupsBy(model, blind []evalsuite.Item, property func(*evalsuite.Item) string, b metrics.Bootstrap) (groups []Group) {
	of, without := evalsuite.ScoresBy(model, property, b), evalsuite.ScoresBy(blind, property, b)
	for _, name := range slices.Sorted(maps.Keys(of)) {
		g := Group{Name: cmp.Or(name, "none"), Model: of[name]}
		if baseline, ok := without[name]; ok {
			g.Blind = &baseline
		}
		groups = append(groups, g)
	}
	return groups
}

// outputs reads the predictions of a run on the split of an evaluation, or nil if there are none.
func (e *evaluation) outputs(p *page, r *run) *outputs {
	dir := filepath.Join(r.dir, evalsuite.PredictionsFolder)
	if !exists(dir) {
		return nil
	}
	var d *shards.Dataset
	for _, at := range []string{e.Data, filepath.Join(r.dir, e.Data), r.recipe.Mixture.Data} {
		if d = p.dataset(at); d != nil {
			break
		}
	}
	if d == nil {
		return nil
	}
	o, err := readOutputs(d, e.Split, dir, r.recipe.Mixture.Tasks...)
	if err != nil {
		p.note("%s: its predictions cannot be shown: %v.", r.name, err)
		return nil
	}
	if o.bad > 0 {
		p.note("%s: %d lines of its prediction files cannot be read.", r.name, o.bad)
	}
	if len(o.Captions)+len(o.Answers) == 0 {
		return nil
	}
	return o
}
