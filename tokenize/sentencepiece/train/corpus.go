package train

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/pali3/pali3/random"
)

// corpus is the normalised text as distinct units, with their counts.
type corpus struct {
	units     []string  // words, or sentences if pieces may cross white space, each with what follows; see splitter
	counts    []int64   // how often each unit occurs other than at the end of a sentence
	sentences []ending  // in the order of spm_train
	chars     charTable // the alphabet, set by keepChars
}

// ending is the end and the start of a sentence.
type ending struct {
	last  int32 // its last unit, -1 if it is empty
	first rune  // its first character
	count int64
}

// batch is the sentences that a worker handles together.
type batch struct {
	number    int
	sentences []Sentence
}

const batchBytes = 1 << 18

// load reads, samples, normalises and splits the sentences.
func load(ctx context.Context, sentences iter.Seq2[Sentence, error], o *Options, n *normalizer) (*corpus, error) {
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan batch, 2*o.threads())
	group.Go(func() error {
		defer close(batches)
		return feed(ctx, chosen(sentences, o), batches)
	})
	splitters := make([]*splitter, o.threads())
	for i := range splitters {
		splitters[i] = newSplitter(o, n)
		group.Go(func() error {
			for b := range batches {
				splitters[i].add(b)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return merge(splitters)
}

// feed groups the sentences into batches.
func feed(ctx context.Context, sentences iter.Seq2[Sentence, error], batches chan<- batch) error {
	b := batch{}
	bytes := 0
	send := func() error {
		select {
		case batches <- b:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		b = batch{number: b.number + 1}
		bytes = 0
		return nil
	}
	for s, err := range sentences {
		if err != nil {
			return err
		}
		b.sentences = append(b.sentences, s)
		if bytes += len(s.Text) + 16; bytes >= batchBytes {
			if err := send(); err != nil {
				return err
			}
		}
	}
	return send()
}

// chosen skips the sentences that training does not use and, if the options ask for it, samples
// from the others.
func chosen(sentences iter.Seq2[Sentence, error], o *Options) iter.Seq2[Sentence, error] {
	usable := func(yield func(Sentence, error) bool) {
		for s, err := range sentences {
			if err == nil && s.Count < 1 {
				err = fmt.Errorf("sentence %.80q: its count is %d; want at least 1", s.Text, s.Count)
			}
			if err == nil && (s.Text == "" || len(s.Text) > o.MaxSentenceLength || strings.Contains(s.Text, unknownText)) {
				continue
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
	switch {
	case o.InputSentenceSize == 0:
		return usable
	case o.ShuffleInput:
		return drawn(usable, o)
	}
	return func(yield func(Sentence, error) bool) {
		left := o.InputSentenceSize
		for s, err := range usable {
			if !yield(s, err) || left == 1 {
				return
			}
			left--
		}
	}
}

// drawn yields a uniform sample of InputSentenceSize sentences (Vitter 1985, algorithm R).
func drawn(sentences iter.Seq2[Sentence, error], o *Options) iter.Seq2[Sentence, error] {
	return func(yield func(Sentence, error) bool) {
		r := random.New(random.Name("spm_train input"), o.Seed)
		var kept []Sentence
		seen := 0
		for s, err := range sentences {
			if err != nil {
				yield(s, err)
				return
			}
			if seen++; len(kept) < o.InputSentenceSize {
				kept = append(kept, s)
			} else if at := r.IntN(seen); at < len(kept) {
				kept[at] = s
			}
		}
		for _, s := range kept {
			if !yield(s, nil) {
				return
			}
		}
	}
}

// merge joins the results of the workers. The order of the sentences does not depend on which
// worker handled them.
func merge(splitters []*splitter) (*corpus, error) {
	c := &corpus{}
	ids := map[string]int32{}
	toGlobal := make([][]int32, len(splitters))
	batches := 0
	for i, s := range splitters {
		toGlobal[i] = make([]int32, len(s.units))
		for local, unit := range s.units {
			id, ok := ids[unit]
			if !ok {
				id = int32(len(c.units))
				ids[unit] = id
				c.units, c.counts = append(c.units, unit), append(c.counts, 0)
			}
			toGlobal[i][local] = id
			c.counts[id] += s.counts[local]
		}
		for number := range s.batches {
			batches = max(batches, number+1)
		}
	}
	for number := range batches {
		for i, s := range splitters {
			for _, e := range s.batches[number] {
				if e.last >= 0 {
					e.last = toGlobal[i][e.last]
				}
				c.sentences = append(c.sentences, e)
			}
		}
	}
	c.sentences = withoutEmpty(c.sentences)
	if len(c.sentences) == 0 {
		return nil, errors.New("no text to train on: every sentence is empty, too long or left out")
	}
	return c, nil
}

// withoutEmpty drops sentences that normalise to nothing, as spm_train does: the last sentence
// takes the place of a dropped one. The order affects float arithmetic.
func withoutEmpty(sentences []ending) []ending {
	for i := 0; i < len(sentences); {
		if sentences[i].last >= 0 {
			i++
			continue
		}
		sentences[i] = sentences[len(sentences)-1]
		sentences = sentences[:len(sentences)-1]
	}
	return sentences
}
