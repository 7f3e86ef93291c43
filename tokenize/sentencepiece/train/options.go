package train

import (
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"unicode/utf8"
)

// Type is the kind of model; its numbers are those of the .model file.
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

// ParseType returns the type that spm_train calls name: unigram, bpe, word or char.
func ParseType(name string) (Type, error) {
	for t, n := range typeNames {
		if n == name {
			return t, nil
		}
	}
	return 0, fmt.Errorf("model type %q: want unigram, bpe, word or char", name)
}

// Options say what to train. Begin with [Defaults], which are spm_train's; the zero Options are not
// valid.
type Options struct {
	Type      Type
	VocabSize int // pieces of the model, special ones included

	// HardVocabLimit makes it an error if the text gives fewer pieces than VocabSize. Character
	// models never mind.
	HardVocabLimit bool
	// UseAllVocab makes a word or character model of all there is, whatever VocabSize says.
	UseAllVocab bool

	// CharacterCoverage is the part of the text, from 0.98 to 1, whose characters become pieces,
	// the most frequent first. The others are unknown, or spelt in bytes.
	CharacterCoverage float64
	MaxCharacters     int    // most characters that become pieces, the most frequent first; 0 for no limit
	RequiredChars     string // characters that become pieces however rare they are
	ByteFallback      bool   // adds the pieces <0x00> to <0xFF>, which spell what no piece covers

	ControlSymbols     []string // pieces that text cannot spell, such as <2de>
	UserDefinedSymbols []string // pieces that are always found where their text occurs

	// Ids of the unknown, begin, end and padding pieces; -1 leaves the piece out. A model without
	// byte fallback needs the unknown piece.
	UnkID, BosID, EosID, PadID             int
	UnkPiece, BosPiece, EosPiece, PadPiece string
	UnkSurface                             string // what the unknown piece decodes to

	// What a piece may look like.
	MaxPieceLength           int  // in characters, from 1 to 512
	SplitByWhitespace        bool // white space only at a piece's start (or end)
	SplitByUnicodeScript     bool // one script a piece; Han, Hiragana and Katakana count as one
	SplitByNumber            bool // digits are a script of their own kind
	SplitDigits              bool // each digit is a piece
	TreatWhitespaceAsSuffix  bool // the white space between two words belongs to the first
	AllowWhitespaceOnly      bool // pieces of several white spaces
	PretokenizationDelimiter string
	// PretokenizationDelimiter is text that no piece crosses, for unigram and BPE models; it does
	// not become part of any.

	// How text is normalised, in training as later in use.
	Normalization          string    // a name that charsmap.Named knows
	NormalizationRules     io.Reader // rules as charsmap.ReadTSV reads them, in place of Normalization
	AddDummyPrefix         bool      // a space before the text, so that its first word is like the others
	RemoveExtraWhitespaces bool      // of several spaces one; none at the ends

	// Which sentences are used.
	InputSentenceSize int    // at most so many, 0 for all
	ShuffleInput      bool   // draws them from all the text, in place of the first
	Seed              uint64 // of that draw
	MaxSentenceLength int    // in bytes; longer ones are left out

	// How a unigram model is found.
	SeedSize        int         // candidates to begin with; 0 for eight times the vocabulary, at least 100,000
	Seeds           []SeedPiece // candidates in place of those found in the text
	ShrinkingFactor float64     // part of the pieces that a pruning keeps, from 0.5 to 0.95
	SubIterations   int         // rounds of expectation maximisation between two prunings, from 1 to 10

	// Threads is how many goroutines work; 0 for as many as there are processors. It never changes
	// the model.
	Threads int
	// Progress, where set, is told what is being done.
	Progress func(Progress)
}

// SeedPiece is a candidate for a piece of a unigram model, and how often it occurs.
type SeedPiece struct {
	Text  string
	Count int64
}

// Progress is a step of training.
type Progress struct {
	Stage     string
	Sentences int // or words that are worked on, where known
	Pieces    int // that a unigram model still has, or a BPE model already
}

// Defaults returns the options that spm_train uses where it is told nothing else.
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

// maxVocabSize is above every published vocabulary, and keeps ids within what a model file can say.
const maxVocabSize = math.MaxInt32

func (o *Options) check() error {
	subword := o.Type == Unigram || o.Type == BPE
	for _, c := range []struct {
		bad  bool
		what string
	}{
		{typeNames[o.Type] == "", fmt.Sprintf("%v is no type of model", o.Type)},
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
		{o.NormalizationRules == nil && o.Normalization == "", "Normalization names no rules; identity has none"},
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
