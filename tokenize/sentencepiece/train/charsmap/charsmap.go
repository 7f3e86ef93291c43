// Package charsmap makes the character rules of SentencePiece's normaliser and compiles them into
// the precompiled_charsmap of a .model file.
//
// A rule replaces one sequence of characters by another, or by nothing. Text is read from the left;
// where several rules match, the longest wins; where none does, one character stays as it is. The
// result is not matched again. Composition is therefore a finite list: that NFKC turns A and U+0300
// into À is one rule, and that it does so after U+FF21, the full-width A, is another. Sequences
// that the list leaves out, such as two combining marks in the wrong order, stay as they are: this
// is NFKC as SentencePiece has it, not as Unicode defines it.
//
// [Named] gives the five rule sets that go by a name, made from the Unicode data of
// golang.org/x/text, and [ReadTSV] reads one's own. [Compile] packs rules into a [Map], which
// normalises text and whose Blob goes into a model:
//
//	length of the trie in bytes   uint32, little endian
//	trie                          uint32 each, little endian: a double array (Aoe 1989) in darts-clone's layout
//	replacements                  UTF-8 strings, each ended by a NUL; a trie value is the offset of one
//
// Sources: builder.cc and normalizer.cc of github.com/google/sentencepiece, v0.2.3, for the rules;
// darts.h of darts-clone (Susumu Yata), class DoubleArrayUnit, for the meaning of a unit's bits.
package charsmap

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// Rules maps what text may hold to what replaces it. Keys are not empty and differ from their
// values; both are UTF-8 without NUL.
type Rules map[string]string

// Map is a compiled set of rules. It is immutable. The nil Map has no rules.
type Map struct {
	units        []uint32
	replacements string
	ascii        [utf8.RuneSelf]ASCII
}

// ASCII is what rules do to an ASCII character that no character of several bytes follows.
type ASCII int8

// What may happen to such a character.
const (
	Stays        ASCII = iota
	BecomesSpace       // as a space itself does
	HasRules           // Match must be asked
)

// ASCII returns a table for the characters below 128. In most text it answers for nearly all.
func (m *Map) ASCII() [utf8.RuneSelf]ASCII {
	if m != nil {
		return m.ascii
	}
	return asciiTable(nil)
}

func asciiTable(rules Rules) (table [utf8.RuneSelf]ASCII) {
	table[' '] = BecomesSpace
	for from, to := range rules {
		c := from[0]
		switch {
		case c >= utf8.RuneSelf || len(from) > 1 && from[1] >= utf8.RuneSelf:
		case len(from) > 1 || to != " ":
			table[c] = HasRules
		case table[c] == Stays:
			table[c] = BecomesSpace
		}
	}
	return table
}

// Blob returns the bytes of the model's precompiled_charsmap; none for the map without rules.
func (m *Map) Blob() []byte {
	if m == nil {
		return nil
	}
	blob := binary.LittleEndian.AppendUint32(nil, uint32(4*len(m.units)))
	for _, u := range m.units {
		blob = binary.LittleEndian.AppendUint32(blob, u)
	}
	return append(blob, m.replacements...)
}

// Match applies the longest rule that text starts with: its first consumed bytes become
// replacement. It returns consumed 0 where no rule matches.
func (m *Map) Match(text string) (replacement string, consumed int) {
	if m == nil {
		return "", 0
	}
	value := uint32(0)
	node := offset(m.units[0])
	for i := range len(text) {
		node ^= uint32(text[i])
		unit := m.units[node]
		if unit&(isValue|0xff) != uint32(text[i]) {
			break
		}
		node ^= offset(unit)
		if unit&hasValue != 0 {
			value, consumed = m.units[node]&^isValue, i+1
		}
	}
	if consumed == 0 {
		return "", 0
	}
	replacement = m.replacements[value:]
	return replacement[:strings.IndexByte(replacement, 0)], consumed
}

// The bits of a unit. A unit reached over byte c has c in its lowest eight bits; one that holds a
// value has the highest bit set.
const (
	hasValue   = 1 << 8 // the value is at this unit's base
	farOffset  = 1 << 9 // the offset counts in 256 units
	isValue    = 1 << 31
	offsetBits = 10 // where the offset starts
	nearLimit  = 1 << 21
)

// offset returns what a unit's number must be xored with to give the base of its children.
func offset(unit uint32) uint32 { return unit >> offsetBits << (unit & farOffset >> 6) }
