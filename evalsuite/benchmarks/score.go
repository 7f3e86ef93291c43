package benchmarks

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// Options say how to score.
type Options struct {
	Bootstrap metrics.Bootstrap
	// Partial counts what is wrong in the predictions as a [Problem] instead of failing, and scores
	// the questions that have a prediction.
	Partial bool
	// Protocols are the names of further protocols of the benchmark to score by; "all" takes all.
	Protocols []string
	// Split that the items of [Benchmark.ScoreItems] are of. With it a score is comparable only if
	// all of that split count; "" compares with any.
	Split string
	// Prompt with which a model was asked, before it was filled. With another one than the
	// benchmark's it is unknown whether scores are comparable. "" says nothing about it.
	Prompt string
	// Scored gets the scored items as JSON lines, which package compare reads ([compare.Item]).
	// They are written as they are scored, unless a metric needs all of them at once. A file is
	// synced.
	Scored io.Writer
}

// protocols returns the protocols of the benchmark with the names.
func (b *Benchmark) protocols(names []string) (all []Protocol, err error) {
	for _, name := range names {
		if name == "all" {
			return b.Protocols, nil
		}
		at := slices.IndexFunc(b.Protocols, func(p Protocol) bool { return p.Name == name })
		if at < 0 {
			known := []string{Official}
			for _, p := range b.Protocols {
				known = append(known, p.Name)
			}
			return nil, fmt.Errorf("%s has no protocol %q; it has %s", b.Name, name, strings.Join(known, ", "))
		}
		all = append(all, b.Protocols[at])
	}
	return all, nil
}

// Score reads the benchmark's files and scores the predictions. It returns an error, before
// anything is scored, if a question has no prediction or two, or if a prediction is for an unknown
// question, unless the options say that the file is partial.
func (b *Benchmark) Score(ctx context.Context, f Files, o Options) (scored *Result, err error) {
	if len(b.Metrics) == 0 {
		return nil, fmt.Errorf("%s cannot be scored: %s", b.Name, b.Missing)
	}
	if b.Task == Retrieval {
		return b.scoreRetrieval(ctx, f, o)
	} else if f.ImageEmbeddings != "" {
		return nil, fmt.Errorf("%s is scored by predictions, not by embeddings", b.Name)
	}
	protocols, err := b.protocols(o.Protocols)
	if err != nil {
		return nil, err
	}
	j := &join{bench: b, files: f, problems: &problems{partial: o.Partial}, splits: map[string]int{}, seen: map[string]bool{}}
	joined := b.joiner(j)
	chunks := make(chan []Item, 2)
	reading, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wait sync.WaitGroup
	wait.Go(func() {
		defer close(chunks)
		if err := j.readItems(reading, chunks); err != nil {
			stop(err)
		}
	})
	s := newScorer(b, protocols)
	s.writeTo(o.Scored)
	defer func() { scored, err = s.endWriting(scored, err) }()
	// Unreadable annotations do not stop this: of two bad files, the same one is always named.
	var unreadable error
	if unreadable = joined.read(ctx); unreadable != nil {
		err = unreadable
		stop(err)
	}
	for chunk := range chunks {
		if err != nil {
			continue // let the reader end
		}
		if chunk, err = joined.join(chunk); err == nil {
			s.add(chunk)
		}
		if err != nil {
			stop(err)
		}
	}
	wait.Wait()
	if failed := context.Cause(reading); failed != nil && unreadable == nil {
		err = failed // the first error, and not that of who was stopped by it
	}
	if err == nil {
		err = joined.end()
	}
	if err != nil {
		return nil, err
	}
	result, err := s.result(o.Bootstrap)
	if err != nil {
		return nil, err
	}
	result.Problems, result.Split = j.problems.sorted(), f.Split
	for split := range j.splits {
		if len(j.splits) == 1 {
			result.Split = split
		}
	}
	result.compare(b, f.Split, o.Prompt)
	return result, nil
}

// joiner gives items their predictions.
type joiner interface {
	read(context.Context) error // the file of predictions
	join(chunk []Item) ([]Item, error)
	end() error // an error if the files do not belong to each other
}

func (b *Benchmark) joiner(j *join) joiner {
	if b.Task == Boxes {
		return &resultsJoin{base: j, score: true}
	}
	return j
}

// ScoreItems scores items with their predictions. It is a pure function, apart from what it writes
// to [Options.Scored]. Items without an answer are an error, unless the options say that the
// evaluation is partial; then they are counted.
func (b *Benchmark) ScoreItems(items []Item, o Options) (result *Result, err error) {
	if len(b.Metrics) == 0 {
		return nil, fmt.Errorf("%s cannot be scored: %s", b.Name, b.Missing)
	}
	protocols, err := b.protocols(o.Protocols)
	if err != nil {
		return nil, err
	}
	p := &problems{partial: o.Partial}
	score := b.failures
	if b.Task == Retrieval {
		score = b.retrievedItems
	}
	answered, err := score(items, o, p)
	if err != nil {
		return nil, err
	}
	s := newScorer(b, protocols)
	s.writeTo(o.Scored)
	defer func() { result, err = s.endWriting(result, err) }()
	s.add(answered)
	if result, err = s.result(o.Bootstrap); err != nil {
		return nil, err
	}
	result.Problems = p.sorted()
	result.compare(b, o.Split, o.Prompt)
	return result, nil
}
