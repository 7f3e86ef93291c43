package tokenizerjson

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// notes describes the texts for which tokenizers and the model give different ids.
func (f *file) notes(p *sentencepiece.Proto, s *spacing) (notes []string) {
	var spelled []string
	for _, piece := range p.Pieces {
		if piece.Kind == sentencepiece.Unknown || piece.Kind == sentencepiece.Control && isMarkup(piece.Text) {
			spelled = append(spelled, fmt.Sprintf("%q", piece.Text))
		}
	}
	if n := len(spelled); n > 0 {
		if n > 4 {
			spelled = append(spelled[:3], fmt.Sprintf("and %d more", n-3))
		}
		notes = append(notes, "text that spells a special piece or the unknown piece ("+strings.Join(spelled, ", ")+"): tokenizers finds it there, SentencePiece does not")
	}
	if s.lower && slices.ContainsFunc(p.Pieces, func(piece sentencepiece.Piece) bool {
		return piece.Kind == sentencepiece.UserDefined && isMarkup(piece.Text)
	}) {
		notes = append(notes, "text that spells an added token in upper case: SentencePiece finds it there")
	}
	if p.Normalizer.RemoveExtraWhitespaces || slices.ContainsFunc(f.AddedTokens, addedToken.inVisibleSpace) {
		notes = append(notes, "text that contains the character "+space+", which means a space in pieces")
	}
	if len(s.charsmap) > 0 {
		notes = append(notes, "rules for several characters, for example a letter with a mark of another script: tokenizers applies them to each visible character, SentencePiece to the whole text")
		if left, _ := s.whiteSpace(nil); len(left) > 0 {
			notes = append(notes, fmt.Sprintf("rare white space (%s): only tokenizers splits words at it", strings.Trim(fmt.Sprintf("%U", left), "[]")))
		}
	}
	if p.Trainer.Type == sentencepiece.Unigram {
		notes = append(notes, "segmentations with equal or nearly equal scores: tokenizers adds scores in double precision, SentencePiece in single")
		if p.Trainer.ByteFallback {
			notes = append(notes, `text that spells a byte piece ("<0x41>")`)
		}
	}
	return notes
}
