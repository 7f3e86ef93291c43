// Package tokenizerjson reads and writes tokenizer.json, the format of Hugging Face's tokenizers.
//
// [Open] gives a tokenizer for any such file. Where the file describes a SentencePiece model, as those of T5, SigLIP,
// Gemma, Llama and XLM-R do, it becomes one (package sentencepiece), which gives the ids of the model that the file was
// made from; everything else is run by github.com/sugarme/tokenizer. [Import] gives that model itself, to be saved as
// a .model file, and [Export] writes the file of a model.
//
// The format is that of the crate tokenizers 0.23: a pipeline of added tokens, normalizer, pre-tokenizer, model,
// post-processor and decoder, each an object with a "type".
package tokenizerjson

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// file is the content of tokenizer.json, as far as it matters here.
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

// step is one normalizer, pre-tokenizer, post-processor or decoder; which fields it has goes by its type.
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
	AddPrefix     *bool    `json:"add_prefix_space,omitempty"` // of Metaspace, in older files
	Split         *bool    `json:"split,omitempty"`
}

// pattern is what is replaced: a string or a regular expression.
type pattern struct {
	String *string `json:"String,omitempty"`
	Regex  *string `json:"Regex,omitempty"`
}

// model is a Unigram or a BPE; other types are left to sugarme/tokenizer.
type model struct {
	Type         string          `json:"type"`
	UnkID        *int32          `json:"unk_id,omitempty"`    // of Unigram
	UnkToken     *string         `json:"unk_token,omitempty"` // of BPE
	Vocab        json.RawMessage `json:"vocab"`               // [[piece, score], ...] or {piece: id, ...}
	Merges       json.RawMessage `json:"merges,omitempty"`    // of BPE: ["a b", ...] or [["a", "b"], ...]
	ByteFallback bool            `json:"byte_fallback"`
	FuseUnk      bool            `json:"fuse_unk,omitempty"`
	IgnoreMerges bool            `json:"ignore_merges,omitempty"`
	Dropout      *float64        `json:"dropout,omitempty"`
	Prefix       *string         `json:"continuing_subword_prefix,omitempty"`
	Suffix       *string         `json:"end_of_word_suffix,omitempty"`
}

// maxFile bounds what is read; the largest published files are some 35 MB long.
const maxFile = 1 << 28

// read returns the content of a tokenizer.json.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading tokenizer: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading tokenizer %s: %w", path, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("reading tokenizer %s: longer than %d bytes", path, maxFile)
	}
	return data, nil
}

// parse reads a tokenizer.json and, where it stands beside it, added_tokens.json and special_tokens_map.json.
func parse(data []byte, dir string) (*file, error) {
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("not a tokenizer.json: %w", err)
	}
	if f.Model.Type == "" && len(f.Model.Vocab) == 0 {
		return nil, fmt.Errorf("not a tokenizer.json: it has no model")
	}
	if dir == "" {
		return &f, nil
	}
	if err := f.addTokens(filepath.Join(dir, "added_tokens.json")); err != nil {
		return nil, err
	}
	return &f, f.markSpecial(filepath.Join(dir, "special_tokens_map.json"))
}

// addTokens adds the tokens of an added_tokens.json, {content: id, ...}, that the file does not have itself.
func (f *file) addTokens(path string) error {
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	var tokens map[string]int32
	if err == nil {
		err = json.Unmarshal(data, &tokens)
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	known := map[string]bool{}
	for _, t := range f.AddedTokens {
		known[t.Content] = true
	}
	for _, content := range sortedByID(tokens) {
		if !known[content] {
			f.AddedTokens = append(f.AddedTokens, addedToken{ID: tokens[content], Content: content})
		}
	}
	return nil
}

// markSpecial makes those tokens special that a special_tokens_map.json names: {"eos_token": "</s>", ...}, where a
// value may also be an object with a content or a list of either.
func (f *file) markSpecial(path string) error {
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	var named map[string]any
	if err == nil {
		err = json.Unmarshal(data, &named)
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	special := map[string]bool{}
	for _, value := range named {
		collectContents(value, special)
	}
	for i, t := range f.AddedTokens {
		f.AddedTokens[i].Special = t.Special || special[t.Content]
	}
	return nil
}

func collectContents(value any, into map[string]bool) {
	switch v := value.(type) {
	case string:
		into[v] = true
	case map[string]any:
		collectContents(v["content"], into)
	case []any:
		for _, each := range v {
			collectContents(each, into)
		}
	}
}
