package report

import (
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// tokenizerFit says how many pieces the texts of each language of a dataset take.
func tokenizerFit(model *sentencepiece.Model, d *shards.Dataset) (*Tokenizer, error) {
	fit, err := mixture.TokenizerFit(model, d, "all")
	if err != nil {
		return nil, err
	}
	shown := &Tokenizer{Type: model.Type().String(), Pieces: model.Len()}
	for _, f := range fit {
		shown.Languages = append(shown.Languages, Fertility{
			Lang: f.Language, Texts: f.Texts, IDsPerText: float64(f.IDs) / float64(max(1, f.Texts)),
			IDsPerWord: f.IDsPerWord(), IDsPerByte: f.IDsPerByte(), Coverage: f.Coverage(),
		})
	}
	return shown, nil
}
