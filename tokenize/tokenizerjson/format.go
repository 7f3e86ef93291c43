// Package tokenizerjson reads and writes tokenizer.json, the format of Hugging Face's tokenizers.
//
// [Open] runs such a file with the same ids as tokenizers, or returns an error that names the part
// it cannot run. [Import] converts a file to a SentencePiece model (package sentencepiece) if one
// gives the same ids, as for T5, XLM-R, Llama and Gemma. [Export] writes the file of a model.
//
// The format is that of the crate tokenizers 0.23: a pipeline of added tokens, normalizer,
// pre-tokenizer, model, post-processor and decoder, each an object with a "type". The package
// rejects a file with an unknown field or type, and the error names it.
//
// A file is read by parse.go. The files run*.go compile and run its steps, starting with run.go;
// the files import*.go convert it, starting with import.go.
package tokenizerjson

import (
	"encoding/json"
)

// file is the content of tokenizer.json.
type file struct {
	Version      string       `json:"version"`
	Truncation   any          `json:"truncation"`
	Padding      any          `json:"padding"`
	AddedTokens  []addedToken `json:"added_tokens"`
	Normalizer   *step        `json:"normalizer"`
	PreTokenizer *step        `json:"pre_tokenizer"`
	PostProcess  *step        `json:"post_processor"`
	Decoder      *step        `json:"decoder"`
	Model        model        `json:"model"`

	unknown []string // fields and types that are not known, each with where it is
}

// addedToken is a string that is found in a text before anything else.
type addedToken struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"` // decoded to nothing when special tokens are skipped
}

// step is one normalizer, pre-tokenizer, post-processor or decoder; which fields it has goes by its
// type.
type step struct {
	Type string `json:"type"`

	Normalizers   []step `json:"normalizers,omitempty"`   // of a Sequence
	PreTokenizers []step `json:"pretokenizers,omitempty"` // of a Sequence
	Decoders      []step `json:"decoders,omitempty"`      // of a Sequence

	Charsmap      string   `json:"precompiled_charsmap,omitempty"` // of Precompiled, in base64
	Pattern       *pattern `json:"pattern,omitempty"`              // of Replace and Split
	Content       *string  `json:"content,omitempty"`              // of Replace and Strip
	Prepend       *string  `json:"prepend,omitempty"`              // of Prepend
	StripLeft     *bool    `json:"strip_left,omitempty"`           // of Strip as a normalizer
	StripRight    *bool    `json:"strip_right,omitempty"`
	Start         *int     `json:"start,omitempty"` // of Strip as a decoder
	Stop          *int     `json:"stop,omitempty"`
	Replacement   string   `json:"replacement,omitempty"` // of Metaspace
	PrependScheme string   `json:"prepend_scheme,omitempty"`
	AddPrefix     *bool    `json:"add_prefix_space,omitempty"` // of ByteLevel; of Metaspace in older files
	Split         *bool    `json:"split,omitempty"`

	CleanText    *bool   `json:"clean_text,omitempty"` // of BertNormalizer
	ChineseChars *bool   `json:"handle_chinese_chars,omitempty"`
	StripAccents *bool   `json:"strip_accents,omitempty"`
	Lowercase    *bool   `json:"lowercase,omitempty"`
	UseRegex     *bool   `json:"use_regex,omitempty"`         // of ByteLevel
	Behavior     string  `json:"behavior,omitempty"`          // of Split and Punctuation
	Invert       *bool   `json:"invert,omitempty"`            // of Split
	Individual   *bool   `json:"individual_digits,omitempty"` // of Digits
	Delimiter    string  `json:"delimiter,omitempty"`         // of CharDelimiterSplit
	Length       *int    `json:"length,omitempty"`            // of FixedLength
	Prefix       *string `json:"prefix,omitempty"`            // of WordPiece as a decoder
	Cleanup      *bool   `json:"cleanup,omitempty"`
	Suffix       *string `json:"suffix,omitempty"` // of BPEDecoder
}

