package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/tokenize/sentencepiece"
	"github.com/pali3/pali3/tokenize/sentencepiece/train"
)

// givenFlags returns the names of the flags that were given on the command line.
func givenFlags(call *kong.Context) map[string]bool {
	given := map[string]bool{}
	for _, part := range call.Path {
		if part.Flag != nil {
			given[part.Flag.Name] = true
		}
	}
	return given
}

// fixedByPreset are flags that conflict with --preset pali.
var fixedByPreset = []string{
	"unk-id", "bos-id", "eos-id", "pad-id", "model-type", "use-all-vocab", "seed-sentencepieces-file", "treat-whitespace-as-suffix",
	"pretokenization-delimiter", "input-sentence-size", "shuffle-input-sentence", "seed", "split-by-whitespace",
}

// pali trains a model for the vocabulary of a recipe.
func (c tokenizerTrain) pali(ctx context.Context, con *console, given map[string]bool) error {
	flags, err := c.options()
	if err != nil {
		return err
	}
	if c.NormalizationRuleTSV != "" {
		rules, err := os.Open(c.NormalizationRuleTSV)
		if err != nil {
			return fmt.Errorf("reading normalization rules: %w", err)
		}
		defer rules.Close()
		flags.NormalizationRules = rules
	}
	var report mixture.TokenizerReport
	o := mixture.TokenizerOptions{Split: c.Split, Progress: trainingProgress(con), Report: &report, Adjust: func(o *train.Options) { adjust(o, flags, given) }}
	if given["vocab-size"] {
		o.VocabSize = c.VocabSize
	}
	model, fits, err := c.trainPaLI(ctx, con, o)
	if err != nil {
		return err
	}
	if err := model.WriteFiles(c.Out); err != nil {
		return err
	}
	return c.print(con, report, fits)
}

// adjust sets the options whose flags are given, and those for which the preset has the default of
// spm_train.
func adjust(o *train.Options, flags train.Options, given map[string]bool) {
	preset := *o
	*o = flags
	o.VocabSize, o.HardVocabLimit, o.ByteFallback, o.Progress = preset.VocabSize, preset.HardVocabLimit, preset.ByteFallback, preset.Progress
	o.UnkID, o.BosID, o.EosID, o.PadID = preset.UnkID, preset.BosID, preset.EosID, preset.PadID
	o.MaxCharacters = preset.MaxCharacters
	if !given["character-coverage"] {
		o.CharacterCoverage = preset.CharacterCoverage
	}
	if !given["split-by-unicode-script"] {
		o.SplitByUnicodeScript = preset.SplitByUnicodeScript
	}
	if !given["normalization-rule-name"] {
		o.Normalization = preset.Normalization
	}
}

// trainPaLI trains on the dataset or the files, and measures how well the model fits each language.
func (c tokenizerTrain) trainPaLI(ctx context.Context, con *console, o mixture.TokenizerOptions) (*train.Model, []mixture.LanguageFit, error) {
	if c.Data == "" {
		model, err := mixture.TrainTokenizerOfLines(ctx, c.sentences(), o)
		return model, nil, err
	}
	d, err := con.open(c.Data)
	if err != nil {
		return nil, nil, err
	}
	defer d.Close()
	model, err := mixture.TrainTokenizer(ctx, d, o)
	if err != nil {
		return nil, nil, err
	}
	parsed, err := sentencepiece.Parse(model.Bytes())
	if err != nil {
		return nil, nil, err
	}
	fits, err := mixture.TokenizerFit(parsed, d, c.Split)
	return model, fits, err
}

// mostIDs is how many of the languages with the most ids per word are printed.
const mostIDs = 5

// print prints the model, what it was trained on, and how well it fits.
func (c tokenizerTrain) print(con *console, r mixture.TokenizerReport, fits []mixture.LanguageFit) error {
	var all sentencepiece.Stats
	for _, fit := range fits {
		all.Add(fit.Stats)
	}
	slices.SortStableFunc(fits, func(a, b mixture.LanguageFit) int { return cmp.Compare(b.IDsPerWord(), a.IDsPerWord()) })
	fits = fits[:min(len(fits), mostIDs)]
	if c.JSON {
		most := map[string]float64{}
		for _, fit := range fits {
			most[fit.Language] = fit.IDsPerWord()
		}
		return con.printJSON(struct {
			Model string `json:"model"`
			Vocab string `json:"vocab"`
			mixture.TokenizerReport
			IDsPerWord float64            `json:"ids_per_word,omitempty"`
			Most       map[string]float64 `json:"most_ids_per_word,omitempty"`
		}{c.Out + ".model", c.Out + ".vocab", r, all.IDsPerWord(), most})
	}
	con.printf("read   %s texts, %s words, %s characters (%d different)%s\n", grouped(int64(r.Texts)), grouped(r.Words), grouped(r.Characters), r.Alphabet, languagesOf(r))
	con.printf("wrote  %s.model and %s.vocab: unigram, %d pieces\n", c.Out, c.Out, r.Pieces)
	for _, note := range r.Notes {
		con.printf("note   %s\n", note)
	}
	if all.Words > 0 {
		con.printf("fit    %.2f ids per word%s\n", all.IDsPerWord(), mostOf(fits))
	}
	con.printf("recipe tokenizer: {model: %s.model, sentinels: 64, mode_tokens: true}\n", c.Out)
	if c.Data != "" {
		con.printf("next   %s tokenizer stats --data %s --split %s --model %s.model\n", con.program.Name, c.Data, c.Split, c.Out)
	} else {
		con.printf("next   %s tokenizer encode --model %s.model --format pieces\n", con.program.Name, c.Out)
	}
	return nil
}

// languagesOf returns how many languages the texts have, "" if unknown.
func languagesOf(r mixture.TokenizerReport) string {
	known := len(r.Languages)
	if r.Languages[""] > 0 {
		known--
	}
	switch {
	case known == 0:
		return ""
	case r.Languages[""] > 0:
		return fmt.Sprintf(" in %d languages, %d texts without a language", known, r.Languages[""])
	}
	return fmt.Sprintf(" in %d languages", known)
}

// mostOf lists the languages with the most ids per word.
func mostOf(fits []mixture.LanguageFit) string {
	if len(fits) < 2 {
		return ""
	}
	var parts []string
	for _, fit := range fits {
		parts = append(parts, fmt.Sprintf("%s %.2f", fit.Language, fit.IDsPerWord()))
	}
	return "; most in " + strings.Join(parts, ", ")
}
