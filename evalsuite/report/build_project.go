package report

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// summaryFile holds the scores of a project.
const summaryFile = "summary.json"

// projectRuns lists the run folders in a project folder.
func projectRuns(dir string) (dirs []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if at := filepath.Join(dir, e.Name()); e.IsDir() && !strings.HasPrefix(e.Name(), ".") && isRun(at) {
			dirs = append(dirs, at)
		}
	}
	return dirs
}

// summary is the part of summary.json that the page shows.
type summary struct {
	seconds float64
	facts   []Fact
	splits  []string
	scores  map[string]map[string]evalsuite.Scores // split -> metric
}

// readSummary reads the summary of a project. Each key with scores by metric is a split; "splits"
// lists them in order.
func readSummary(path string) (*summary, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(content, &raw); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	s := &summary{scores: map[string]map[string]evalsuite.Scores{}}
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		var number float64
		var text string
		switch {
		case key == "seconds" && json.Unmarshal(raw[key], &number) == nil:
			s.seconds = number
		case key == "peak_rss_bytes" && json.Unmarshal(raw[key], &number) == nil:
			s.facts = append(s.facts, Fact{Label: "Peak memory", Value: size(int64(number))})
		case key == "seed" && json.Unmarshal(raw[key], &number) == nil:
			s.facts = append(s.facts, Fact{Label: "Seed", Value: fmt.Sprintf("%.0f", number)})
		case key == "version" && json.Unmarshal(raw[key], &text) == nil:
			s.facts = append(s.facts, Fact{Label: "Version", Value: text})
		default:
			s.split(key, raw[key])
		}
	}
	var order []string
	if json.Unmarshal(raw["splits"], &order) == nil {
		slices.SortStableFunc(s.splits, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
	}
	return s, nil
}

// split adds the scores of a split, if the content is one.
func (s *summary) split(name string, content json.RawMessage) {
	var of map[string]evalsuite.Scores
	if json.Unmarshal(content, &of) != nil {
		return
	}
	maps.DeleteFunc(of, func(_ string, found evalsuite.Scores) bool { return found.Model == metrics.Score{} })
	if len(of) > 0 {
		s.splits, s.scores[name] = append(s.splits, name), of
	}
}

// project builds the report of a project folder, with its runs in the order in which they start
// from each other.
func (p *page) project(ctx context.Context, dir string) (*Report, error) {
	dirs := projectRuns(dir)
	if len(dirs) == 0 {
		return nil, notARun(dir)
	}
	var runs []*run
	for _, at := range dirs {
		r, err := openRun(at, p.Registry)
		if err != nil {
			return nil, err
		}
		p.take(r)
		runs = append(runs, r)
	}
	runs = inOrder(runs)
	p.report.Title = filepath.Base(filepath.Clean(dir))
	if absolute, err := filepath.Abs(dir); err == nil {
		p.report.Title = filepath.Base(absolute)
	}
	for _, r := range runs {
		if err := p.data(r); err != nil {
			return nil, err
		}
	}
	about := stagesAbout(dir)
	for _, r := range runs {
		if err := p.mixtureOf(ctx, r); err != nil {
			return nil, err
		}
		stage := r.stage()
		stage.About = cmp.Or(about[r.name], stage.About)
		p.report.Stages = append(p.report.Stages, stage)
		p.report.Seconds += r.seconds()
	}
	if err := p.projectScores(dir, runs); err != nil {
		return nil, err
	}
	p.report.Summary = summaryOf(p.report, runs)
	p.report.Reproduce = commands(runs...)
	if exists(filepath.Join(dir, pipelineFile)) {
		p.report.Reproduce = []string{"pali3 run " + word(dir)}
	}
	return p.done(), nil
}

// pipelineFile lists the phases of a project.
const pipelineFile = "pipeline.yaml"

