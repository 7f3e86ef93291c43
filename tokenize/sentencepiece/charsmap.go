package sentencepiece

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"
)

// charsmap is the precompiled_charsmap of a NormalizerSpec: rules that replace one string by
// another.
//
//	blob  = size of the trie in bytes (uint32, little endian) | trie | replacements
//	trie  = units of a darts-clone double array (uint32, little endian), in blocks of 256
//	replacements = strings, each ended by a NUL; a trie value is the offset of one
//
// The meaning of a unit's bits is that of darts-clone (Susumu Yata), darts.h, class
// DoubleArrayUnit.
type charsmap struct {
	units        []uint32
	replacements string
}

const charsmapBlock = 256 * 4 // bytes

// newCharsmap reads the blob; an empty one gives nil, the map without rules.
func newCharsmap(blob []byte) (*charsmap, error) {
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
		return nil, fmt.Errorf("precompiled_charsmap says its trie has %d bytes, of %d that follow", size, len(blob))
	case size == 0 || size%charsmapBlock != 0:
		return nil, fmt.Errorf("precompiled_charsmap says its trie has %d bytes, want a multiple of %d", size, charsmapBlock)
	}
	m := &charsmap{units: make([]uint32, size/4), replacements: string(blob[size:])}
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

// validate checks that no walk leaves the array and every value is a place in the replacements, as
// DoubleArrayImpl::validate of darts.h.
func (m *charsmap) validate() error {
	root := m.units[0]
	if unitLabel(root) != 0 || unitHasLeaf(root) || unitOffset(root) == 0 || !m.holds(unitOffset(root)) {
		return errors.New("the root of its trie is broken")
	}
	for i, unit := range m.units[1:] {
		at := uint32(i) + 1
		switch {
		case unitLabel(unit) > 0xff:
			if int(unitValue(unit)) >= len(m.replacements) {
				return fmt.Errorf("unit %d has the value %d, of %d bytes of replacements", at, unitValue(unit), len(m.replacements))
			}
		case !m.holds(at ^ unitOffset(unit)):
			return fmt.Errorf("unit %d has children beyond the end", at)
		case unitHasLeaf(unit) && unitLabel(m.units[at^unitOffset(unit)]) <= 0xff:
			return fmt.Errorf("unit %d has a leaf that is none", at)
		}
	}
	return nil
}

func (m *charsmap) holds(base uint32) bool { return int(base|0xff) < len(m.units) }

// maxMatches is how many of the rules that a text starts with are looked at, the shortest first
// (normalizer.h, kMaxTrieResultsSize).
const maxMatches = 32

// match applies the longest rule that text starts with: consumed bytes become replacement. It
// returns consumed 0 where no rule matches.
func (m *charsmap) match(text string) (replacement string, consumed int) {
	value, matches := uint32(0), 0
	node := unitOffset(m.units[0])
	for i := range len(text) {
		node ^= uint32(text[i])
		unit := m.units[node]
		if unitLabel(unit) != uint32(text[i]) {
			break
		}
		node ^= unitOffset(unit)
		if unitHasLeaf(unit) {
			value, consumed = unitValue(m.units[node]), i+1
			if matches++; matches == maxMatches {
				break
			}
		}
	}
	if consumed == 0 {
		return "", 0
	}
	end := value
	for m.replacements[end] != 0 { // which is soon
		end++
	}
	return m.replacements[value:end], consumed
}

// child goes from the base of a node over one byte, to the base of the next.
func (m *charsmap) child(base uint32, c byte) (next uint32, leaf, ok bool) {
	at := base ^ uint32(c)
	unit := m.units[at]
	if unitLabel(unit) != uint32(c) {
		return 0, false, false
	}
	return at ^ unitOffset(unit), unitHasLeaf(unit), true
}

// matches reports whether any rule has the byte c in it, behind its first.
func (m *charsmap) matches(c byte) bool {
	for at, unit := range m.units {
		if unitLabel(unit) > 0xff {
			continue
		}
		if _, _, ok := m.child(uint32(at)^unitOffset(unit), c); ok {
			return true
		}
	}
	return false
}

// whole reports whether every replacement is UTF-8.
func (m *charsmap) whole() bool {
	if !utf8.ValidString(m.replacements) {
		return false
	}
	for _, unit := range m.units {
		if unitLabel(unit) > 0xff && !utf8.RuneStart(m.replacements[unitValue(unit)]) {
			return false
		}
	}
	return true
}

func unitLabel(u uint32) uint32  { return u & (1<<31 | 0xff) }
func unitValue(u uint32) uint32  { return u & (1<<31 - 1) }
func unitHasLeaf(u uint32) bool  { return u>>8&1 == 1 }
func unitOffset(u uint32) uint32 { return u >> 10 << (u & (1 << 9) >> 6) }
