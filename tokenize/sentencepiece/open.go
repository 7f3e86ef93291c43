package sentencepiece

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/pali3/pali3/tokenize/internal/filekind"
)

// maxModelBytes bounds what Open reads. The largest published models have about 5 MB.
const maxModelBytes = 1 << 28

// Open reads the model in the named file.
func Open(path string) (*Model, error) {
	proto, err := ReadProto(path)
	if err != nil {
		return nil, err
	}
	m, err := New(proto)
	if err != nil {
		return nil, fmt.Errorf("reading SentencePiece model %s: %w", path, err)
	}
	return m, nil
}

// notModel returns an error that says what the content of a file is if it is not a model. err is
// why it could not be parsed.
func notModel(data []byte, err error) error {
	switch what := filekind.Of(data); what {
	case filekind.Binary:
		return fmt.Errorf("not a SentencePiece model: %w", err)
	case filekind.TokenizerJSON:
		return errors.New("this is a tokenizer.json, not a SentencePiece model; `pali3 tokenizer import` converts it if it describes one")
	default:
		return fmt.Errorf("this is %s, not a SentencePiece model", what)
	}
}

// ReadProto reads a .model file for inspection or modification. [New] makes a model of the result.
func ReadProto(path string) (*Proto, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading SentencePiece model: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxModelBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading SentencePiece model %s: %w", path, err)
	}
	if len(data) > maxModelBytes {
		return nil, fmt.Errorf("reading SentencePiece model %s: longer than %d bytes", path, maxModelBytes)
	}
	proto, err := ParseProto(data)
	if err == nil && len(proto.Pieces) == 0 {
		err = errors.New("it has no pieces")
	}
	if err != nil {
		return nil, fmt.Errorf("reading SentencePiece model %s: %w", path, notModel(data, err))
	}
	return proto, nil
}

// Parse reads a model from the content of a .model file.
func Parse(data []byte) (*Model, error) {
	proto, err := ParseProto(data)
	if err != nil {
		return nil, notModel(data, err)
	}
	return New(proto)
}
