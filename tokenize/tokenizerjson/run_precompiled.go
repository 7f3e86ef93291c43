package tokenizerjson

import (
	"encoding/base64"
	"fmt"
	"unicode/utf8"

	"github.com/pali3/pali3/tokenize/internal/charsmap"
)

// compilePrecompiled returns a normalizer that applies a precompiled_charsmap as tokenizers does.
// In a visible character of fewer than 6 bytes, the shortest rule that matches its start replaces
// the whole character. Otherwise rules are applied to each code point.
func compilePrecompiled(encoded string) (normalize, error) {
	blob, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("precompiled_charsmap: %w", err)
	}
	rules, err := charsmap.Parse(blob)
	if err != nil {
		return nil, err
	}
	return func(t text) text {
		var out text
		for begin := 0; begin < len(t.runes); {
			end := begin + visible(t.runes[begin:])
			size := 0
			for _, r := range t.runes[begin:end] {
				size += utf8.RuneLen(r)
			}
			if size < 6 && end > begin+1 {
				if s, ok := rules.MatchShortest(string(t.runes[begin:end])); ok {
					out.addAll(s, t.at[begin])
					begin = end
					continue
				}
			}
			for ; begin < end; begin++ {
				if s, ok := rules.MatchShortest(string(t.runes[begin])); ok {
					out.addAll(s, t.at[begin])
				} else {
					out.add(t.runes[begin], t.at[begin])
				}
			}
		}
		if len(out.runes) > 0 {
			out.at[0] = t.at[0] // even if rules remove the characters before
		}
		return out
	}, nil
}

// visible returns the number of code points in the first visible character of a text, an extended
// grapheme cluster (UAX #29).
func visible(text []rune) int {
	indic := false // after a consonant; linked: and a linker since
	linked := false
	pictograph := pictographs.has(text[0])
	consonant := isConsonant(text[0])
	indic = consonant
	regional := isRegional(text[0])
	for n := 1; n < len(text); n++ {
		before, r := text[n-1], text[n]
		joined := false
		switch {
		case before == '\r' && r == '\n':
			joined = true
		case isControl(before) || isControl(r):
		case extending.has(r):
			joined = true
		case preceding.has(before):
			joined = true
		case isHangulPair(before, r):
			joined = true
		case pictograph && before == 0x200D && pictographs.has(r):
			joined = true
		case indic && linked && isConsonant(r):
			joined = true
		case regional && n == 1 && isRegional(r):
			joined = true
		}
		if !joined {
			return n
		}
		switch {
		case extending.has(r):
			linked = linked || isLinker(r)
			regional = false
		default:
			pictograph, indic, linked, regional = pictographs.has(r), isConsonant(r), false, false
		}
	}
	return len(text)
}

// isControl reports whether a character is always a cluster of its own. Characters of 4 bytes do
// not matter here.
func isControl(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7F && r < 0xA0, r == 0xAD, r == 0x61C, r == 0x180E, r == 0x200B, r == 0x200E, r == 0x200F, r >= 0x2028 && r <= 0x202E,
		r >= 0x2060 && r <= 0x206F, r == 0xFEFF, r >= 0xFFF0 && r <= 0xFFFB:
		return true
	}
	return false
}

func isRegional(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }

func isHangulPair(a, b rune) bool {
	lead := func(r rune) bool { return r >= 0x1100 && r <= 0x115F || r >= 0xA960 && r <= 0xA97C }
	vowel := func(r rune) bool { return r >= 0x1160 && r <= 0x11A7 || r >= 0xD7B0 && r <= 0xD7C6 }
	tail := func(r rune) bool { return r >= 0x11A8 && r <= 0x11FF || r >= 0xD7CB && r <= 0xD7FB }
	syllable := func(r rune) bool { return r >= 0xAC00 && r <= 0xD7A3 }
	open := func(r rune) bool { return syllable(r) && (r-0xAC00)%28 == 0 }
	switch {
	case lead(a):
		return lead(b) || vowel(b) || syllable(b)
	case open(a) || vowel(a):
		return vowel(b) || tail(b)
	case syllable(a) || tail(a):
		return tail(b)
	}
	return false
}

// isLinker and isConsonant are values of Indic_Conjunct_Break in Unicode 15.1.
func isLinker(r rune) bool {
	return r == 0x94D || r == 0x9CD || r == 0xACD || r == 0xB4D || r == 0xC4D || r == 0xD4D
}

func isConsonant(r rune) bool {
	for _, c := range [][2]rune{{0x915, 0x939}, {0x958, 0x95F}, {0x978, 0x97F}, {0x995, 0x9A8}, {0x9AA, 0x9B0}, {0x9B2, 0x9B2}, {0x9B6, 0x9B9},
		{0x9DC, 0x9DD}, {0x9DF, 0x9DF}, {0x9F0, 0x9F1}, {0xA95, 0xAA8}, {0xAAA, 0xAB0}, {0xAB2, 0xAB3}, {0xAB5, 0xAB9}, {0xAF9, 0xAF9},
		{0xB15, 0xB28}, {0xB2A, 0xB30}, {0xB32, 0xB33}, {0xB35, 0xB39}, {0xB5C, 0xB5D}, {0xB5F, 0xB5F}, {0xB71, 0xB71},
		{0xC15, 0xC28}, {0xC2A, 0xC39}, {0xC58, 0xC5A}, {0xD15, 0xD3A}} {
		if r >= c[0] && r <= c[1] {
			return true
		}
	}
	return false
}
