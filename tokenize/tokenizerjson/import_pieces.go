package tokenizerjson

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// unigram returns the pieces of a Unigram model.
func (m model) unigram() ([]sentencepiece.Piece, error) {
	texts, scores, err := m.scored()
	if err != nil {
		return nil, err
	}
	pieces := make([]sentencepiece.Piece, len(texts))
	for id, text := range texts {
		pieces[id] = sentencepiece.Piece{Text: text, Score: float32(scores[id]), Kind: sentencepiece.Normal}
	}
	if m.UnkID == nil {
		return nil, other("its Unigram has no unknown piece (unk_id null)")
	}
	if *m.UnkID < 0 || int(*m.UnkID) >= len(pieces) {
		return nil, fmt.Errorf("unk_id of the model is %d, of %d pieces", *m.UnkID, len(pieces))
	}
	pieces[*m.UnkID].Kind = sentencepiece.Unknown
	if m.ByteFallback {
		have := map[string]bool{}
		for _, text := range texts {
			have[text] = true
		}
		for b := range 256 {
			if !have[byteString(byte(b))] {
				return nil, other("its Unigram has byte_fallback, but no piece %s", byteString(byte(b)))
			}
		}
	}
	markBytes(pieces, m.ByteFallback)
	return pieces, nil
}

// markBytes makes <0x00> to <0xFF> byte pieces, whose scores have no meaning.
func markBytes(pieces []sentencepiece.Piece, fallback bool) {
	for i := range pieces {
		if fallback && isBytePiece(pieces[i].Text) {
			pieces[i].Score, pieces[i].Kind = 0, sentencepiece.Byte
		}
	}
}

// checkPieces refuses pieces with which the model would give different ids.
func checkPieces(p *sentencepiece.Proto, s *spacing) error {
	known := map[rune]bool{}
	for _, piece := range p.Pieces {
		if r, size := utf8.DecodeRuneInString(piece.Text); size == len(piece.Text) && piece.Kind == sentencepiece.Normal {
			known[r] = true
		}
	}
	if (s.split || s.words) && !known['\u2581'] && !p.Trainer.ByteFallback {
		return other("its pre-tokenizer splits at spaces, and %q is not a piece: an unknown character is not joined with those of the word before it", space)
	}
	for id, piece := range p.Pieces {
		if piece.Kind == sentencepiece.Normal && (s.split || s.words) && strings.LastIndex(piece.Text, space) > 0 {
			return other("its pre-tokenizer splits at spaces, and the piece %d, %q, spans one", id, piece.Text)
		}
	}
	if p.Trainer.Type != sentencepiece.Unigram {
		return nil
	}
	return checkUnknown(p, known)
}

// checkUnknown refuses pieces with which an unknown character has different scores. It scores 10
// less than the worst piece: of all pieces in tokenizers, of the ordinary ones in SentencePiece.
// This matters if a character without a piece is part of a longer piece.
func checkUnknown(p *sentencepiece.Proto, known map[rune]bool) error {
	worst, ordinary := &p.Pieces[0], (*sentencepiece.Piece)(nil)
	part := "" // a piece with a character that is not a piece
	for i := range p.Pieces {
		piece := &p.Pieces[i]
		if piece.Score < worst.Score {
			worst = piece
		}
		if piece.Kind != sentencepiece.Normal {
			continue
		}
		if ordinary == nil || piece.Score < ordinary.Score {
			ordinary = piece
		}
		if strings.ContainsFunc(piece.Text, func(r rune) bool { return !known[r] }) {
			part = piece.Text
		}
	}
	if part != "" && ordinary != nil && worst.Score < ordinary.Score {
		return other("the piece %q scores %v, less than all ordinary ones, which changes the score of an unknown character", worst.Text, worst.Score)
	}
	return nil
}
