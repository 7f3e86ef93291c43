package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// chunkItems is the number of items that are read and scored together.
const chunkItems = 4096

// join gives the items of a benchmark's files their predictions.
type join struct {
	bench     *Benchmark
	files     Files
	problems  *problems
	predicted *predictions
	splits    map[string]int  // number of items by split
	seen      map[string]bool // ids without a prediction
	missing   []string
	items     int
	matched   int
	example   string // an id of the annotations
	beside    func(*Item) error
}

// read reads the file of predictions, and further files for which it must be known.
func (j *join) read(ctx context.Context) (err error) {
	j.predicted, err = j.bench.readPredictions(ctx, j.files.Predictions, j.problems)
	if err == nil && j.bench.Beside != nil {
		j.beside, err = j.bench.Beside(ctx, j.files, j.predicted.text)
	}
	return err
}

// readItems sends the items of the annotations in chunks.
func (j *join) readItems(ctx context.Context, chunks chan<- []Item) error {
	items := make([]Item, 0, chunkItems)
	send := func() error {
		select {
		case chunks <- items:
			items = make([]Item, 0, chunkItems)
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	for r, err := range j.bench.records(ctx, j.files) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			if err := j.problems.check(LeftOut, err.Error(), func() error { return j.named(err) }); err != nil {
				return err
			}
			continue
		}
		if err := j.leftOut(&r); err != nil {
			return err
		}
		items = j.bench.appendRecord(items, &r)
		if len(items) >= chunkItems {
			if err := send(); err != nil {
				return err
			}
		}
	}
	return send()
}

// named adds the file of the annotations to an error that does not name it.
func (j *join) named(err error) error {
	if strings.Contains(err.Error(), j.files.Annotations) {
		return err
	}
	return fmt.Errorf("%s: %w", j.files.Annotations, err)
}

// leftOut returns an error if a record lacks what should be scored.
func (j *join) leftOut(r *Record) error {
	for _, left := range r.LeftOut {
		if left.Reason == shards.LeftMetadata || left.Reason == shards.LeftFile {
			continue
		}
		err := j.problems.check(LeftOut, left.Name, func() error {
			return fmt.Errorf("%s: cannot read %s", j.files.Annotations, left.Name)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// join returns the items of a chunk that are scored.
func (j *join) join(chunk []Item) ([]Item, error) {
	scored := chunk[:0]
	for n := range chunk {
		item := &chunk[n]
		j.splits[item.Split]++
		if j.files.Split != "" && item.Split != "" && item.Split != j.files.Split {
			continue
		}
		if item.ID == "" {
			return nil, fmt.Errorf("%s: a question of image %q has no id", j.files.Annotations, item.Image)
		}
		j.items++
		if j.example == "" {
			j.example = item.ID
		}
		found := j.predicted.find(item)
		if found != nil && found.used || found == nil && j.seen[item.ID] {
			several := ""
			if j.files.Split == "" && item.Split != "" {
				several = "; if it has several splits, name one with --split"
			}
			return nil, fmt.Errorf("%s: question %s is annotated twice%s", j.files.Annotations, item.ID, several)
		}
		if item.Optional {
			j.problems.add(NotAsked, item.ID, nil)
			if found == nil {
				continue
			}
		}
		if found == nil {
			j.seen[item.ID] = true
			j.missing = append(j.missing, item.ID)
			continue
		}
		found.used = true
		j.matched++
		p := found.whole()
		if item.Failure = p.Failure; item.unanswered() {
			err := j.problems.check(p.Failure, item.ID, func() error {
				return fmt.Errorf("%s line %d: question %s has no answer: %s; --partial scores the rest", j.files.Predictions, p.Line, item.ID, p.Error)
			})
			if err != nil {
				return nil, err
			}
			continue
		}
		if len(item.References) == 0 && item.Scene == nil {
			err := j.problems.check(Unlabelled, item.ID, func() error {
				return fmt.Errorf("%s: question %s has no right answer; the annotations of a test set cannot be scored here", j.files.Annotations, item.ID)
			})
			if err != nil {
				return nil, err
			}
			continue
		}
		item.Prediction, item.Error, item.Confidence, item.Found = p.Text, p.Error, p.Confidence, p.Found
		if j.beside != nil {
			if err := j.beside(item); err != nil {
				return nil, err
			}
		}
		if j.bench.notDecoded(item) {
			j.problems.add(NotDecoded, item.ID, nil)
		}
		scored = append(scored, *item)
	}
	return scored, nil
}

// end returns an error if questions and predictions do not belong to each other.
func (j *join) end() error {
	f := j.files
	var unknown []string
	for n := range j.predicted.all {
		if p := &j.predicted.all[n]; !p.used {
			unknown = append(unknown, p.id)
		}
	}
	of := f.Annotations
	if f.Split != "" {
		of = fmt.Sprintf("split %s of %s", f.Split, f.Annotations)
	}
	switch {
	case len(j.splits) > 1 && f.Split == "":
		return fmt.Errorf("%s has several splits: choose one with --split: %s", f.Annotations, countedNames(j.splits))
	case j.items == 0 && len(j.splits) > 0:
		return fmt.Errorf("%s has no split %s; it has %s", f.Annotations, f.Split, countedNames(j.splits))
	case j.items == 0:
		return fmt.Errorf("%s annotates no question", f.Annotations)
	case j.matched == 0 && len(unknown) > 0:
		return fmt.Errorf("none of the %d predictions of %s is for one of the %d questions of %s: are they files of different splits? The first prediction (line %d) is for question %s, the first question is %s",
			len(unknown), f.Predictions, j.items, of, j.predicted.all[0].line, j.predicted.all[0].id, j.example)
	case j.matched == 0 && j.problems.partial:
		err := fmt.Errorf("%s has no prediction for any of the %d questions of %s", f.Predictions, j.items, of)
		if bad := j.problems.of(Unreadable); bad != nil {
			return fmt.Errorf("%w; %v", err, bad)
		}
		return err
	}
	for _, id := range j.missing {
		j.problems.add(Missing, id, nil)
	}
	for _, id := range unknown {
		j.problems.add(Unknown, id, nil)
	}
	if j.problems.partial {
		return nil
	}
	var all []error
	if n := len(j.missing); n > 0 {
		sortIDs(j.missing)
		all = append(all, fmt.Errorf("%s has no prediction for %d of %d questions of %s: %s", f.Predictions, n, j.items, of, few(j.missing)))
	}
	if len(unknown) > 0 {
		line := j.predicted.all[slices.IndexFunc(j.predicted.all, func(p prediction) bool { return !p.used })].line
		sortIDs(unknown)
		all = append(all, fmt.Errorf("%s line %d: %d predictions are for questions that %s does not annotate: %s", f.Predictions, line, len(unknown), of, few(unknown)))
	}
	if len(all) > 0 {
		return fmt.Errorf("%w; --partial scores what can be scored and counts the rest", errors.Join(all...))
	}
	return nil
}

// countedNames lists names with their counts.
func countedNames(counts map[string]int) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		shown := name
		if name == "" {
			shown = "(none)"
		}
		out = append(out, fmt.Sprintf("%s (%d)", shown, counts[name]))
	}
	return strings.Join(out, ", ")
}

// sortIDs sorts ids by length and then by their characters, so numbers by size.
func sortIDs(ids []string) {
	slices.SortFunc(ids, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
}
