package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/alecthomas/kong"

	"github.com/pali3/pali3/tokenize/sentencepiece/train"
)

// tokenizerTrain trains a SentencePiece model. Its flags have the names of spm_train's.
type tokenizerTrain struct {
	Data        string   `placeholder:"DATASET" help:"Train on the captions, questions and answers of a dataset and on PaLI's prompts, for use in recipes; implies --preset pali."`
	Split       string   `default:"train" help:"Split of the dataset; all takes every sample."`
	Preset      string   `enum:",pali" default:"" placeholder:"pali" help:"pali sets what a recipe's tokenizer needs: padding, end and unknown piece at 0, 1 and 2, byte fallback, no normalization of the text. Other flags override it."`
	Input       []string `help:"Text files with one sentence per line; - is standard input."`
	InputFormat string   `enum:"text,tsv" default:"text" help:"text: each line is a text; tsv: each line is a text, a tab and its count."`
	Out         string   `required:"" help:"Write PREFIX.model and PREFIX.vocab." placeholder:"PREFIX"`
	ModelType   string   `enum:"unigram,bpe,word,char" default:"unigram" help:"Type of the model (${enum})."`
	VocabSize   int      `default:"8000" help:"Vocabulary size, including special pieces. With --preset pali, the default depends on the text."`
	Soft        bool     `name:"soft-vocab-limit" help:"Allow fewer pieces than --vocab-size."`
	UseAllVocab bool     `help:"Use all words or characters, for word and char models."`

	CharacterCoverage  float64  `default:"0.9995" help:"Fraction of the text's characters to cover with pieces, from 0.98 to 1."`
	RequiredChars      string   `help:"Characters that become pieces even if rare."`
	ByteFallback       bool     `help:"Encode characters without a piece as bytes."`
	ControlSymbols     []string `help:"Pieces that text is never encoded to." placeholder:"PIECE"`
	UserDefinedSymbols []string `help:"Pieces that are always kept whole in text." placeholder:"PIECE"`
	UnkID              pieceID  `default:"0" help:"Id of the unknown piece."`
	BosID              pieceID  `default:"1" help:"Id of the piece that begins a sentence; -1 for none."`
	EosID              pieceID  `default:"2" help:"Id of the piece that ends a sentence; -1 for none."`
	PadID              pieceID  `default:"-1" help:"Id of the padding piece; -1 for none."`

	MaxSentencepieceLength    int    `default:"16" help:"Maximum length of a piece, in characters."`
	SplitByWhitespace         bool   `default:"true" negatable:"" help:"No piece crosses white space."`
	SplitByUnicodeScript      bool   `default:"true" negatable:"" help:"No piece mixes scripts."`
	SplitByNumber             bool   `default:"true" negatable:"" help:"No piece mixes digits and letters."`
	SplitDigits               bool   `help:"Each digit is a piece."`
	TreatWhitespaceAsSuffix   bool   `help:"Mark white space at the end of pieces, not at the start."`
	AllowWhitespaceOnlyPieces bool   `help:"Allow pieces of white space only."`
	PretokenizationDelimiter  string `help:"Text that no piece crosses."`

	NormalizationRuleName  string `default:"nmt_nfkc" help:"Normalization rules: identity, nfkc, nfkc_cf, nmt_nfkc, nmt_nfkc_cf."`
	NormalizationRuleTSV   string `name:"normalization-rule-tsv" type:"existingfile" help:"File of normalization rules: code points in hexadecimal, a tab and their replacement."`
	AddDummyPrefix         bool   `default:"true" negatable:"" help:"Put a space before text."`
	RemoveExtraWhitespaces bool   `default:"true" negatable:"" help:"Merge repeated spaces and strip those at both ends."`

	InputSentenceSize      int     `help:"Use at most this many sentences; 0 for all."`
	ShuffleInputSentence   bool    `default:"true" negatable:"" help:"Draw these at random instead of taking the first."`
	Seed                   uint64  `help:"Seed of the draw."`
	MaxSentenceLength      int     `default:"4192" help:"Maximum length of a line in bytes; longer ones are left out."`
	SeedSentencepieceSize  int     `default:"1000000" help:"Initial number of candidates of a unigram model."`
	SeedSentencepiecesFile string  `type:"existingfile" help:"File of candidates: text, a tab and its count."`
	ShrinkingFactor        float64 `default:"0.75" help:"Fraction of pieces that each pruning keeps."`
	NumSubIterations       int     `default:"2" help:"Rounds of expectation maximisation between prunings."`
	NumThreads             int     `help:"Threads; 0 for one per core. The model does not depend on it."`

	JSON bool `help:"Print one JSON object."`
}

// Validate returns an error if flags are missing or conflict.
func (c *tokenizerTrain) Validate(call *kong.Context) error {
	given := givenFlags(call)
	switch {
	case c.Data != "" && len(c.Input) > 0:
		return errors.New("--data and --input conflict: train on a dataset or on files")
	case c.Data == "" && len(c.Input) == 0:
		return errors.New("nothing to train on: name --data DATASET or --input FILE")
	case c.Data == "" && given["split"]:
		return errors.New("--split is for --data: files have no splits")
	case c.Data != "" && given["input-format"]:
		return errors.New("--input-format is for --input")
	case c.Data == "" && c.Preset == "":
		return nil
	}
	for _, name := range fixedByPreset {
		if given[name] {
			return fmt.Errorf("--%s conflicts with --preset pali (which --data implies), which sets it", name)
		}
	}
	if slices.Contains(c.Input, "-") {
		return errors.New("--preset pali reads its text more than once: write standard input to a file and name that")
	}
	return nil
}

