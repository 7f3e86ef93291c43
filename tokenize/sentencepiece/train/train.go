package train

import (
	"context"
	"fmt"
	"iter"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// Train trains a model on sentences. The same sentences in the same order and the same options give
// the same model, byte for byte.
//
// It skips sentences that are empty, longer than MaxSentenceLength or contain U+2585. Bytes that
// are not UTF-8 are read as U+FFFD. It returns the first error of the sequence, and stops when ctx
// is done.
func Train(ctx context.Context, sentences iter.Seq2[Sentence, error], o Options) (*Model, error) {
	m, err := train(ctx, sentences, o)
	if err != nil {
		return nil, fmt.Errorf("training a %s model: %w", o.Type, err)
	}
	return m, nil
}

func train(ctx context.Context, sentences iter.Seq2[Sentence, error], o Options) (*Model, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	special, err := assignSpecial(&o)
	if err != nil {
		return nil, err
	}
	n, err := newNormalizer(&o, special)
	if err != nil {
		return nil, err
	}
	o.progress(Progress{Stage: "reading text"})
	c, err := load(ctx, sentences, &o, n)
	if err != nil {
		return nil, err
	}
	if err := c.keepChars(&o); err != nil {
		return nil, err
	}
	if least := len(c.chars) + len(special); (o.Type == Unigram || o.Type == BPE) && least > o.VocabSize {
		return nil, fmt.Errorf("VocabSize is %d, but %d characters and %d special pieces must be in it; raise it to %d or lower CharacterCoverage",
			o.VocabSize, len(c.chars), len(special), least)
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	pieces, err := c.pieces(ctx, &o, len(special))
	if err != nil {
		return nil, err
	}
	vocabulary, err := assemble(&o, special, pieces)
	if err != nil {
		return nil, err
	}
	return &Model{pieces: vocabulary, options: o, normalizer: n}, nil
}

func (c *corpus) pieces(ctx context.Context, o *Options, special int) ([]piece, error) {
	switch o.Type {
	case Unigram:
		return trainUnigram(ctx, c, o, special)
	case BPE:
		return trainBPE(ctx, c, o, special)
	case Word:
		return trainWords(c, o, special)
	}
	return trainCharacters(c, o, special)
}

// assemble gives pieces the ids that special pieces don't have.
func assemble(o *Options, special specialPieces, pieces []piece) ([]sentencepiece.Piece, error) {
	size := o.VocabSize
	if o.UseAllVocab {
		size = len(special) + len(pieces)
	}
	vocabulary := make([]sentencepiece.Piece, 0, len(special)+len(pieces))
	ids := map[string]int{}
	for id := 0; id < size; id++ {
		p, ok := special[id]
		switch {
		case ok && id != len(vocabulary):
			return nil, fmt.Errorf("special piece %q has the id %d, but the text gives only %d pieces before it", p.Text, id, len(vocabulary))
		case !ok && len(pieces) > 0:
			p, pieces = sentencepiece.Piece{Text: pieces[0].text, Score: pieces[0].score, Kind: sentencepiece.Normal}, pieces[1:]
		case !ok:
			continue
		}
		if other, taken := ids[p.Text]; taken {
			return nil, fmt.Errorf("pieces %d and %d are both %q", other, id, p.Text)
		}
		ids[p.Text] = id
		vocabulary = append(vocabulary, p)
	}
	if len(vocabulary) < size && o.HardVocabLimit && o.Type != Character {
		return nil, &TooFewPiecesError{Want: size, Pieces: len(vocabulary)}
	}
	return vocabulary, nil
}

// TooFewPiecesError is returned if a text gives fewer pieces than Options.VocabSize and
// HardVocabLimit is set.
type TooFewPiecesError struct {
	Want, Pieces int // VocabSize, and the number of pieces that the text gives
}

func (e *TooFewPiecesError) Error() string {
	return fmt.Sprintf("VocabSize is %d, but the text gives only %d pieces; lower it, or unset HardVocabLimit", e.Want, e.Pieces)
}
