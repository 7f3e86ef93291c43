package quickstart

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"slices"

	"github.com/pali3/pali3/evalsuite/report"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize/sentencepiece"
	"github.com/pali3/pali3/tokenize/sentencepiece/train"
)

// PaLI's prompts without their sentinel, which the vocabulary adds as an id of its own.
const (
	captionPrompt  = "Generate the alt_text in %s at 0:"
	answerPrompt   = "Answer in EN: %s"
	questionPrompt = "Generate a question in %s for %s:"
)

// vocabularySize and longestPiece, in characters, are those of the model that the run trains.
const (
	vocabularySize = 4096
	longestPiece   = 16
)

// tokenizer trains the run's own SentencePiece model on the texts of the train split.
func (r *runner) tokenizer(ctx context.Context) error {
	if _, err := os.Stat(r.path(ModelName)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	data, err := shards.Open(r.path("data"))
	if err != nil {
		return err
	}
	defer data.Close()
	texts, err := TrainTexts(data.Samples())
	if err != nil {
		return err
	}
	line := r.Progress("tokenizer", "texts", int64(len(texts)))
	defer line.End()
	model, err := TrainTokenizer(ctx, texts)
	if err != nil {
		return err
	}
	line.Set(int64(len(texts)), 0)
	return model.WriteFiles(r.path("tokenizer"))
}

// TrainTokenizer trains a unigram model on texts, with byte fallback and the ids of T5's special pieces. Its
// normalisation is the identity, so that what is said is what was written: NFKC would respell Thai and French.
func TrainTokenizer(ctx context.Context, texts []string) (*train.Model, error) {
	o := train.Defaults()
	o.VocabSize, o.MaxPieceLength, o.CharacterCoverage, o.ByteFallback = vocabularySize, longestPiece, 1, true
	o.PadID, o.EosID, o.UnkID, o.BosID = 0, 1, 2, -1
	o.SplitByUnicodeScript, o.Normalization = false, "identity"
	o.Seeds = seedPieces(texts)
	return train.Train(ctx, train.Texts(slices.Values(texts)), o)
}

// TrainTexts returns what the samples of the train split say: captions, questions, answers, and the prompts
// made with them.
func TrainTexts(samples iter.Seq2[shards.Sample, error]) (texts []string, err error) {
	for s, err := range samples {
		if err != nil {
			return nil, err
		}
		if s.Split == "train" {
			texts = append(texts, textsOf(&s)...)
		}
	}
	return texts, nil
}

func textsOf(s *shards.Sample) (texts []string) {
	for _, text := range s.Texts {
		texts = append(texts, text.Value, fmt.Sprintf(captionPrompt, cmp.Or(text.Language, "en")))
	}
	for _, q := range s.Questions {
		texts = append(texts, q.Text, fmt.Sprintf(answerPrompt, q.Text))
		for _, a := range q.Answers {
			texts = append(texts, a.Text, fmt.Sprintf(questionPrompt, cmp.Or(q.Language, "en"), a.Text))
		}
	}
	return texts
}

// reportTokenizer says how many pieces the captions of each language take.
func (r *runner) reportTokenizer(data *shards.Dataset) (*report.Tokenizer, error) {
	model, err := sentencepiece.Open(r.path(ModelName))
	if err != nil {
		return nil, err
	}
	byLanguage := map[string]*sentencepiece.Stats{}
	for s, err := range data.Samples() {
		if err != nil {
			return nil, err
		}
		for _, text := range s.Texts {
			language := cmp.Or(text.Language, "en")
			if byLanguage[language] == nil {
				byLanguage[language] = &sentencepiece.Stats{}
			}
			byLanguage[language].Count(model, text.Value)
		}
	}
	shown := &report.Tokenizer{Type: model.Type().String(), Pieces: model.Len()}
	for language, stats := range byLanguage {
		shown.Languages = append(shown.Languages, report.Fertility{
			Lang: language, Texts: stats.Texts, IDsPerText: float64(stats.IDs) / float64(stats.Texts),
			IDsPerWord: stats.IDsPerWord(), IDsPerByte: stats.IDsPerByte(), Coverage: stats.Coverage(),
		})
	}
	slices.SortFunc(shown.Languages, func(a, b report.Fertility) int { return cmp.Compare(a.Lang, b.Lang) })
	return shown, nil
}
