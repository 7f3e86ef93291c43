package sentencepiece

import (
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/tokenize/internal/charsmap"
)

// normalizer rewrites text before it is segmented, as normalizer.cc of SentencePiece does:
// characters by the rules of its charsmap, then white space.
type normalizer struct {
	charsmap               *charsmap.Map
	symbols                *trie // user-defined symbols, which no rule may change; nil without any
	classes                *charClasses
	addDummyPrefix         bool
	removeExtraWhitespaces bool
	whitespaceAsSuffix     bool
	space                  string // what replaces a space
	plainSpace             bool   // no rule and no symbol starts with a space
}

// spaceSymbol is U+2581, LOWER ONE EIGHTH BLOCK: the visible space in pieces.
const spaceSymbol = "\u2581"

// maxSymbolMatches is how many of the user-defined symbols that a text starts with are considered,
// shortest first (normalizer.cc, PrefixMatcher).
const maxSymbolMatches = 64

func newNormalizer(spec NormalizerSpec, symbols *trie, whitespaceAsSuffix bool) (*normalizer, error) {
	rules, err := charsmap.Parse(spec.PrecompiledCharsmap)
	if err != nil {
		return nil, err
	}
	n := &normalizer{
		charsmap:               rules,
		symbols:                symbols,
		classes:                newCharClasses(rules, symbols),
		addDummyPrefix:         spec.AddDummyPrefix,
		removeExtraWhitespaces: spec.RemoveExtraWhitespaces,
		whitespaceAsSuffix:     whitespaceAsSuffix,
		space:                  " ",
	}
	if spec.EscapeWhitespaces {
		n.space = spaceSymbol
	}
	n.plainSpace = n.classes.plainSpace()
	return n, nil
}

// normalized is text in normal form. If aligned is set, origin[i] is the offset in the original
// text that byte i came from; origin has one more entry, for the end.
type normalized struct {
	text    []byte
	spaces  []int // the offsets in text of the spaces
	origin  []int
	aligned bool
}

// reset makes d empty.
func (d *normalized) reset() {
	d.text, d.spaces, d.origin = d.text[:0], d.spaces[:0], d.origin[:0]
}

// add appends s, which came from the offset origin of the original text.
func (d *normalized) add(s string, origin int) {
	d.text = append(d.text, s...)
	if d.aligned {
		for range len(s) {
			d.origin = append(d.origin, origin)
		}
	}
}

// addSpace appends the model's space.
func (d *normalized) addSpace(space string, origin int) {
	d.spaces = append(d.spaces, len(d.text))
	d.add(space, origin)
}

// addRun appends unchanged characters of the original text, which start at the offset origin.
func (d *normalized) addRun(s string, origin int) {
	d.text = append(d.text, s...)
	if d.aligned {
		start := origin
		for i := range len(s) {
			if utf8.RuneStart(s[i]) {
				start = origin + i
			}
			d.origin = append(d.origin, start)
		}
	}
}

// endsWith reports whether text ends with s.
func (d *normalized) endsWith(s string) bool {
	n := len(d.text) - len(s)
	return n >= 0 && d.text[len(d.text)-1] == s[len(s)-1] && string(d.text[n:]) == s
}

// cut truncates d.text to size bytes and returns the original offset of the first byte removed.
func (d *normalized) cut(size int) (origin int) {
	d.text = d.text[:size]
	if d.aligned {
		origin = d.origin[size]
		d.origin = d.origin[:size]
	}
	return origin
}

// normalize writes the normal form of text to dst, which must be empty.
func (n *normalizer) normalize(dst *normalized, text string) {
	at := 0
	if n.removeExtraWhitespaces {
		at = n.leadingSpaces(text)
	}
	if at == len(text) {
		return
	}
	if n.addDummyPrefix && !n.whitespaceAsSuffix {
		dst.addSpace(n.space, at)
	}
	at = n.body(dst, text, at)
	if n.removeExtraWhitespaces {
		for dst.endsWith(n.space) {
			at = dst.cut(len(dst.text) - len(n.space))
		}
	}
	if n.addDummyPrefix && n.whitespaceAsSuffix {
		dst.addSpace(n.space, at)
	}
	if dst.aligned {
		dst.origin = append(dst.origin, at)
	}
}

// body writes the normal form of text[at:] except for the spaces at the ends of a text. It returns
// the end of text.
func (n *normalizer) body(dst *normalized, text string, at int) (end int) {
	for afterSpace := n.removeExtraWhitespaces; at < len(text); {
		if end := n.classes.plainRun(text, at); end > at {
			dst.addRun(text[at:end], at)
			at, afterSpace = end, false
			continue
		}
		if text[at] == ' ' && n.plainSpace {
			if !afterSpace {
				dst.addSpace(n.space, at)
			}
			at, afterSpace = at+1, n.removeExtraWhitespaces
			continue
		}
		s, consumed := n.prefix(text[at:])
		if afterSpace {
			s = strings.TrimLeft(s, " ")
		}
		if s != "" {
			n.addEscaped(dst, s, at)
			afterSpace = n.removeExtraWhitespaces && s[len(s)-1] == ' '
		}
		at += consumed
	}
	return at
}

// leavesSpaces reports whether no rule and no symbol contains a space.
func (n *normalizer) leavesSpaces() bool {
	return n.plainSpace && !n.charsmap.ContinuesWith(' ') && (n.symbols == nil || !n.symbols.spells(' '))
}

// leadingSpaces returns the size of the longest prefix of text that normalizes to spaces.
func (n *normalizer) leadingSpaces(text string) int {
	at := 0
	for at < len(text) {
		s, consumed := n.prefix(text[at:])
		if s != " " {
			break
		}
		at += consumed
	}
	return at
}

// addEscaped appends s with its spaces made visible.
func (n *normalizer) addEscaped(dst *normalized, s string, origin int) {
	for {
		space := strings.IndexByte(s, ' ')
		if space < 0 {
			dst.add(s, origin)
			return
		}
		dst.add(s[:space], origin)
		dst.addSpace(n.space, origin)
		s = s[space+1:]
	}
}

// prefix normalizes the start of text: a user-defined symbol, which is copied; else the longest
// rule of the charsmap; else one character. It returns the normal form and the number of bytes
// consumed. A byte that is not part of valid UTF-8 becomes U+FFFD.
func (n *normalizer) prefix(text string) (s string, consumed int) {
	if n.symbols != nil {
		if size := longestPrefix(n.symbols, text, maxSymbolMatches); size > 0 {
			return text[:size], size
		}
	}
	if n.charsmap != nil {
		if s, consumed = n.charsmap.Match(text); consumed > 0 {
			return s, consumed
		}
	}
	if text[0] < utf8.RuneSelf {
		return text[:1], 1
	}
	r, size := utf8.DecodeRuneInString(text)
	if r == utf8.RuneError && size == 1 {
		return "\uFFFD", 1
	}
	return text[:size], size
}