// stagesAbout returns the pipeline's description of each run, if the pipeline can be read.
func stagesAbout(dir string) map[string]string {
	about := map[string]string{}
	content, err := os.ReadFile(filepath.Join(dir, pipelineFile))
	if err != nil {
		return about
	}
	var pipeline struct {
		Train []struct {
			Name  string `yaml:"name"`
			About string `yaml:"about"`
		} `yaml:"train"`
	}
	if yaml.Unmarshal(content, &pipeline) == nil {
		for _, stage := range pipeline.Train {
			about[stage.Name] = stage.About
		}
	}
	return about
}

// summaryOf describes a project in a sentence.
func summaryOf(r *Report, runs []*run) string {
	var names []string
	for _, run := range runs {
		names = append(names, run.name)
	}
	text := fmt.Sprintf("%d training runs: %s", len(runs), names[0])
	for _, name := range names[1:] {
		text += ", " + name
	}
	if len(r.Data) > 0 {
		for _, fact := range r.Data[0].Facts {
			if fact.Label == "Images" {
				text += ", on a dataset of " + fact.Value + " images"
			}
		}
		if n := len(r.Data[0].Languages); n > 1 {
			text += fmt.Sprintf(" with texts in %d languages", n)
		}
	}
	return text + "."
}

// projectScores adds the scores of the project's summary and of its runs, and the predictions.
func (p *page) projectScores(dir string, runs []*run) error {
	s, err := readSummary(filepath.Join(dir, summaryFile))
	switch {
	case os.IsNotExist(err):
		p.miss("The project is not finished: it has no "+summaryFile+". Resume it with", "pali3 run "+word(dir))
	case err != nil:
		p.note("%v.", err)
	default:
		p.report.Facts = append(p.report.Facts, s.facts...)
		if s.seconds > 0 {
			p.report.Seconds = s.seconds
		}
		for _, split := range s.splits {
			e := evaluation{evalsuite.Evaluation{Scores: s.scores[split]}}
			p.report.Scores = append(p.report.Scores, e.table(split)...)
		}
		if err := p.projectOutputs(dir, runs, s.splits); err != nil {
			return err
		}
	}
	for _, r := range runs {
		found := p.readEvaluations(r.dir)
		for _, e := range found {
			if s == nil || s.scores[e.Split] == nil {
				p.report.Scores = append(p.report.Scores, e.table(r.name+", "+e.Split)...)
			}
			p.report.Breakdown = append(p.report.Breakdown, e.breakdown(r.name+", "+e.Split+": ")...)
			if o := e.outputs(p, r); o != nil {
				if err := p.galleries(o); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// projectOutputs adds the predictions in the project's folder.
func (p *page) projectOutputs(dir string, runs []*run, splits []string) error {
	d := p.dataset(filepath.Join(dir, "data"))
	var tasks []mixture.Task
	for _, r := range runs {
		if d == nil {
			d = p.dataset(r.recipe.Mixture.Data)
		}
		tasks = append(r.recipe.Mixture.Tasks[:len(r.recipe.Mixture.Tasks):len(r.recipe.Mixture.Tasks)], tasks...)
	}
	predictions := filepath.Join(dir, evalsuite.PredictionsFolder)
	if d == nil || !exists(predictions) {
		return nil
	}
	var all []*outputs
	for _, split := range splits {
		o, err := p.readOutputs(d, split, predictions, tasks)
		if err != nil {
			return err
		}
		if o == nil {
			continue
		}
		all = append(all, o)
		if err := p.galleries(o); err != nil {
			return err
		}
	}
	p.report.Breakdown = append(p.report.Breakdown, breakdowns(metrics.Bootstrap{Seed: p.Seed}, all...)...)
	return nil
}

func (p *page) readOutputs(d *shards.Dataset, split, dir string, tasks []mixture.Task) (*outputs, error) {
	o, err := readOutputs(d, split, dir, tasks...)
	if err != nil {
		p.note("The predictions on %s cannot be shown: %v.", split, err)
		return nil, nil
	}
	if o.bad > 0 {
		p.note("%d lines of the prediction files in %s cannot be read.", o.bad, dir)
	}
	if len(o.Captions)+len(o.Answers) == 0 {
		return nil, nil
	}
	return o, nil
}
