package tokenizerjson

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/sugarme/tokenizer"
	"github.com/sugarme/tokenizer/pretrained"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// Tokenizer turns text into ids and ids into text; it adds no special tokens. Its methods may be called
// concurrently.
type Tokenizer interface {
	AppendIDs(dst []int32, text string) []int32
	Decode(ids []int32) string
	Len() int
}

// Open returns the tokenizer of a file: a SentencePiece .model, or a tokenizer.json with the files beside it. The
// tokenizer of a .json is a *sentencepiece.Model wherever the file describes one.
func Open(path string) (Tokenizer, error) {
	if !strings.HasSuffix(path, ".json") {
		return sentencepiece.Open(path)
	}
	imported, err := Import(path)
	if err == nil {
		return modelOf(imported, path)
	}
	if !errors.Is(err, ErrNotSentencePiece) {
		return nil, err
	}
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	foreign, err := openForeign(data)
	if err != nil {
		return nil, fmt.Errorf("reading tokenizer %s: %w", filepath.Base(path), err)
	}
	return foreign, nil
}

func modelOf(imported *Imported, path string) (Tokenizer, error) {
	m, err := sentencepiece.New(imported.Proto)
	if err != nil {
		return nil, fmt.Errorf("reading tokenizer %s: %w", path, err)
	}
	if imported.Lower {
		return lowered{m}, nil
	}
	return m, nil
}

// lowered puts text into lower case first.
type lowered struct{ *sentencepiece.Model }

func (l lowered) AppendIDs(dst []int32, text string) []int32 {
	return l.Model.AppendIDs(dst, strings.ToLower(text))
}

// foreign is a tokenizer that github.com/sugarme/tokenizer runs.
type foreign struct{ t *tokenizer.Tokenizer }

// openForeign reads a file; that library panics at some that are broken.
func openForeign(data []byte) (f foreign, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("sugarme/tokenizer: %v", r)
		}
	}()
	t, err := pretrained.FromReader(bytes.NewReader(data))
	return foreign{t}, err
}

func (f foreign) AppendIDs(dst []int32, text string) []int32 {
	encoding, err := f.t.EncodeSingle(text, false)
	if err != nil {
		return dst
	}
	for _, id := range encoding.Ids {
		dst = append(dst, int32(id))
	}
	return dst
}

func (f foreign) Decode(ids []int32) string {
	wide := make([]int, len(ids))
	for i, id := range ids {
		wide[i] = int(id)
	}
	return f.t.Decode(wide, true)
}

func (f foreign) Len() int { return f.t.GetVocabSize(true) }