func (c tokenizerTrain) Run(ctx context.Context, con *console, call *kong.Context) error {
	if c.Data != "" || c.Preset != "" {
		return c.pali(ctx, con, givenFlags(call))
	}
	return c.plain(ctx, con)
}

// plain trains on files with spm_train's defaults.
func (c tokenizerTrain) plain(ctx context.Context, con *console) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	o.Progress = trainingProgress(con)
	if c.NormalizationRuleTSV != "" {
		rules, err := os.Open(c.NormalizationRuleTSV)
		if err != nil {
			return fmt.Errorf("reading normalization rules: %w", err)
		}
		defer rules.Close()
		o.NormalizationRules = rules
	}
	model, err := train.Train(ctx, c.sentences(), o)
	if err != nil {
		return err
	}
	if err := model.WriteFiles(c.Out); err != nil {
		return err
	}
	if c.JSON {
		return con.printJSON(map[string]any{"model": c.Out + ".model", "vocab": c.Out + ".vocab", "type": o.Type.String(), "pieces": model.Len()})
	}
	con.printf("wrote %s.model and %s.vocab: %s, %d pieces\n", c.Out, c.Out, o.Type, model.Len())
	con.printf("next: %s tokenizer encode --model %s.model --format pieces\n", con.program.Name, c.Out)
	return nil
}

// sentences returns the sentences of the input files.
func (c tokenizerTrain) sentences() iter.Seq2[train.Sentence, error] {
	if c.InputFormat == "tsv" {
		return train.WeightedFiles(c.MaxSentenceLength, c.Input...)
	}
	return train.Files(c.MaxSentenceLength, c.Input...)
}

func (c tokenizerTrain) options() (train.Options, error) {
	o := train.Defaults()
	var err error
	if o.Type, err = train.ParseType(c.ModelType); err != nil {
		return o, err
	}
	o.VocabSize, o.HardVocabLimit, o.UseAllVocab = c.VocabSize, !c.Soft, c.UseAllVocab
	o.CharacterCoverage, o.RequiredChars, o.ByteFallback = c.CharacterCoverage, c.RequiredChars, c.ByteFallback
	o.ControlSymbols, o.UserDefinedSymbols = c.ControlSymbols, c.UserDefinedSymbols
	o.UnkID, o.BosID, o.EosID, o.PadID = int(c.UnkID), int(c.BosID), int(c.EosID), int(c.PadID)
	o.MaxPieceLength, o.SplitByWhitespace, o.SplitByUnicodeScript = c.MaxSentencepieceLength, c.SplitByWhitespace, c.SplitByUnicodeScript
	o.SplitByNumber, o.SplitDigits = c.SplitByNumber, c.SplitDigits
	o.TreatWhitespaceAsSuffix, o.AllowWhitespaceOnly = c.TreatWhitespaceAsSuffix, c.AllowWhitespaceOnlyPieces
	o.PretokenizationDelimiter, o.Normalization = c.PretokenizationDelimiter, c.NormalizationRuleName
	o.AddDummyPrefix, o.RemoveExtraWhitespaces = c.AddDummyPrefix, c.RemoveExtraWhitespaces
	o.InputSentenceSize, o.ShuffleInput, o.Seed = c.InputSentenceSize, c.ShuffleInputSentence, c.Seed
	o.MaxSentenceLength, o.SeedSize = c.MaxSentenceLength, c.SeedSentencepieceSize
	o.ShrinkingFactor, o.SubIterations, o.Threads = c.ShrinkingFactor, c.NumSubIterations, c.NumThreads
	if c.SeedSentencepiecesFile != "" {
		if o.Seeds, err = readSeeds(c.SeedSentencepiecesFile); err != nil {
			return o, err
		}
	}
	return o, nil
}

// pieceID is the id of a special piece, or -1 for none. It parses both --bos-id -1 and --bos-id=-1.
type pieceID int

// Decode reads the next word of the command line, even if it begins with a dash.
func (id *pieceID) Decode(ctx *kong.DecodeContext) error {
	word := ctx.Scan.Pop()
	if word.IsEOL() {
		return errors.New("want a number")
	}
	n, err := strconv.Atoi(word.String())
	if err != nil {
		return fmt.Errorf("want a number, not %q", word.String())
	}
	*id = pieceID(n)
	return nil
}

// longestSeed exceeds the longest piece, which has 512 characters of at most four bytes.
const longestSeed = 2048

func readSeeds(path string) ([]train.SeedPiece, error) {
	seeds := []train.SeedPiece{}
	for s, err := range train.WeightedFiles(longestSeed, path) {
		if err != nil {
			return nil, fmt.Errorf("candidates: %w", err)
		}
		seeds = append(seeds, train.SeedPiece(s))
	}
	if len(seeds) == 0 {
		return nil, errors.New("candidates: " + path + " is empty")
	}
	return seeds, nil
}

// trainingProgress logs the steps of each stage at most once a second.
func trainingProgress(con *console) func(train.Progress) {
	last, stage := time.Time{}, ""
	return func(p train.Progress) {
		if p.Stage == stage && time.Since(last) < time.Second {
			return
		}
		last, stage = time.Now(), p.Stage
		event := con.log.Info()
		if p.Sentences > 0 {
			event = event.Int("texts", p.Sentences)
		}
		if p.Pieces > 0 {
			event = event.Int("pieces", p.Pieces)
		}
		event.Msg(p.Stage)
	}
}
