package tokenizerjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/sugarme/tokenizer"
	"github.com/sugarme/tokenizer/pretrained"
)

// What is given to github.com/sugarme/tokenizer: it allocates some 1,300 bytes for each of a text.
const (
	maxSugarmeText  = 1 << 14 // bytes of a text
	maxSugarmeVocab = 1 << 24 // bytes of the vocabulary in the file
	maxSugarmeWord  = 100     // characters of a word that WordPiece takes apart, which is quadratic
)

// sugarme is a tokenizer whose ids come from github.com/sugarme/tokenizer. The pipeline decodes,
// and takes the texts that the library is not given or fails at.
type sugarme struct {
	*pipeline
	library *tokenizer.Tokenizer
}

// provenForSugarme reports whether a file is of the one kind for which github.com/sugarme/tokenizer
// v0.3.0 gave the ids of tokenizers for every text of every file of a grid
// (parity/tokenizers_grid.py --plain) and cannot reach its calls of log.Fatal, which end the
// process: words looked up whole (WordLevel) or in parts (WordPiece), in a text that is as it
// stands or has a prefix, and cut at single spaces, at digits or nowhere; without added tokens.
// docs/tokenizer.md says what goes wrong beyond.
func (f *file) provenForSugarme() bool {
	m := f.Model
	if m.UnkToken == nil || len(m.Vocab) > maxSugarmeVocab || len(f.AddedTokens) > 0 {
		return false
	}
	switch m.Type {
	case "WordLevel":
	case "WordPiece":
		if m.Prefix == nil || *m.Prefix != "##" || m.MaxChars == nil || *m.MaxChars > maxSugarmeWord {
			return false
		}
	default:
		return false
	}
	if n := f.Normalizer; n != nil && n.Type != "Prepend" {
		return false
	}
	if c := f.PreTokenizer; c != nil && c.Type != "Digits" {
		if c.Type != "Split" || c.Pattern == nil || c.Pattern.String == nil || *c.Pattern.String != " " {
			return false
		}
	}
	return true
}

// openSugarme gives the library what makes the ids: normalizer, pre-tokenizer and model.
func openSugarme(f *file, p *pipeline) (s *sugarme, err error) {
	defer func() {
		if r := recover(); r != nil {
			s, err = nil, fmt.Errorf("sugarme/tokenizer fails at this file: %v", r)
		}
	}()
	data, err := json.Marshal(file{Version: f.Version, Normalizer: f.Normalizer, PreTokenizer: f.PreTokenizer, Model: f.Model})
	if err != nil {
		return nil, fmt.Errorf("writing it for sugarme/tokenizer: %w", err)
	}
	library, err := pretrained.FromReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("sugarme/tokenizer: %w", err)
	}
	return &sugarme{p, library}, nil
}

// AppendIDs appends the ids of text to dst.
func (s *sugarme) AppendIDs(dst []int32, text string) []int32 {
	if len(text) > maxSugarmeText || !utf8.ValidString(text) {
		return s.pipeline.AppendIDs(dst, text)
	}
	ids, err := s.encode(text)
	if err != nil {
		return s.pipeline.AppendIDs(dst, text)
	}
	dst = slices.Grow(dst, len(ids))
	for _, id := range ids {
		dst = append(dst, int32(id))
	}
	return dst
}

// encode returns the library's ids; where it panics, that is an error.
func (s *sugarme) encode(text string) (ids []int, err error) {
	defer func() {
		if r := recover(); r != nil {
			ids, err = nil, fmt.Errorf("sugarme/tokenizer fails at a text: %v", r)
		}
	}()
	encoding, err := s.library.EncodeSingle(text, false)
	if err != nil {
		return nil, fmt.Errorf("sugarme/tokenizer: %w", err)
	}
	return encoding.Ids, nil
}
