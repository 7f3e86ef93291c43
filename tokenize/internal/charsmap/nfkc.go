package charsmap

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// lastDecomposable is beyond the last character that has a decomposition: CJK compatibility
// ideographs end at U+2FA1D.
const lastDecomposable = 0x2ffff

// nfkc returns NFKC as rules: one for every character that NFKC changes, and one for every sequence
// of characters that NFKC composes into one character.
func nfkc() Rules {
	rules := Rules{}
	sources := map[rune][]rune{} // by character: all characters that decompose to it alone
	decomposed := map[string]bool{}
	for r := rune(1); r <= lastDecomposable; r++ {
		if unicode.Is(unicode.Cs, r) || unicode.Is(unicode.Noncharacter_Code_Point, r) {
			continue
		}
		text := string(r)
		if composed := norm.NFKC.String(text); composed != text {
			rules[text] = composed
		}
		parts := norm.NFKD.String(text)
		if only, size := utf8.DecodeRuneInString(parts); size == len(parts) {
			sources[only] = append(sources[only], r)
		} else {
			decomposed[parts] = true
		}
	}
	for parts := range decomposed {
		composed := norm.NFKC.String(parts)
		if composed == parts {
			continue
		}
		for _, sequence := range sequences([]rune(parts), sources) {
			if sequence != composed {
				rules[sequence] = composed
			}
		}
	}
	return withoutRedundant(rules)
}

// sequences returns every string whose characters decompose one by one to parts.
func sequences(parts []rune, sources map[rune][]rune) []string {
	all := []string{""}
	for _, part := range parts {
		var longer []string
		for _, s := range all {
			for _, r := range sources[part] {
				longer = append(longer, s+string(r))
			}
		}
		all = longer
	}
	return all
}

// withoutRedundant drops the rules for several characters that the rules for fewer make
// unnecessary.
func withoutRedundant(rules Rules) Rules {
	kept := make(Rules, len(rules))
	var long [][]string // keys by their number of characters, from 2
	for key, value := range rules {
		n := utf8.RuneCountInString(key)
		if n == 1 {
			kept[key] = value
			continue
		}
		for len(long) < n-1 {
			long = append(long, nil)
		}
		long[n-2] = append(long[n-2], key)
	}
	for i, keys := range long { // rules of the same length don't affect each other
		for _, key := range keys {
			if kept.apply(key, i+1) != rules[key] {
				kept[key] = rules[key]
			}
		}
	}
	return kept
}

// apply rewrites text with the rules for up to longest characters.
func (rules Rules) apply(text string, longest int) string {
	var out []byte
	for text != "" {
		_, first := utf8.DecodeRuneInString(text)
		replacement, consumed := text[:first], first
		end := 0
		for range longest {
			if end == len(text) {
				break
			}
			_, size := utf8.DecodeRuneInString(text[end:])
			end += size
			if value, ok := rules[text[:end]]; ok {
				replacement, consumed = value, end
			}
		}
		out = append(out, replacement...)
		text = text[consumed:]
	}
	return string(out)
}
