package webli

import (
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/internal/overlap"
	"github.com/pali3/pali3/shards"
)

// Legal numbers of words of Contamination.Words.
const (
	fewestWords = overlap.Gram
	mostWords   = 64
)

// wordsOfHeldOut removes samples that share a run of n words with a held-out sample.
func wordsOfHeldOut(n int, against []*Candidate) Rule {
	owners := map[uint64]*Candidate{}
	add := func(c *Candidate, note any) {
		grams, _ := note.([]uint64)
		for _, gram := range grams {
			if owners[gram] == nil {
				owners[gram] = c
			}
		}
	}
	return Rule{
		Examine: wordRuns(n),
		Prepare: func(left []*Candidate) error {
			for _, c := range left {
				if c.HeldOut {
					add(c, c.Note)
				}
			}
			for _, c := range against {
				for _, note := range c.notes {
					add(c, note)
				}
			}
			return nil
		},
		Remove: func(c *Candidate) string {
			grams, _ := c.Note.([]uint64)
			for _, gram := range grams {
				if owner := owners[gram]; owner != nil {
					return fmt.Sprintf("%d words in a row are those of the held-out %s of %s", n, owner.Key, owner.Origin)
				}
			}
			return ""
		},
	}
}

// wordRuns returns the function that hashes each run of n words in a sample's texts, and in its
// questions with each of their answers. Words are those of the audit of a benchmark: in lower case,
// without punctuation. Texts that were read in the image (OCR) do not count.
func wordRuns(n int) func(*shards.Sample, []*augment.Image) any {
	return func(s *shards.Sample, _ []*augment.Image) any {
		var runs []uint64
		var words []uint64
		add := func(texts ...string) {
			words = words[:0]
			for _, text := range texts {
				overlap.Words(text, func(word []byte) { words = append(words, xxhash.Sum64(word)) })
			}
			for at := 0; at+n <= len(words); at++ {
				const base = 0x9e3779b97f4a7c15
				run := uint64(0)
				for _, word := range words[at : at+n] {
					run = run*base + (word | 1)
				}
				runs = append(runs, run)
			}
		}
		for i := range s.Texts {
			if s.Texts[i].Kind != shards.OCR {
				add(s.Texts[i].Value)
			}
		}
		for i := range s.Questions {
			q := &s.Questions[i]
			if len(q.Answers) == 0 {
				add(q.Text)
			}
			for _, a := range q.Answers {
				add(q.Text, a.Text)
			}
		}
		slices.Sort(runs)
		return slices.Clip(slices.Compact(runs))
	}
}
