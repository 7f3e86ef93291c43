// Package charsmap reads, makes and applies the character rules of SentencePiece's normalizer, the
// precompiled_charsmap of a .model file.
//
// A rule replaces one sequence of characters by another, or by nothing. Text is read from left to
// right: where several rules match, the longest wins; where none does, one character is copied.
// What a rule writes is not matched again. Unicode's composition is therefore a finite list: one
// rule turns A and U+0300 into À, another does so for the full-width A, U+FF21. Sequences that are
// not on the list, such as two combining marks in the wrong order, stay as they are. So
// SentencePiece's NFKC is not quite Unicode's.
//
// [Parse] reads the rules of a model. [Named] returns the five rule sets that have names, made from
// the Unicode data of golang.org/x/text, and [ReadTSV] reads a file of rules; [Compile] makes a
// [Map] of either, whose [Map.Blob] goes into a model:
//
//	size of the trie in bytes     uint32, little endian
//	trie                          units of a double array (Aoe 1989) as darts-clone lays them out,
//	                              uint32, little endian, in blocks of 256
//	replacements                  UTF-8 strings, each ended by a NUL; a value in the trie is the
//	                              offset of one
//
// Sources: builder.cc and normalizer.cc of github.com/google/sentencepiece, v0.2.3, for the rules;
// darts.h of darts-clone (Susumu Yata), class DoubleArrayUnit, for the bits of a unit.
package charsmap

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Rules maps strings to their replacements. Keys are not empty and differ from their values; both
// are UTF-8 without NUL.
type Rules map[string]string

// Map is a compiled set of rules. It is immutable. The nil Map has no rules.
type Map struct {
	units        []uint32
	replacements string
}

// Parse reads the content of a precompiled_charsmap. It returns nil if the blob is empty.
func Parse(blob []byte) (*Map, error) {
	if len(blob) == 0 {
		return nil, nil
	}
	if len(blob) <= 4 {
		return nil, fmt.Errorf("precompiled_charsmap is %d bytes long, want more than 4", len(blob))
	}
	size := binary.LittleEndian.Uint32(blob)
	blob = blob[4:]
	switch {
	case uint64(size) >= uint64(len(blob)):
		return nil, fmt.Errorf("precompiled_charsmap says its trie has %d bytes, but only %d follow", size, len(blob))
	case size == 0 || size%blockBytes != 0:
		return nil, fmt.Errorf("precompiled_charsmap says its trie has %d bytes, want a multiple of %d", size, blockBytes)
	}
	m := &Map{units: make([]uint32, size/4), replacements: string(blob[size:])}
	for i := range m.units {
		m.units[i] = binary.LittleEndian.Uint32(blob[4*i:])
	}
	if m.replacements[len(m.replacements)-1] != 0 {
		return nil, errors.New("precompiled_charsmap does not end with a NUL")
	}
	if err := m.validate(); err != nil {
		return nil, fmt.Errorf("precompiled_charsmap: %w", err)
	}
	return m, nil
}

// validate checks that no walk leaves the array and that every value is an offset in the
// replacements, as DoubleArrayImpl::validate of darts.h does.
func (m *Map) validate() error {
	root := m.units[0]
	if label(root) != 0 || root&hasValue != 0 || offset(root) == 0 || !m.holds(offset(root)) {
		return errors.New("the root of its trie is broken")
	}
	for i, unit := range m.units[1:] {
		at := uint32(i) + 1
		switch {
		case label(unit) > 0xff:
			if int(value(unit)) >= len(m.replacements) {
				return fmt.Errorf("unit %d has the value %d, of %d bytes of replacements", at, value(unit), len(m.replacements))
			}
		case !m.holds(at ^ offset(unit)):
			return fmt.Errorf("unit %d has children beyond the end", at)
		case unit&hasValue != 0 && label(m.units[at^offset(unit)]) <= 0xff:
			return fmt.Errorf("unit %d has a value flag but no value", at)
		}
	}
	return nil
}

// holds reports whether the array contains the block of a base.
func (m *Map) holds(base uint32) bool { return int(base|0xff) < len(m.units) }

// Blob returns the content of the model's precompiled_charsmap, which is empty for the nil Map.
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

// maxMatches is how many of the rules that match at one place are considered, shortest first
// (normalizer.h, kMaxTrieResultsSize).
const maxMatches = 32

// Match applies the longest rule that text starts with: its first consumed bytes become
// replacement. It returns consumed 0 if no rule matches.
func (m *Map) Match(text string) (replacement string, consumed int) {
	if m == nil {
		return "", 0
	}
	at, matches := uint32(0), 0
	node := offset(m.units[0])
	for i := range len(text) {
		node ^= uint32(text[i])
		unit := m.units[node]
		if label(unit) != uint32(text[i]) {
			break
		}
		node ^= offset(unit)
		if unit&hasValue != 0 {
			at, consumed = value(m.units[node]), i+1
			if matches++; matches == maxMatches {
				break
			}
		}
	}
	if consumed == 0 {
		return "", 0
	}
	end := at
	for m.replacements[end] != 0 { // replacements are short
		end++
	}
	return m.replacements[at:end], consumed
}

// MatchShortest returns the replacement of the shortest rule that text starts with.
func (m *Map) MatchShortest(text string) (replacement string, ok bool) {
	if m == nil {
		return "", false
	}
	for end := 1; end <= len(text); end++ {
		if replacement, consumed := m.Match(text[:end]); consumed == end {
			return replacement, true
		}
	}
	return "", false
}

// The bits of a unit. The unit that byte c leads to has c in its lowest eight bits. A unit that is
// a value has its highest bit set.
const (
	hasValue   = 1 << 8 // the unit at this unit's base is a value
	farOffset  = 1 << 9 // the offset counts blocks of 256 units
	isValue    = 1 << 31
	offsetBits = 10      // the position of the offset
	nearLimit  = 1 << 21 // units that offsets without farOffset can reach
	blockBytes = 256 * 4
)

// label returns the byte that leads to a unit, or more than 0xff if the unit is a value.
func label(unit uint32) uint32 { return unit & (isValue | 0xff) }

// value returns the value that a unit is.
func value(unit uint32) uint32 { return unit &^ isValue }

// offset returns the number that, xored with a unit's place, gives the base of its children.
func offset(unit uint32) uint32 { return unit >> offsetBits << (unit & farOffset >> 6) }
