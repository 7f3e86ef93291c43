package tokenizerjson

import (
	"fmt"
	"unicode/utf8"
)

// wordLevel looks up whole words.
type wordLevel struct {
	pieces map[string]int32
	unk    int32
}

func (w wordLevel) vocab() map[string]int32 { return w.pieces }
func (w wordLevel) size() int               { return len(w.pieces) }

func (w wordLevel) appendIDs(dst []int32, text []rune) []int32 {
	if id, ok := w.pieces[string(text)]; ok {
		return append(dst, id)
	}
	return append(dst, w.unk)
}

// wordPiece splits off the longest piece at the start of a word, and repeats with the rest, in
// which pieces have a prefix.
type wordPiece struct {
	wordLevel
	prefix  string
	longest int // characters of a word
	piece   int // bytes of the longest piece
}

func (m model) compileWordPiece() (segmenter, error) {
	pieces, err := m.pieceIDs()
	if err != nil {
		return nil, err
	}
	if m.Prefix == nil || m.MaxChars == nil {
		return nil, fmt.Errorf("its model WordPiece lacks continuing_subword_prefix or max_input_chars_per_word")
	}
	if len(*m.Prefix) > maxAffix || *m.MaxChars > maxWord {
		return nil, fmt.Errorf("its model WordPiece has a continuing_subword_prefix of %d bytes and max_input_chars_per_word %d, more than are supported", len(*m.Prefix), *m.MaxChars)
	}
	unk, err := m.unknownID(pieces)
	w := wordPiece{wordLevel{pieces, unk}, *m.Prefix, *m.MaxChars, 0}
	for text := range pieces {
		w.piece = max(w.piece, len(text))
	}
	return w, err
}

func (w wordPiece) appendIDs(dst []int32, text []rune) []int32 {
	if len(text) > w.longest {
		return append(dst, w.unk)
	}
	word, first := string(text), len(dst)
	for start := 0; start < len(word); {
		end, found := min(len(word), start+w.piece), false
		for end < len(word) && !utf8.RuneStart(word[end]) {
			end--
		}
		for end > start {
			piece := word[start:end]
			if start > 0 {
				piece = w.prefix + piece
			}
			if id, ok := w.pieces[piece]; ok {
				dst, found = append(dst, id), true
				break
			}
			_, size := utf8.DecodeLastRuneInString(word[start:end])
			end -= size
		}
		if !found {
			return append(dst[:first], w.unk)
		}
		start = end
	}
	return dst
}
