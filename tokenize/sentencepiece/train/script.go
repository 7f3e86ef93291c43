package train

import (
	"maps"
	"slices"
	"sync"
	"unicode"
)

// script is the script of a character, for SplitByUnicodeScript.
type script uint8

const (
	anyScript script = iota // goes with every other script
	common
	inherited // has the script of the previous character
	han       // with Hiragana and Katakana
	firstScript
)

// scriptOf returns the script of a character in Unicode 9.0, the version of SentencePiece's table,
// in which later characters are common. It is never anyScript.
func scriptOf(r rune) script { return scripts()[r] }

var scripts = sync.OnceValue(func() *[unicode.MaxRune + 1]script {
	table := new([unicode.MaxRune + 1]script)
	for r := range table {
		table[r] = common
	}
	fixed := map[string]script{"Common": common, "Inherited": inherited, "Han": han, "Hiragana": han, "Katakana": han}
	for i, name := range slices.Sorted(maps.Keys(unicode.Scripts)) {
		s, ok := fixed[name]
		if !ok {
			s = firstScript + script(i)
		}
		eachRune(unicode.Scripts[name], func(r rune) { table[r] = s })
	}
	eachRune(scriptLater, func(r rune) { table[r] = common })
	table[0x589], table[0x61c] = common, common             // Armenian full stop and Arabic letter mark, moved later
	table[0x953], table[0x954] = table[0x915], table[0x915] // Devanagari accents, inherited later
	table[0x30fc] = han                                     // the long vowel sign, common by Unicode
	return table
})

func eachRune(t *unicode.RangeTable, visit func(rune)) {
	for _, r := range t.R16 {
		for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
			visit(c)
		}
	}
	for _, r := range t.R32 {
		for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
			visit(c)
		}
	}
}
