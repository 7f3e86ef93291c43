package tokenizerjson

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/tokenize/internal/charsmap"
	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// flags refuses added tokens that take the spaces beside them or are found only as whole words, and
// special tokens that are ordinary text.
func (f *file) flags() error {
	for _, t := range f.AddedTokens {
		if t.Special {
			if !isMarkup(t.Content) {
				return other("the special added token %q is ordinary text, in which a SentencePiece model does not find it", t.Content)
			}
			continue
		}
		for _, flag := range []struct {
			name string
			set  bool
		}{{"lstrip", t.LStrip}, {"rstrip", t.RStrip}, {"single_word", t.SingleWord}} {
			if flag.set {
				return other("the added token %q has %s true", t.Content, flag.name)
			}
		}
	}
	return nil
}

// addPieces sets the kinds of added tokens: special ones are never found in text, others always.
// Ids beyond the vocabulary must follow it without a gap.
func (f *file) addPieces(p *sentencepiece.Proto) error {
	tokens := slices.Clone(f.AddedTokens)
	slices.SortStableFunc(tokens, func(a, b addedToken) int { return cmp.Compare(a.ID, b.ID) })
	for _, t := range tokens {
		kind := sentencepiece.UserDefined
		switch {
		case t.Special:
			kind = sentencepiece.Control
		case t.inVisibleSpace(): // found only in text that contains a visible space
			kind = sentencepiece.Unused
		}
		switch {
		case t.ID < 0 || int(t.ID) > len(p.Pieces):
			return fmt.Errorf("added token %q has the id %d, which leaves a gap after %d pieces", t.Content, t.ID, len(p.Pieces))
		case int(t.ID) == len(p.Pieces):
			if kind == sentencepiece.Unused {
				kind = sentencepiece.Control
			}
			p.Pieces = append(p.Pieces, sentencepiece.Piece{Text: t.Content, Kind: kind})
		case p.Pieces[t.ID].Text != t.Content:
			return fmt.Errorf("added token %q has the id %d of the piece %q", t.Content, t.ID, p.Pieces[t.ID].Text)
		case kind == sentencepiece.Unused:
		case p.Pieces[t.ID].Kind != sentencepiece.Unknown && p.Pieces[t.ID].Kind != sentencepiece.Byte:
			p.Pieces[t.ID].Kind = kind
		}
	}
	for id, piece := range p.Pieces {
		if piece.Text == "" {
			return fmt.Errorf("id %d has no piece", id)
		}
	}
	return nil
}

// inVisibleSpace reports whether a token contains a visible space and is looked for before spaces
// are made visible.
func (t addedToken) inVisibleSpace() bool {
	return !t.Special && !t.Normalized && strings.Contains(t.Content, space)
}

// checkSides refuses added tokens if spaces are added or removed at the ends of a text, because
// tokenizers treats the text before a token and the text after it as separate texts.
func (f *file) checkSides(s *spacing) error {
	for _, t := range f.AddedTokens {
		unknown := f.Model.UnkToken != nil && *f.Model.UnkToken == t.Content || f.Model.UnkID != nil && *f.Model.UnkID == t.ID
		if t.Special || t.inVisibleSpace() || unknown || f.Model.ByteFallback && isBytePiece(t.Content) {
			continue
		}
		switch {
		case s.scheme == "first":
			return other("the added token %q is not special, and its Metaspace has prepend_scheme first: tokenizers puts no space before a text that begins with the token, SentencePiece does", t.Content)
		case s.scheme == "always":
			return other("the added token %q is not special, and its Metaspace has prepend_scheme always: tokenizers puts a space before what follows the token, SentencePiece does not", t.Content)
		case s.prepended:
			return other("the added token %q is not special, and its normalizer Prepend puts a space before what follows the token, SentencePiece does not", t.Content)
		case s.trimmed():
			return other("the added token %q is not special, and tokenizers treats spaces beside it like those at the ends of a text", t.Content)
		}
	}
	return nil
}

// checkTokens refuses added tokens that a user-defined piece cannot replace.
func (f *file) checkTokens(p *sentencepiece.Proto, s *spacing) error {
	rules, err := charsmap.Parse(p.Normalizer.PrecompiledCharsmap)
	if err != nil {
		return err
	}
	if found := slices.IndexFunc(f.AddedTokens, func(t addedToken) bool { return !t.Special }); found >= 0 && p.Trainer.Type == sentencepiece.Unigram &&
		len(f.AddedTokens)*len(p.Pieces) > maxComparisons {
		return other("it has %d added tokens and %d pieces, too many to compare; the first is %q", len(f.AddedTokens), len(p.Pieces), f.AddedTokens[found].Content)
	}
	for _, t := range f.AddedTokens {
		if t.Special || t.inVisibleSpace() || p.Pieces[t.ID].Kind != sentencepiece.UserDefined {
			continue
		}
		switch {
		case strings.ContainsAny(t.Content, " "):
			return other("the added token %q has a space in it", t.Content)
		case rules != nil && len(s.charsmap) > 0:
			return other("the added token %q is not special, and rules for characters (Precompiled) may produce or change it", t.Content)
		case rules != nil && changedBy(rules, t.Content):
			return other("the added token %q is not special, and Lowercase changes it (normalized: %v)", t.Content, t.Normalized)
		case rules != nil && !isMarkup(t.Content) && strings.ContainsAny(rules.Replacements(), t.Content):
			return other("the added token %q is not special, and Lowercase may produce it (normalized: %v)", t.Content, t.Normalized)
		}
		if p.Trainer.Type == sentencepiece.Unigram {
			if other := overlap(p, t.Content); other != "" {
				return otherPiece(t.Content, other)
			}
		}
	}
	return nil
}

func otherPiece(token, piece string) error {
	return other("the added token %q is not special, and the piece %q, which contains a part of it, may score higher", token, piece)
}

// maxComparisons bounds how often an added token is compared with a piece.
const maxComparisons = 1 << 27

// changedBy reports whether rules for single characters change a token's characters.
func changedBy(rules *charsmap.Map, token string) bool {
	return strings.ContainsFunc(token, func(r rune) bool {
		_, consumed := rules.Match(string(r))
		return consumed > 0
	})
}

// isMarkup reports whether a token has a character that marks it as not ordinary text.
func isMarkup(token string) bool { return strings.ContainsAny(token, "<>[]{}|") }

// overlap returns a piece of a unigram model that contains the token, spans one of its ends, or has
// a score above 0; "" if there is none.
func overlap(p *sentencepiece.Proto, token string) string {
	for _, piece := range p.Pieces {
		if piece.Kind != sentencepiece.Normal {
			continue
		}
		if piece.Score > 0 || strings.Contains(piece.Text, token) {
			return piece.Text
		}
		for n := range token {
			if n == 0 {
				continue
			}
			starts := len(piece.Text) > len(token)-n && strings.HasPrefix(piece.Text, token[n:])
			ends := len(piece.Text) > n && strings.HasSuffix(piece.Text, token[:n])
			if starts || ends {
				return piece.Text
			}
		}
	}
	return ""
}
