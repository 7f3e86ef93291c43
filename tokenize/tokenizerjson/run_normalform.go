package tokenizerjson

import (
	"slices"

	"golang.org/x/text/unicode/norm"
)

// form is a Unicode normal form with the data of the crate unicode-normalization-alignments, which
// leaves characters of Unicode 10 and later as they are. golang.org/x/text changes those, and puts
// a joiner into a long run of marks.
type form struct{ single, pairs norm.Form }

var forms = map[string]form{
	"NFC": {norm.NFD, norm.NFC}, "NFD": {norm.NFD, norm.NFD}, "NFKC": {norm.NFKD, norm.NFC}, "NFKD": {norm.NFKD, norm.NFD},
}

// apply returns the normal form of a text.
func (f form) apply(t text) text {
	out := f.decompose(t)
	if f.pairs == norm.NFC {
		out = compose(out)
	}
	return out
}

func (f form) decompose(t text) text {
	var out text
	for i, r := range t.runes {
		if r < 0x80 || plainChars.has(r) {
			out.add(r, t.at[i])
			continue
		}
		for _, part := range f.single.String(string(r)) {
			out.add(part, t.at[i])
		}
	}
	// Sort each run of combining characters by class.
	for i := 0; i < len(out.runes); {
		if combiningClass(out.runes[i]) == 0 {
			i++
			continue
		}
		end := i
		for end < len(out.runes) && combiningClass(out.runes[end]) != 0 {
			end++
		}
		row := slices.Clone(out.runes[i:end])
		slices.SortStableFunc(row, func(a, b rune) int { return int(combiningClass(a)) - int(combiningClass(b)) })
		copy(out.runes[i:end], row)
		i = end
	}
	return out
}

func combiningClass(r rune) uint8 {
	if r < 0x300 || plainChars.has(r) {
		return 0
	}
	return norm.NFD.PropertiesString(string(r)).CCC()
}

// compose joins characters with the starters before them (Unicode Standard, 3.11, D117).
func compose(t text) text {
	var out text
	// The index of the starter in out, and the class of the character before this one, if that
	// character comes after the starter.
	starter, last := -1, uint8(0)
	for i, r := range t.runes {
		class := combiningClass(r)
		beside := starter == len(out.runes)-1
		if starter >= 0 && (beside || last < class && last != 0) {
			if c, ok := pair(out.runes[starter], r); ok {
				out.runes[starter] = c
				continue
			}
		}
		out.add(r, t.at[i])
		if class == 0 {
			starter = len(out.runes) - 1
		}
		last = class
	}
	return out
}

// pair returns the character composed of two others.
func pair(a, b rune) (rune, bool) {
	if b < 0x300 {
		return 0, false
	}
	composed := []rune(norm.NFC.String(string([]rune{a, b})))
	if len(composed) != 1 || plainChars.has(composed[0]) {
		return 0, false
	}
	return composed[0], true
}
