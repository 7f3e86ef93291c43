package tokenizerjson

import (
	"fmt"
	"unicode/utf8"
)

// normalize rewrites a part of a text.
type normalize func(text) text

// growth returns how many times longer the Replace steps of a normalizer or decoder may make a
// text. It stops counting above maxGrowth.
func (s *step) growth() int {
	if s == nil {
		return 1
	}
	n := 1
	if s.Type == "Replace" && s.Content != nil {
		n = max(1, utf8.RuneCountInString(*s.Content))
	}
	for _, steps := range [][]step{s.Normalizers, s.Decoders} {
		for i := range steps {
			if n *= steps[i].growth(); n > maxGrowth {
				return n
			}
		}
	}
	return n
}

// compileNormalizer compiles a normalizer, nil if there is none. The error names an unsupported
// part.
func compileNormalizer(s *step) (normalize, error) {
	if s == nil {
		return nil, nil
	}
	switch s.Type {
	case "Sequence":
		return normalizerSequence(s.Normalizers)
	case "NFC", "NFD", "NFKC", "NFKD":
		return forms[s.Type].apply, nil
	case "Lowercase":
		return func(t text) text { return t.each(lowerOf) }, nil
	case "StripAccents":
		return func(t text) text { return t.filter(func(r rune) bool { return !combining.has(r) }) }, nil
	case "Strip":
		if s.StripLeft == nil || s.StripRight == nil {
			return nil, fmt.Errorf("its normalizer Strip lacks strip_left or strip_right")
		}
		return func(t text) text { return strip(t, *s.StripLeft, *s.StripRight) }, nil
	case "Prepend":
		if s.Prepend == nil {
			return nil, fmt.Errorf("its normalizer Prepend lacks prepend")
		}
		if len(*s.Prepend) > maxAffix {
			return nil, fmt.Errorf("its normalizer Prepend puts %d bytes before a text, more than the limit of %d", len(*s.Prepend), maxAffix)
		}
		return func(t text) text { return t.prepend(*s.Prepend) }, nil
	case "Replace":
		find, err := s.Pattern.compile("normalizer Replace")
		if err != nil {
			return nil, err
		}
		if s.Content == nil {
			return nil, fmt.Errorf("its normalizer Replace lacks content")
		}
		return func(t text) text { return t.replace(find, *s.Content) }, nil
	case "Precompiled":
		return compilePrecompiled(s.Charsmap)
	case "BertNormalizer":
		return compileBert(s)
	case "Nmt":
		return nmt, nil
	case "ByteLevel":
		return byteLevel, nil
	}
	return nil, fmt.Errorf("its normalizer is a %s", s.Type)
}

func normalizerSequence(steps []step) (normalize, error) {
	var all []normalize
	for i := range steps {
		each, err := compileNormalizer(&steps[i])
		if err != nil {
			return nil, err
		}
		all = append(all, each)
	}
	return func(t text) text {
		for _, each := range all {
			if each != nil {
				t = each(t)
			}
		}
		return t
	}, nil
}

// compile returns a pattern as a finder.
func (p *pattern) compile(where string) (finder, error) {
	switch {
	case p == nil || p.String == nil && p.Regex == nil || p.String != nil && p.Regex != nil:
		return nil, fmt.Errorf("its %s lacks a pattern", where)
	case p.String != nil && *p.String == "":
		return nil, fmt.Errorf("its %s has an empty pattern", where)
	case p.String != nil:
		return literal(*p.String), nil
	}
	find, ok := expressions[*p.Regex]
	if !ok {
		return nil, fmt.Errorf("its %s has a regular expression that is not supported: %q", where, *p.Regex)
	}
	return find, nil
}

// strip removes white space from the ends of a text.
func strip(t text, left, right bool) text {
	begin, end := 0, len(t.runes)
	for left && begin < end && isSpace(t.runes[begin]) {
		begin++
	}
	for right && end > begin && isSpace(t.runes[end-1]) {
		end--
	}
	return t.slice(begin, end)
}

// compileBert compiles a BertNormalizer: it removes control characters, makes white space a space,
// puts spaces around Chinese characters, removes accents, and lowercases.
func compileBert(s *step) (normalize, error) {
	if s.CleanText == nil || s.ChineseChars == nil || s.Lowercase == nil {
		return nil, fmt.Errorf("its normalizer BertNormalizer lacks clean_text, handle_chinese_chars or lowercase")
	}
	accents := *s.Lowercase
	if s.StripAccents != nil {
		accents = *s.StripAccents
	}
	return func(t text) text {
		if *s.CleanText {
			t = t.filter(func(r rune) bool { return !controls.has(r) }).each(func(r rune) []rune {
				if isSpace(r) {
					r = ' '
				}
				return []rune{r}
			})
		}
		if *s.ChineseChars {
			t = t.each(func(r rune) []rune {
				if isChinese(r) {
					return []rune{' ', r, ' '}
				}
				return []rune{r}
			})
		}
		if accents {
			t = forms["NFD"].apply(t).filter(func(r rune) bool { return !nonspacing.has(r) })
		}
		if *s.Lowercase {
			t = t.each(lowerOf)
		}
		return t
	}, nil
}

// nmt applies the character rules of NMT, which are also part of nmt_nfkc.
func nmt(t text) text {
	return t.filter(func(r rune) bool {
		return !(r >= 1 && r <= 8 || r == 0xB || r >= 0xE && r <= 0x1F || r == 0x7F || r == 0x8F || r == 0x9F)
	}).each(func(r rune) []rune {
		switch {
		case r == 9 || r == 0xA || r == 0xC || r == 0xD || r == 0x1680 || r >= 0x200B && r <= 0x200F || r == 0x2028 || r == 0x2029,
			r == 0x2581 || r == 0xFEFF || r == 0xFFFD:
			r = ' '
		}
		return []rune{r}
	})
}

// byteChars are the characters that represent bytes in byte-level models (bytes_to_unicode in
// GPT-2's encoder.py).
var byteChars = func() (chars [256]rune) {
	next := rune(256)
	for b := range rune(256) {
		if b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE {
			chars[b] = b
			continue
		}
		chars[b] = next
		next++
	}
	return chars
}()

// byteLevel replaces each byte with the character that represents it.
func byteLevel(t text) text {
	return t.each(func(r rune) (out []rune) {
		for _, b := range []byte(string(r)) {
			out = append(out, byteChars[b])
		}
		return out
	})
}
