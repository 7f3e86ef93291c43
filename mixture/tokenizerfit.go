package mixture

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// LanguageFit says how many ids a model makes of the texts of a language.
type LanguageFit struct {
	Language string // BCP-47; und where it is not known
	sentencepiece.Stats
}

// TokenizerFit counts what a model makes of the captions of a split, by language, in the order of
// their names; "" is train, "all" is every sample. Of a split without captions, it counts the
// questions.
func TokenizerFit(model *sentencepiece.Model, d *shards.Dataset, split string) ([]LanguageFit, error) {
	samples, err := textColumns(d)
	if err != nil {
		return nil, err
	}
	chosen := splitNamed(split)
	captions, questions := fits{}, fits{}
	for s, err := range samples {
		if err != nil {
			return nil, fmt.Errorf("reading the texts of %s: %w", d.Dir(), err)
		}
		if chosen != "" && s.Split != chosen {
			continue
		}
		for _, t := range s.Texts {
			captions.count(model, t.Language, t.Value)
		}
		for _, q := range s.Questions {
			if len(captions) == 0 {
				questions.count(model, q.Language, q.Text)
			}
		}
	}
	if len(captions) == 0 {
		captions = questions
	}
	return captions.list(), nil
}

// fits are statistics by language.
type fits map[string]*sentencepiece.Stats

func (f fits) count(model *sentencepiece.Model, language, text string) {
	language = cmp.Or(language, "und")
	if f[language] == nil {
		f[language] = &sentencepiece.Stats{}
	}
	f[language].Count(model, text)
}

func (f fits) list() (all []LanguageFit) {
	for _, language := range slices.Sorted(maps.Keys(f)) {
		all = append(all, LanguageFit{language, *f[language]})
	}
	return all
}
