package evalsuite

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/internal/folderlock"
	"github.com/pali3/pali3/mixture"
)

// answerPattern finds the answer in what a model says. Nil takes all of it.
type answerPattern struct{ *regexp.Regexp }

func parsePattern(pattern string) (answerPattern, error) {
	if pattern == "" {
		return answerPattern{}, nil
	}
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return answerPattern{}, fmt.Errorf("the pattern of answers: %w", err)
	}
	return answerPattern{compiled}, nil
}

// extract sets the prediction to the answer in its raw text.
func (a answerPattern) extract(p *Prediction) {
	p.Prediction = ""
	if p.Failure == benchmarks.NoMatch {
		p.Failure = ""
	}
	if p.Failure != "" {
		return
	}
	if a.Regexp == nil {
		p.Prediction = strings.TrimSpace(p.Raw)
		return
	}
	found := a.FindStringSubmatch(p.Raw)
	if found == nil {
		p.Failure = benchmarks.NoMatch
		return
	}
	p.Prediction = strings.TrimSpace(found[min(1, len(found)-1)])
}

// score counts the failures and, if all questions are at hand, scores the answers.
func (r *benchmarkRun) score() error {
	counts, example := r.done.Failures, ""
	for n := range r.questions {
		item, p := r.questions[n].Item, r.answers[n]
		item.ID = r.questions[n].id
		if p == nil {
			item.Failure = benchmarks.Missing
		} else {
			item.Prediction, item.Failure, item.Error = p.Prediction, p.Failure, p.Error
		}
		if item.Failure != "" {
			counts[item.Failure]++
		}
		if example == "" && (item.Failure == benchmarks.TimedOut || item.Failure == benchmarks.Unanswered) {
			example = item.ID + ": " + item.Error
		}
		if n > 0 && r.questions[n].group > 0 {
			addGroup(&r.done.Items[len(r.done.Items)-1], &item)
			continue
		}
		r.done.Items = append(r.done.Items, item)
	}
	if r.cache != nil {
		r.done.Cache = r.cache.use()
	}
	if r.Shards > 1 {
		r.done.Unscored = fmt.Sprintf("it is shard %s", r.manifest.Shard)
	}
	if failed := describeFailures(counts, benchmarks.Missing, benchmarks.TimedOut, benchmarks.Unanswered); failed != "" && !r.Score.Partial {
		return fmt.Errorf("%w: of %d questions %s, for example %s; the other answers are kept, and the same command asks these again; --partial scores the rest",
			ErrUnanswered, len(r.questions), failed, example)
	}
	if r.Shards > 1 {
		return nil
	}
	return r.scoreItems()
}

// addGroup adds what was found of further labels in an image. An image of which one question has no
// answer has none.
func addGroup(to, from *benchmarks.Item) {
	if to.Failure == "" {
		to.Failure, to.Error = from.Failure, from.Error
	}
	if strings.TrimSpace(from.Prediction) == "" {
		return
	}
	if strings.TrimSpace(to.Prediction) != "" {
		to.Prediction += " ; "
	}
	to.Prediction += from.Prediction
}

// scoreItems scores the items and writes the result and the scored items.
func (r *benchmarkRun) scoreItems() error {
	labelled := 0
	for n := range r.done.Items {
		if item := &r.done.Items[n]; len(item.References) > 0 || item.Scene != nil {
			labelled++
		}
	}
	switch {
	case len(r.bench.Metrics) == 0:
		r.done.Unscored = r.bench.Missing
		return nil
	case labelled == 0:
		r.done.Unscored = "the dataset has no right answers, as that of a test set"
		return nil
	}
	o := r.Score
	o.Prompt = r.manifest.Prompt
	if o.Split = r.Split; o.Split == AllSplits {
		o.Split = ""
	}
	result, err := benchmarks.ScoreInto(r.Out, o, func(o benchmarks.Options) (*benchmarks.Result, error) {
		return r.bench.ScoreItems(r.done.Items, o)
	})
	if err != nil {
		return fmt.Errorf("scoring %s: %w", r.bench.Name, err)
	}
	r.done.Result = result
	return nil
}

// RescoreBenchmark scores the answers in the folder of a run again, without the model, and writes
// result.json. Of the options it uses Score, Pattern, which replaces that of the run, and Warn. The
// dataset must be the one that was asked, wherever it is now.
func RescoreBenchmark(ctx context.Context, dir string, d mixture.Data, b *benchmarks.Benchmark, o BenchmarkOptions) (*BenchmarkRun, error) {
	lock, err := folderlock.Take(dir)
	if err != nil {
		return nil, err
	}
	defer lock.Unlock()
	m, err := ReadBenchmarkManifest(dir)
	if err != nil {
		return nil, err
	}
	r := &benchmarkRun{BenchmarkOptions: o.withDefaults(b), data: d, bench: b, manifest: *m, done: &BenchmarkRun{Failures: map[string]int{}}}
	r.Out, r.Split = dir, m.Split
	switch {
	case m.Shard != "":
		return nil, fmt.Errorf("%s is shard %s of a run: merge the shards first", dir, m.Shard)
	case m.Bench != b.Name:
		return nil, fmt.Errorf("%s answers %s, not %s", dir, m.Bench, b.Name)
	case m.Revision != dataRevision(d):
		return nil, fmt.Errorf("%s answers questions of another dataset: %s has the revision %.12s, and the run's is %.12s", dir, d.Dir(), dataRevision(d), m.Revision)
	}
	if r.Pattern == "" {
		r.Pattern = m.Pattern
	}
	if r.answer, err = parsePattern(r.Pattern); err != nil {
		return nil, err
	}
	all, err := readQuestions(ctx, d, b, questionsOf{m.Split, m.Samples, m.Seed, m.Labels, nil})
	if err != nil {
		return nil, err
	}
	if all.digest() != m.IDs {
		return nil, fmt.Errorf("%s answers questions with other ids than those that %s has now in %s: another version of this program made it", dir, b.Name, d.Dir())
	}
	r.questions = all.all
	r.done.Questions, r.answers = len(r.questions), make([]*Prediction, len(r.questions))
	if err := r.readAnswers(); err != nil {
		return nil, err
	}
	return r.done, r.score()
}

// readAnswers reads the answers of a run and extracts them again.
func (r *benchmarkRun) readAnswers() error {
	path := filepath.Join(r.Out, BenchmarkPredictionsFile)
	kept, half, err := readKept(path)
	if err != nil {
		return err
	}
	if half > 0 {
		r.Warn(fmt.Sprintf("%s: the last line is incomplete and is left out", path))
	}
	at := map[string]int{}
	for n := range r.questions {
		at[r.questions[n].id] = n
	}
	for i := range kept {
		p := &kept[i]
		n, ok := at[p.ID]
		switch {
		case !ok:
			return fmt.Errorf("%s line %d: question %q is none of this run", path, p.line, p.ID)
		case r.answers[n] != nil:
			return fmt.Errorf("%s line %d: a second prediction for question %q", path, p.line, p.ID)
		}
		r.answer.extract(&p.Prediction)
		r.answers[n] = &p.Prediction
		r.done.Found++
	}
	r.done.Calls, _, err = readCalls(filepath.Join(r.Out, CallsFile))
	return err
}
