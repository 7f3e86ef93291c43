// Package captions scores captions in one or several languages. Each language is a corpus of its
// own: its captions are tokenized together, and CIDEr takes the document frequencies from its
// references. It is what `pali3 eval` and the benchmarks of captions share; the metrics themselves
// are in packages metrics and metrics/meteor.
package captions

import (
	"context"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/evalsuite/metrics/meteor"
)

// Corpus holds the references of items. It is safe for concurrent use.
type Corpus struct {
	Languages []Language // in the order of the first item of each
	items     int
}

// Language holds the items of a language.
type Language struct {
	Name       string
	Items      []int // their numbers
	References *metrics.References
}

// New returns the corpus of items with a language and references each. It tokenizes the references
// by the rules of the Penn Treebank. An item without references is an error.
func New(languages []string, references [][]string) (*Corpus, error) {
	return newCorpus(languages, references, metrics.NewReferences)
}

// NewTokenized is New for references that are tokenized, with words separated by white space.
func NewTokenized(languages []string, references [][]string) (*Corpus, error) {
	return newCorpus(languages, references, metrics.NewTokenizedReferences)
}

func newCorpus(languages []string, references [][]string, read func([][]string) (*metrics.References, error)) (*Corpus, error) {
	c := &Corpus{items: len(languages)}
	at := map[string]int{}
	for i, name := range languages {
		n, known := at[name]
		if !known {
			n = len(c.Languages)
			at[name] = n
			c.Languages = append(c.Languages, Language{Name: name})
		}
		c.Languages[n].Items = append(c.Languages[n].Items, i)
	}
	for n := range c.Languages {
		l := &c.Languages[n]
		var err error
		if l.References, err = read(pick(references, l.Items)); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Score scores a caption for each item: the captions of each language are tokenized together.
func (c *Corpus) Score(captions []string) (metrics.CaptionScores, error) {
	return c.score(captions, (*metrics.References).Score)
}

// ScoreTokenized is Score for captions that are tokenized.
func (c *Corpus) ScoreTokenized(captions []string) (metrics.CaptionScores, error) {
	return c.score(captions, (*metrics.References).ScoreTokenized)
}

func (c *Corpus) score(captions []string, score func(*metrics.References, []string) (metrics.CaptionScores, error)) (metrics.CaptionScores, error) {
	all := metrics.CaptionScores{CIDEr: make([]float64, c.items), ROUGEL: make([]float64, c.items), BLEU: make([]metrics.BLEUCounts, c.items)}
	for _, l := range c.Languages {
		of, err := score(l.References, pick(captions, l.Items))
		if err != nil {
			return all, err
		}
		for at, i := range l.Items {
			all.CIDEr[i], all.ROUGEL[i], all.BLEU[i] = of.CIDEr[at], of.ROUGEL[at], of.BLEU[at]
		}
	}
	return all, nil
}

// METEOR counts for METEOR what the English captions have in common with their references. METEOR's
// tables and stems are English, so captions of other languages are left out: english says which
// items count. An item without a language is taken for English.
func (c *Corpus) METEOR(ctx context.Context, scorer *meteor.Scorer, captions []string) (counts []meteor.Counts, english []bool, err error) {
	counts, english = make([]meteor.Counts, c.items), make([]bool, c.items)
	for _, l := range c.Languages {
		if !isEnglish(l.Name) {
			continue
		}
		of, err := scorer.Captions(ctx, metrics.PTBTokenize(pick(captions, l.Items)), l.References.Tokens())
		if err != nil {
			return nil, nil, err
		}
		for at, i := range l.Items {
			counts[i], english[i] = of[at], true
		}
	}
	return counts, english, nil
}

// isEnglish reports whether a language tag is of English: en, en-GB, en_us.
func isEnglish(tag string) bool {
	main, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	return main == "" || strings.EqualFold(main, "en")
}

func pick[T any](of []T, items []int) []T {
	picked := make([]T, len(items))
	for at, i := range items {
		picked[at] = of[i]
	}
	return picked
}
