package train

import (
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"unicode/utf8"
)

// Type is the type of a model. The numbers are those of the .model file.
type Type int

// The types of models.
const (
	Unigram   Type = 1 // pieces with probabilities, found by expectation maximisation and pruning
	BPE       Type = 2 // pieces in the order in which the most frequent pairs merge
	Word      Type = 3 // the most frequent words
	Character Type = 4 // the most frequent characters
)

var typeNames = map[Type]string{Unigram: "unigram", BPE: "bpe", Word: "word", Character: "char"}

func (t Type) String() string {
	if name, ok := typeNames[t]; ok {
		return name
	}
	return fmt.Sprintf("Type(%d)", int(t))
}

// ParseType returns the type with the name that spm_train gives it: unigram, bpe, word or char.
func ParseType(name string) (Type, error) {
	for t, n := range typeNames {
		if n == name {
			return t, nil
		}
	}
	return 0, fmt.Errorf("model type %q: want unigram, bpe, word or char", name)
}

// Options describe what to train. Start from [Defaults]; the zero Options are not valid.
type Options struct {
	Type      Type
	VocabSize int // pieces of the model, including special ones

	// HardVocabLimit makes it an error if the text gives fewer pieces than VocabSize. It does not
	// apply to character models.
	HardVocabLimit bool
	// UseAllVocab makes all words or characters pieces, regardless of VocabSize. It is for word and
	// character models.
	UseAllVocab bool

	// CharacterCoverage is the fraction of the text, from 0.98 to 1, whose characters become
	// pieces, most frequent first. The others are unknown, or encoded as bytes.
	CharacterCoverage float64
	MaxCharacters     int    // how many characters become pieces at most, most frequent first; 0 for no limit
	RequiredChars     string // characters that become pieces however rare they are
	ByteFallback      bool   // add the pieces <0x00> to <0xFF>, which encode what no piece covers

	ControlSymbols     []string // pieces that never occur in text, such as <2de>
	UserDefinedSymbols []string // pieces that always match where their text occurs

	// Ids of the unknown, begin, end and padding pieces; -1 leaves the piece out. A model without
	// byte fallback needs the unknown piece.
	UnkID, BosID, EosID, PadID             int
	UnkPiece, BosPiece, EosPiece, PadPiece string
	UnkSurface                             string // what the unknown piece decodes to

	// What a piece may look like.
	MaxPieceLength          int  // in characters, from 1 to 512
	SplitByWhitespace       bool // white space only at the start (or end) of a piece
	SplitByUnicodeScript    bool // one script per piece; Han, Hiragana and Katakana count as one
	SplitByNumber           bool // digits count as a script
	SplitDigits             bool // each digit is a piece
	TreatWhitespaceAsSuffix bool // the white space between two words belongs to the first
	AllowWhitespaceOnly     bool // allow pieces of several white spaces
	// PretokenizationDelimiter is text that no piece crosses and no piece contains, for unigram and
	// BPE models.
	PretokenizationDelimiter string

	// How text is normalised, in training and later in use.
	//
	// Normalization names a set of rules for characters: identity, nfkc, nfkc_cf, nmt_nfkc or
	// nmt_nfkc_cf, where nmt_nfkc also turns other white space into spaces and removes control
	// characters, and _cf folds case.
	Normalization string
	// NormalizationRules, if set, is read in place of Normalization. Each line is a rule: code
	// points in hexadecimal separated by spaces, a tab, and the code points that replace them.
	NormalizationRules     io.Reader
	AddDummyPrefix         bool // add a space before the text, so that its first word is like the others
	RemoveExtraWhitespaces bool // remove spaces at the ends, and all but one of several in a row

	// Which sentences are used.
	InputSentenceSize int    // the maximum number; 0 for all
	ShuffleInput      bool   // sample them from the whole text rather than take the first
	Seed              uint64 // of the sample
	MaxSentenceLength int    // in bytes; longer sentences are skipped

	// How a unigram model is found.
	SeedSize        int         // the number of candidates; 0 for eight times the vocabulary, at least 100,000
	Seeds           []SeedPiece // candidates to use instead of those found in the text
	ShrinkingFactor float64     // the fraction of the pieces that each pruning keeps, from 0.5 to 0.95
	SubIterations   int         // rounds of expectation maximisation between prunings, from 1 to 10

	// Threads is the number of goroutines; 0 for GOMAXPROCS. It does not affect the model.
	Threads int
	// Progress, if set, is called at every step of training.
	Progress func(Progress)
}

