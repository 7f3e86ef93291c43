package train

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/tokenize/internal/charsmap"
)

// normalizer rewrites sentences as the model will: characters by the rules of the charsmap, spaces
// to U+2581. It then replaces special pieces and delimiters by barriers.
type normalizer struct {
	name     string
	charsmap *charsmap.Map
	ascii    [utf8.RuneSelf]charsmap.ASCII
	barriers *charsmap.Map // replaces special pieces by a barrier
	begins   [256]bool     // by byte: a special piece or the delimiter begins with it

	dummyPrefix, asSuffix, removeExtra bool
	delimiter                          string
}

func newNormalizer(o *Options, special specialPieces) (*normalizer, error) {
	name, rules, err := rulesOf(o)
	if err != nil {
		return nil, err
	}
	n := &normalizer{name: name, charsmap: rules, ascii: rules.ASCII(), dummyPrefix: o.AddDummyPrefix, asSuffix: o.TreatWhitespaceAsSuffix,
		removeExtra: o.RemoveExtraWhitespaces, delimiter: o.PretokenizationDelimiter}
	barriers := charsmap.Rules{}
	for _, p := range special {
		n.begins[p.Text[0]] = true
		if p.Text != barrierText {
			barriers[p.Text] = barrierText
		}
	}
	if n.barriers, err = charsmap.Compile(barriers); err != nil {
		return nil, fmt.Errorf("special pieces: %w", err)
	}
	if n.delimiter != "" {
		n.begins[n.delimiter[0]] = true
	}
	return n, nil
}

func rulesOf(o *Options) (name string, rules *charsmap.Map, err error) {
	if o.NormalizationRules == nil {
		rules, err = charsmap.CompileNamed(o.Normalization)
		return o.Normalization, rules, err
	}
	read, err := charsmap.ReadTSV(o.NormalizationRules)
	if err != nil {
		return "", nil, err
	}
	if len(read) == 0 {
		return "", nil, errors.New("the file of normalization rules is empty; use identity for no rules")
	}
	rules, err = charsmap.Compile(read)
	return "user_defined", rules, err
}

// prefix applies one rule to the start of text, or takes one character; a byte that is not UTF-8
// becomes U+FFFD.
func (n *normalizer) prefix(text string) (out string, consumed int) {
	if out, consumed = n.charsmap.Match(text); consumed > 0 {
		return out, consumed
	}
	if r, size := utf8.DecodeRuneInString(text); r == utf8.RuneError && size <= 1 {
		return "\ufffd", 1
	} else {
		return text[:size], size
	}
}

// append appends the normal form of text to dst. It is UTF-8 without spaces and may be empty.
func (n *normalizer) append(dst []byte, text string) []byte {
	start := len(dst)
	for n.removeExtra && text != "" {
		out, consumed := n.prefix(text)
		if out != " " {
			break
		}
		text = text[consumed:]
	}
	if text == "" {
		return dst
	}
	if n.dummyPrefix && !n.asSuffix {
		dst = append(dst, spaceText...)
	}
	dst = n.characters(dst, text)
	if n.removeExtra {
		for len(dst)-start >= len(spaceText) && string(dst[len(dst)-len(spaceText):]) == spaceText {
			dst = dst[:len(dst)-len(spaceText)]
		}
	}
	if n.dummyPrefix && n.asSuffix {
		dst = append(dst, spaceText...)
	}
	return n.setBarriers(dst, start)
}

// characters applies the rules from left to right and writes U+2581 for a space.
func (n *normalizer) characters(dst []byte, text string) []byte {
	afterSpace := n.removeExtra
	for text != "" {
		if c := text[0]; c < utf8.RuneSelf && (len(text) == 1 || text[1] < utf8.RuneSelf) && n.ascii[c] != charsmap.HasRules {
			text = text[1:]
			if n.ascii[c] == charsmap.Stays {
				dst, afterSpace = append(dst, c), false
				continue
			}
			if !afterSpace {
				dst = append(dst, spaceText...)
			}
			afterSpace = n.removeExtra
			continue
		}
		out, consumed := n.prefix(text)
		text = text[consumed:]
		if afterSpace {
			out = strings.TrimLeft(out, " ")
		}
		for i := range len(out) {
			if out[i] == ' ' {
				dst = append(dst, spaceText...)
			} else {
				dst = append(dst, out[i])
			}
		}
		if out != "" {
			afterSpace = n.removeExtra && out[len(out)-1] == ' '
		}
	}
	return dst
}

// setBarriers replaces special pieces, the longest match first, and delimiters in dst[start:].
func (n *normalizer) setBarriers(dst []byte, start int) []byte {
	if !n.mayHoldBarrier(dst[start:]) {
		return dst
	}
	text := string(dst[start:])
	found := false
	for at := 0; at < len(text); {
		if _, size := n.barriers.Match(text[at:]); size > 0 {
			if !found {
				dst, found = dst[:start+at], true
			}
			dst = append(dst, barrierText...)
			at += size
			continue
		}
		_, size := utf8.DecodeRuneInString(text[at:])
		if found {
			dst = append(dst, text[at:at+size]...)
		}
		at += size
	}
	if n.delimiter == "" || !strings.Contains(string(dst[start:]), n.delimiter) {
		return dst
	}
	return append(dst[:start], strings.ReplaceAll(string(dst[start:]), n.delimiter, barrierText)...)
}

func (n *normalizer) mayHoldBarrier(text []byte) bool {
	for _, c := range text {
		if n.begins[c] {
			return true
		}
	}
	return false
}
