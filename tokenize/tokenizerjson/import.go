package tokenizerjson

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// ErrNotSentencePiece is returned for a tokenizer.json that no SentencePiece model is equivalent
// to.
var ErrNotSentencePiece = errors.New("not a SentencePiece model")

// Imported is the SentencePiece model that a tokenizer.json describes.
type Imported struct {
	Proto *sentencepiece.Proto
	// Notes describe the kinds of text that tokenizers encodes differently, one note each. No
	// SentencePiece model could encode them in the same way, and ordinary text does not contain
	// them: the spelling of a special token, for example.
	Notes []string
}

// Import reads a tokenizer.json, with the added_tokens.json and special_tokens_map.json in its
// folder, as a SentencePiece model. If the file describes another kind of tokenizer, the error
// wraps ErrNotSentencePiece and says why.
func Import(path string) (*Imported, error) {
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	found, err := importData(data, filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("reading tokenizer %s: %w", path, err)
	}
	return found, nil
}

// importData is Import for the content of a file. dir is the folder with the files beside it, or
// "".
func importData(data []byte, dir string) (found *Imported, err error) {
	defer func() {
		if r := recover(); r != nil {
			found, err = nil, other("it cannot be read: %v", r)
		}
	}()
	f, err := parse(data, dir)
	if err != nil {
		return nil, err
	}
	return f.sentencePiece()
}

// other returns ErrNotSentencePiece with a reason.
func other(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrNotSentencePiece, fmt.Sprintf(format, args...))
}

// space is the visible space in pieces.
const space = "\u2581"

// sentencePiece converts the file to a model that gives the same ids, or returns an error that
// wraps ErrNotSentencePiece.
func (f *file) sentencePiece() (*Imported, error) {
	if err := f.limits(); err != nil {
		return nil, other("%v", err)
	}
	if own := f.exported(); own != nil {
		return own, nil
	}
	if f.Model.Type != "Unigram" && f.Model.Type != "BPE" {
		return nil, other("the model is a %q", f.Model.Type)
	}
	if err := f.flags(); err != nil {
		return nil, err
	}
	s, err := f.spacing()
	if err != nil {
		return nil, err
	}
	if err := f.checkSides(s); err != nil {
		return nil, err
	}
	if err := checkDecoder(f.Decoder); err != nil {
		return nil, err
	}
	spec, err := s.normalizer()
	if err != nil {
		return nil, err
	}
	p := &sentencepiece.Proto{
		Trainer:    sentencepiece.TrainerSpec{Type: sentencepiece.Unigram, ByteFallback: f.Model.ByteFallback, UnkSurface: sentencepiece.DefaultUnkSurface},
		Normalizer: spec,
	}
	if f.Model.Type == "BPE" {
		p.Trainer.Type = sentencepiece.BPE
		p.Pieces, err = f.Model.bpe()
	} else {
		p.Pieces, err = f.Model.unigram()
	}
	if err != nil {
		return nil, err
	}
	if err := f.addPieces(p); err != nil {
		return nil, err
	}
	if err := f.checkTokens(p, s); err != nil {
		return nil, err
	}
	if err := checkPieces(p, s); err != nil {
		return nil, err
	}
	if _, err := sentencepiece.New(p); err != nil {
		return nil, other("%v", err)
	}
	return &Imported{Proto: p, Notes: f.notes(p, s)}, nil
}

// checkDecoder refuses a decoder that does something that SentencePiece's does not do.
func checkDecoder(s *step) error {
	if s == nil {
		return nil
	}
	switch s.Type {
	case "Sequence":
		for i := range s.Decoders {
			if err := checkDecoder(&s.Decoders[i]); err != nil {
				return err
			}
		}
		return nil
	case "ByteFallback", "Fuse":
		return nil
	case "Metaspace":
		if s.Replacement == space {
			return nil
		}
		return other("its decoder Metaspace has the replacement %q", s.Replacement)
	case "Strip":
		if s.Content != nil && *s.Content == " " && (s.Stop == nil || *s.Stop == 0) {
			return nil
		}
		return other("its decoder Strip removes more than spaces at the start")
	case "Replace":
		if s.Pattern != nil && s.Pattern.String != nil && s.Content != nil && *s.Pattern.String == space && *s.Content == " " {
			return nil
		}
		return other("its decoder Replace writes %s for %s", asJSON(s.Content), asJSON(s.Pattern))
	}
	return other("its decoder is a %s", s.Type)
}