// SeedPiece is a candidate for a piece of a unigram model, with its count in the text.
type SeedPiece struct {
	Text  string
	Count int64
}

// Progress is a step of training.
type Progress struct {
	Stage     string
	Sentences int // the number of sentences or words of the stage, if known
	Pieces    int // how many pieces a unigram model still has, or a BPE model has already
}

// Defaults returns the default options of spm_train.
func Defaults() Options {
	return Options{
		Type: Unigram, VocabSize: 8000, HardVocabLimit: true, CharacterCoverage: 0.9995,
		UnkID: 0, BosID: 1, EosID: 2, PadID: -1,
		UnkPiece: "<unk>", BosPiece: "<s>", EosPiece: "</s>", PadPiece: "<pad>", UnkSurface: defaultUnkSurface,
		MaxPieceLength: 16, SplitByWhitespace: true, SplitByUnicodeScript: true, SplitByNumber: true,
		Normalization: "nmt_nfkc", AddDummyPrefix: true, RemoveExtraWhitespaces: true,
		ShuffleInput: true, MaxSentenceLength: 4192,
		SeedSize: 1_000_000, ShrinkingFactor: 0.75, SubIterations: 2,
	}
}

// defaultUnkSurface is U+2047 between spaces.
const defaultUnkSurface = " \u2047 "

// maxVocabSize keeps ids within the range of a model file.
const maxVocabSize = math.MaxInt32

func (o *Options) check() error {
	subword := o.Type == Unigram || o.Type == BPE
	for _, c := range []struct {
		bad  bool
		what string
	}{
		{typeNames[o.Type] == "", fmt.Sprintf("%v is not a type of model", o.Type)},
		{o.VocabSize < 1 || o.VocabSize > maxVocabSize, fmt.Sprintf("VocabSize is %d; want at least 1", o.VocabSize)},
		{subword && o.UseAllVocab, "UseAllVocab is for word and character models"},
		{!(o.CharacterCoverage >= 0.98 && o.CharacterCoverage <= 1), fmt.Sprintf("CharacterCoverage is %v; want 0.98 to 1", o.CharacterCoverage)},
		{o.MaxCharacters < 0, fmt.Sprintf("MaxCharacters is %d; want 0 or more", o.MaxCharacters)},
		{o.MaxPieceLength < 1 || o.MaxPieceLength > 512, fmt.Sprintf("MaxPieceLength is %d; want 1 to 512", o.MaxPieceLength)},
		{o.SubIterations < 1 || o.SubIterations > 10, fmt.Sprintf("SubIterations is %d; want 1 to 10", o.SubIterations)},
		{!(o.ShrinkingFactor >= 0.5 && o.ShrinkingFactor <= 0.95), fmt.Sprintf("ShrinkingFactor is %v; want 0.5 to 0.95", o.ShrinkingFactor)},
		{o.MaxSentenceLength < 10 || o.MaxSentenceLength > 1<<30, fmt.Sprintf("MaxSentenceLength is %d; want 10 to 1,073,741,824", o.MaxSentenceLength)},
		{o.InputSentenceSize < 0 || o.InputSentenceSize > 0 && o.InputSentenceSize <= 100, fmt.Sprintf("InputSentenceSize is %d; want 0, or more than 100", o.InputSentenceSize)},
		{o.UnkPiece == "" || o.BosPiece == "" || o.EosPiece == "" || o.PadPiece == "", "a special piece has no text, though its id may be -1"},
		{!subword && o.PretokenizationDelimiter != "", "PretokenizationDelimiter is for unigram and BPE models"},
		{o.Type != Unigram && o.Seeds != nil, "Seeds are for unigram models"},
		{o.SeedSize < 0, fmt.Sprintf("SeedSize is %d; want 0 or more", o.SeedSize)},
		{o.Threads < 0, fmt.Sprintf("Threads is %d; want 0 or more", o.Threads)},
		{o.NormalizationRules == nil && o.Normalization == "", "Normalization is empty; use identity for no rules"},
		{!utf8.ValidString(o.RequiredChars), "RequiredChars is not UTF-8"},
	} {
		if c.bad {
			return errors.New(c.what)
		}
	}
	return nil
}

func (o *Options) threads() int {
	if o.Threads > 0 {
		return o.Threads
	}
	return runtime.GOMAXPROCS(0)
}

func (o *Options) progress(p Progress) {
	if o.Progress != nil {
		o.Progress(p)
	}
}