// pattern is what is replaced: a string or a regular expression.
type pattern struct {
	String *string `json:"String,omitempty"`
	Regex  *string `json:"Regex,omitempty"`
}

// model is a Unigram, BPE, WordPiece or WordLevel.
type model struct {
	Type         string          `json:"type"`
	UnkID        *int32          `json:"unk_id,omitempty"`    // of Unigram
	UnkToken     *string         `json:"unk_token,omitempty"` // of the others
	Vocab        json.RawMessage `json:"vocab"`               // [[piece, score], ...] or {piece: id, ...}
	Merges       json.RawMessage `json:"merges,omitempty"`    // of BPE: ["a b", ...] or [["a", "b"], ...]
	ByteFallback bool            `json:"byte_fallback"`
	FuseUnk      bool            `json:"fuse_unk,omitempty"`
	IgnoreMerges bool            `json:"ignore_merges,omitempty"`
	Dropout      *float64        `json:"dropout,omitempty"`
	Prefix       *string         `json:"continuing_subword_prefix,omitempty"` // of BPE and WordPiece
	Suffix       *string         `json:"end_of_word_suffix,omitempty"`
	MaxChars     *int            `json:"max_input_chars_per_word,omitempty"` // of WordPiece
}

// The fields that each object may have, by its type.
var (
	fileFields  = fields("version truncation padding added_tokens normalizer pre_tokenizer post_processor decoder model")
	tokenFields = fields("id content single_word lstrip rstrip normalized special")
	modelFields = map[string]map[string]bool{
		"BPE":       fields("type dropout unk_token continuing_subword_prefix end_of_word_suffix fuse_unk byte_fallback ignore_merges vocab merges"),
		"Unigram":   fields("type unk_id vocab byte_fallback"),
		"WordPiece": fields("type unk_token continuing_subword_prefix max_input_chars_per_word vocab"),
		"WordLevel": fields("type unk_token vocab"),
	}
	normalizerFields = map[string]map[string]bool{
		"Sequence": fields("type normalizers"), "Precompiled": fields("type precompiled_charsmap"), "Replace": fields("type pattern content"),
		"Prepend": fields("type prepend"), "Strip": fields("type strip_left strip_right"), "StripAccents": fields("type"), "Lowercase": fields("type"),
		"NFC": fields("type"), "NFD": fields("type"), "NFKC": fields("type"), "NFKD": fields("type"), "Nmt": fields("type"), "ByteLevel": fields("type"),
		"BertNormalizer": fields("type clean_text handle_chinese_chars strip_accents lowercase"),
	}
	preTokenizerFields = map[string]map[string]bool{
		"Sequence": fields("type pretokenizers"), "Metaspace": fields("type replacement add_prefix_space prepend_scheme split str_rep"),
		"WhitespaceSplit": fields("type"), "Whitespace": fields("type"), "BertPreTokenizer": fields("type"), "Punctuation": fields("type behavior"),
		"Digits": fields("type individual_digits"), "Split": fields("type pattern behavior invert"), "CharDelimiterSplit": fields("type delimiter"),
		"ByteLevel": fields("type add_prefix_space trim_offsets use_regex"), "FixedLength": fields("type length"),
	}
	decoderFields = map[string]map[string]bool{
		"Sequence": fields("type decoders"), "Metaspace": preTokenizerFields["Metaspace"], "ByteLevel": preTokenizerFields["ByteLevel"],
		"Replace": fields("type pattern content"), "ByteFallback": fields("type"), "Fuse": fields("type"), "Strip": fields("type content start stop"),
		"WordPiece": fields("type prefix cleanup"), "BPEDecoder": fields("type suffix"),
	}
	// Post-processors add special tokens and change no other id.
	postProcessors = fields("TemplateProcessing BertProcessing RobertaProcessing ByteLevel Sequence")
)
