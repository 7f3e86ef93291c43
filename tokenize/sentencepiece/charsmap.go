package sentencepiece

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// charsmap is the precompiled_charsmap of a NormalizerSpec: rules that replace one string by another.
//
//	blob  = size of the trie in bytes (uint32, little endian) | trie | replacements
//	trie  = units of a darts-clone double array (uint32, little endian)
//	replacements = strings, each ended by a NUL; a trie value is the offset of one
//
// The meaning of a unit's bits is that of darts-clone (Susumu Yata), darts.h, class DoubleArrayUnit.
type charsmap struct {
	units        []uint32
	replacements string
}

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
	if uint64(size) >= uint64(len(blob)) || size < 4 {
		return nil, fmt.Errorf("precompiled_charsmap says its trie has %d bytes, of %d that follow", size, len(blob))
	}
	m := &charsmap{units: make([]uint32, size/4), replacements: string(blob[size:])}
	for i := range m.units {
		m.units[i] = binary.LittleEndian.Uint32(blob[4*i:])
	}
	if m.replacements[len(m.replacements)-1] != 0 {
		return nil, fmt.Errorf("precompiled_charsmap does not end with a NUL")
	}
	return m, nil
}

// match applies the longest rule that text starts with: consumed bytes become replacement. It returns
// consumed 0 where no rule matches.
func (m *charsmap) match(text string) (replacement string, consumed int) {
	value := uint32(0)
	node := unitOffset(m.units[0])
	for i := range len(text) {
		node ^= uint32(text[i])
		if uint64(node) >= uint64(len(m.units)) {
			break
		}
		unit := m.units[node]
		if unitLabel(unit) != uint32(text[i]) {
			break
		}
		node ^= unitOffset(unit)
		if unitHasLeaf(unit) && uint64(node) < uint64(len(m.units)) {
			value, consumed = m.units[node]&(1<<31-1), i+1
		}
	}
	if consumed == 0 || uint64(value) >= uint64(len(m.replacements)) {
		return "", 0
	}
	replacement = m.replacements[value:]
	return replacement[:strings.IndexByte(replacement, 0)], consumed
}

func unitLabel(u uint32) uint32  { return u & (1<<31 | 0xff) }
func unitHasLeaf(u uint32) bool  { return u>>8&1 == 1 }
func unitOffset(u uint32) uint32 { return u >> 10 << (u & (1 << 9) >> 6) }
