package tokenizerjson

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/tokenize/internal/filekind"
	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// Tokenizer turns text into ids and ids into text; it adds no special tokens. Its methods may be
// called concurrently.
type Tokenizer interface {
	AppendIDs(dst []int32, text string) []int32
	Decode(ids []int32) string
	Len() int
}

// Open returns the tokenizer of a file: a SentencePiece .model, or a tokenizer.json with the files
// in its folder. It gives the same ids as Hugging Face's tokenizers. If a tokenizer.json has a step
// that Open cannot run, and describes no SentencePiece model either, the error names the step.
func Open(path string) (Tokenizer, error) {
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	if !isJSON(path, data) {
		return sentencepiece.Open(path)
	}
	f, err := parse(data, filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("reading tokenizer %s: %w", path, err)
	}
	p, refused := f.compileSafely()
	if refused == nil {
		return f.runner(p), nil
	}
	imported, err := importData(data, filepath.Dir(path))
	if err == nil {
		var m *sentencepiece.Model
		if m, err = sentencepiece.New(imported.Proto); err == nil {
			return m, nil
		}
	}
	if !errors.Is(err, ErrNotSentencePiece) {
		return nil, fmt.Errorf("reading tokenizer %s: %w", path, err)
	}
	return nil, fmt.Errorf("reading tokenizer %s: pali3 cannot run this tokenizer.json: %w (%w)", path, refused, err)
}

// runner returns what runs a file with the pipeline p: sugarme/tokenizer for the one kind of file
// for which its ids are proven to be the same, else p.
func (f *file) runner(p *pipeline) Tokenizer {
	if f.provenForSugarme() {
		if s, err := openSugarme(f, p); err == nil {
			return s
		}
	}
	return p
}

// OpenModel returns the SentencePiece model of a .model, or of a tokenizer.json that describes one.
// The notes are those of [Imported]: the texts that tokenizers encodes differently.
func OpenModel(path string) (m *sentencepiece.Model, notes []string, err error) {
	data, err := read(path)
	if err != nil {
		return nil, nil, err
	}
	if !isJSON(path, data) {
		m, err = sentencepiece.Open(path)
		return m, nil, err
	}
	imported, err := importData(data, filepath.Dir(path))
	if err == nil {
		m, err = sentencepiece.New(imported.Proto)
	}
	switch {
	case err == nil:
		return m, imported.Notes, nil
	case filekind.Of(data) == filekind.TokenizerJSON:
		return nil, nil, fmt.Errorf("reading model %s: this is a tokenizer.json, of which `pali3 tokenizer import` cannot make a SentencePiece model: %w", path, err)
	}
	return nil, nil, fmt.Errorf("reading model %s: %w", path, err)
}

// isJSON reports whether a file is to be read as tokenizer.json.
func isJSON(path string, data []byte) bool {
	switch filekind.Of(data) {
	case filekind.TokenizerJSON, filekind.JSON:
		return true
	}
	return strings.HasSuffix(path, ".json")
}
