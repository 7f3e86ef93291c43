package mixture

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize/sentencepiece/train"
)

// TokenizerOptions say what [TrainTokenizer] makes.
type TokenizerOptions struct {
	// VocabSize is the number of pieces, special ones included; 0 for what [SuggestVocabulary]
	// says.
	VocabSize int
	// Split of the samples; default train. "all" takes every sample.
	Split string
	// Progress, where set, is told what is being done.
	Progress func(train.Progress)
	// Adjust, where set, may change the options of the trainer that were chosen.
	Adjust func(*train.Options)
	// Report, where set, is filled in with what was read and decided.
	Report *TokenizerReport
}

// TokenizerReport says what a tokenizer was trained on and what was decided.
type TokenizerReport struct {
	TextStats
	VocabSize  int `json:"vocab_size"` // asked for, or suggested
	Pieces     int `json:"pieces"`     // of the model
	Candidates int `json:"candidates"` // for pieces
	// Notes say what differs from what was asked for, or what was left out.
	Notes []string `json:"notes,omitempty"`
}

// Bounds of what a tokenizer is trained on. Of more text a part is drawn, so that memory does not
// grow with the data.
const (
	maxTokenizerTexts = 2_000_000
	maxTokenizerBytes = 192 << 20
)

// TrainTokenizer trains a SentencePiece model for the vocabulary of a recipe on the captions,
// questions and answers of a dataset, and on PaLI's prompts made with them. It is a unigram model
// with the ids of T5's special pieces and with byte fallback, so that it spells every text, and it
// does not change text: what is decoded is what was written. (NFKC would respell Thai and French.)
//
// Characters take at most a third of the pieces, the most frequent first; the others are spelt in
// bytes. Where the texts give fewer pieces than asked for, the model has as many as there are. The
// same dataset gives the same model.
func TrainTokenizer(ctx context.Context, d *shards.Dataset, o TokenizerOptions) (*train.Model, error) {
	samples, err := textColumns(d)
	if err != nil {
		return nil, err
	}
	model, err := TrainTokenizerOf(ctx, samples, o)
	switch {
	case errors.Is(err, errNoTexts):
		return nil, fmt.Errorf("%s has no captions, questions or answers in the split %q; it has %s", d.Dir(), cmp.Or(o.Split, "train"), splitsOf(d))
	case err != nil:
		return nil, fmt.Errorf("a tokenizer for %s: %w", d.Dir(), err)
	}
	return model, nil
}

// TrainTokenizerOf is [TrainTokenizer] for samples at hand, which it goes through several times.
func TrainTokenizerOf(ctx context.Context, samples iter.Seq2[shards.Sample, error], o TokenizerOptions) (*train.Model, error) {
	return trainTokenizer(ctx, textsOfSamples(ctx, samples, splitNamed(o.Split)), o)
}

// TrainTokenizerOfLines is [TrainTokenizer] for lines of text, each a caption. It goes through them
// several times.
func TrainTokenizerOfLines(ctx context.Context, lines iter.Seq2[train.Sentence, error], o TokenizerOptions) (*train.Model, error) {
	model, err := trainTokenizer(ctx, textsOfLines(ctx, lines), o)
	if errors.Is(err, errNoTexts) {
		return nil, errors.New("a tokenizer: every line is empty")
	}
	return model, err
}

var errNoTexts = errors.New("no texts")

// splitsOf lists the splits of a dataset with their samples.
func splitsOf(d *shards.Dataset) string {
	list := ""
	for _, name := range slices.Sorted(maps.Keys(d.Manifest().Totals.Splits)) {
		list += fmt.Sprintf(", %q with %d samples", name, d.Manifest().Totals.Splits[name])
	}
	if list == "" {
		return fmt.Sprintf("%d samples of no split; \"all\" takes them", d.Len())
	}
	return list[2:]
}

// trainTokenizer measures the texts, chooses, counts and trains: three passes over them.
func trainTokenizer(ctx context.Context, from textSource, o TokenizerOptions) (*train.Model, error) {
	report := o.Report
	if report == nil {
		report = &TokenizerReport{}
	}
	progress := func(stage string) {
		if o.Progress != nil {
			o.Progress(train.Progress{Stage: stage})
		}
	}
	progress("measuring texts")
	stats, err := from.measure()
	if err != nil {
		return nil, err
	}
	if stats.Texts == 0 {
		return nil, errNoTexts
	}
	*report = TokenizerReport{TextStats: stats, VocabSize: cmp.Or(o.VocabSize, SuggestVocabulary(stats))}
	if report.VocabSize < leastVocabulary {
		return nil, fmt.Errorf("a vocabulary of %d pieces: %d are taken by bytes and special pieces; want at least %d", report.VocabSize, specialPieces, leastVocabulary)
	}
	from = from.bounded(stats, report)
	progress("counting words")
	counts, err := countWords(from)
	if err != nil {
		return nil, err
	}
	options := pali3Options(report.VocabSize)
	options.Progress = o.Progress
	if o.Adjust != nil {
		o.Adjust(&options)
	}
	model, err := counts.train(ctx, from, options, report)
	var few *train.TooFewPiecesError
	if errors.As(err, &few) {
		options.HardVocabLimit = false
		if options.MaxCharacters > 0 { // there is room for rarer ones
			options.MaxCharacters += few.Want - few.Pieces
		}
		model, err = counts.train(ctx, from, options, report)
	}
	if err != nil {
		return nil, err
	}
	if report.Pieces = model.Len(); report.Pieces < report.VocabSize {
		report.note("the texts give %d pieces, not %d: the vocabulary has all of them", report.Pieces, report.VocabSize)
	}
	return model, nil
}

// train chooses the characters and the candidates, and trains.
func (c *wordCounts) train(ctx context.Context, from textSource, o train.Options, report *TokenizerReport) (*train.Model, error) {
	if o.Progress != nil {
		o.Progress(train.Progress{Stage: "finding candidates"})
	}
	kept := c.alphabet(o.MaxCharacters)
	trying := TokenizerReport{}
	o.Seeds = c.candidates(kept, cmp.Or(o.SeedSize, maxCandidates), &trying)
	model, err := train.Train(ctx, from.sentences(), o)
	if err != nil {
		return nil, err
	}
	report.Candidates = trying.Candidates
	report.Notes = append(report.Notes, trying.Notes...)
	if len(kept) < len(c.characters) {
		report.note("%d of %d characters are pieces; the others, rare ones, are spelt in bytes", len(kept), len(c.characters))
	}
	return model, nil
}

func (r *TokenizerReport) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

const (
	leastVocabulary = 320
	longestPiece    = 16 // characters
)

// pali3Options are those of the trainer for a vocabulary of a recipe.
func pali3Options(size int) train.Options {
	o := train.Defaults()
	o.VocabSize, o.MaxPieceLength, o.CharacterCoverage, o.ByteFallback = size, longestPiece, 1, true
	o.PadID, o.EosID, o.UnkID, o.BosID = 0, 1, 2, -1
	o.SplitByUnicodeScript, o.Normalization = false, "identity"
	o.MaxCharacters = (size - specialPieces) / 3
	return o
}

// bounded draws from more text than a tokenizer is trained on, and notes that.
func (from textSource) bounded(s TextStats, report *TokenizerReport) textSource {
	part := min(maxTokenizerTexts/float64(s.Texts), maxTokenizerBytes/float64(s.Bytes))
	if part < 1 {
		report.note("trained on the texts of %.1f%% of the samples, drawn by their keys", 100*part)
	}
	return from.drawn(part)
}
