package runreport

import (
	"cmp"
	"maps"
	"slices"

	"github.com/pali3/pali3/evalsuite/report"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// TokenizerFit says how many pieces the texts of each language of a dataset take. Texts without a language
// count as English, as in training.
func TokenizerFit(model *sentencepiece.Model, d *shards.Dataset) (*report.Tokenizer, error) {
	view, err := d.Select("texts.language", "texts.value")
	if err != nil {
		return nil, err
	}
	byLanguage := map[string]*sentencepiece.Stats{}
	measured := 0
	for s, err := range view.Samples() {
		if err != nil {
			return nil, err
		}
		for _, t := range s.Texts {
			language := cmp.Or(t.Language, "en")
			if byLanguage[language] == nil {
				byLanguage[language] = &sentencepiece.Stats{}
			}
			byLanguage[language].Count(model, t.Value)
			measured++
		}
		if measured >= maxMeasured {
			break
		}
	}
	shown := &report.Tokenizer{Type: model.Type().String(), Pieces: model.Len()}
	for _, language := range slices.Sorted(maps.Keys(byLanguage)) {
		stats := byLanguage[language]
		shown.Languages = append(shown.Languages, report.Fertility{
			Lang: language, Texts: stats.Texts, IDsPerText: float64(stats.IDs) / float64(stats.Texts),
			IDsPerWord: stats.IDsPerWord(), IDsPerByte: stats.IDsPerByte(), Coverage: stats.Coverage(),
		})
	}
	return shown, nil
}
