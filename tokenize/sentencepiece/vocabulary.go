package sentencepiece

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// index checks the pieces, sets m.unk, m.reserved and m.bytes, and returns the pieces that can
// occur in text, sorted. Unused pieces are among them only in BPE models, where other pieces are
// merged from them.
func (m *Model) index() ([]trieKey, error) {
	if len(m.pieces) == 0 {
		return nil, errors.New("the model has no pieces: not a SentencePiece model")
	}
	if len(m.pieces) > maxPieces {
		return nil, fmt.Errorf("%d pieces are more than the %d that are supported", len(m.pieces), maxPieces)
	}
	m.unk = -1
	m.reserved = map[string]int32{}
	keys, unused := make([]trieKey, 0, len(m.pieces)), false
	for i := range m.pieces {
		p, id := &m.pieces[i], int32(i)
		if p.Text == "\x00" && (p.Kind == Unused || m.byteFallback) {
			continue // left behind by converters; the C++ library ignores it
		}
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("piece %d, %q: %w", id, p.Text, err)
		}
		switch {
		case p.Kind == Normal || p.Kind == UserDefined || p.Kind == Unused:
			keys = append(keys, newTrieKey(m.pieces, id))
			unused = unused || p.Kind == Unused
			continue
		case p.Kind == Unknown && m.unk >= 0:
			return nil, fmt.Errorf("pieces %d and %d are both the unknown piece", m.unk, id)
		case p.Kind == Unknown:
			m.unk = id
		case p.Kind == Byte && !m.byteFallback:
			return nil, fmt.Errorf("piece %d, %q, is a byte, but the model has no byte fallback", id, p.Text)
		}
		if first, ok := m.reserved[p.Text]; ok {
			return nil, fmt.Errorf("pieces %d and %d are both %q", first, id, p.Text)
		}
		m.reserved[p.Text] = id
	}
	if m.unk < 0 && !m.byteFallback {
		return nil, errors.New("the model has no unknown piece")
	}
	if err := m.indexBytes(); err != nil {
		return nil, err
	}
	var beginsReserved [256]bool
	for text := range m.reserved {
		beginsReserved[text[0]] = true
	}
	sortKeys(m.pieces, keys)
	for i := range keys {
		k := &keys[i]
		if i > 0 && keys[i-1].equals(k, m.pieces) {
			return nil, fmt.Errorf("pieces %d and %d are both %q", keys[i-1].id, k.id, m.pieces[k.id].Text)
		}
		if !unused && !beginsReserved[k.at(m.pieces, 0)] {
			continue
		}
		text := m.pieces[k.id].Text
		other, twice := m.reserved[text]
		if twice && m.kind == BPE {
			return nil, fmt.Errorf("pieces %d and %d are both %q", other, k.id, text)
		}
		if m.pieces[k.id].Kind == Unused && m.kind != BPE && !twice {
			m.reserved[text] = k.id
		}
	}
	if len(keys) == 0 && m.kind == Unigram {
		return nil, errors.New("the model has no piece that can occur in text")
	}
	if unused && m.kind != BPE {
		keys = slices.DeleteFunc(keys, func(k trieKey) bool { return m.pieces[k.id].Kind == Unused })
	}
	return keys, nil
}

// maxPieceBytes is the longest piece allowed (model_interface.cc, kMaxPieceSize).
const maxPieceBytes = 8000 - 1

// check returns an error for a piece that the C++ library rejects, and for a score that is not a
// finite number.
func (p *Piece) check() error {
	switch {
	case p.Text == "":
		return errors.New("no text")
	case len(p.Text) > maxPieceBytes:
		return fmt.Errorf("%d bytes long, want at most %d", len(p.Text), maxPieceBytes)
	case strings.IndexByte(p.Text, 0) >= 0:
		return errors.New("a NUL character in its text")
	case !utf8.ValidString(p.Text):
		return errors.New("not UTF-8")
	case p.Score-p.Score != 0:
		return fmt.Errorf("score %v is not a finite number", p.Score)
	}
	return nil
}

// indexBytes finds the pieces <0x00> to <0xFF> of a model with byte fallback.
func (m *Model) indexBytes() error {
	for id, p := range m.pieces {
		if p.Kind == Byte && byteOf(p.Text) < 0 {
			return fmt.Errorf("piece %d, %q, is of kind byte but not one of <0x00> to <0xFF>", id, p.Text)
		}
	}
	for b := range 256 {
		if !m.byteFallback {
			continue
		}
		name := fmt.Sprintf("<0x%02X>", b)
		id, ok := m.reserved[name]
		if !ok || m.pieces[id].Kind != Byte {
			return fmt.Errorf("the model has byte fallback, but no byte piece %s", name)
		}
		m.bytes[b] = id
	}
	return nil
}

// byteOf returns the byte that a piece such as <0x41> names, or -1.
func byteOf(piece string) int {
	const digits = "0123456789ABCDEF"
	if len(piece) != 6 || piece[:3] != "<0x" || piece[5] != '>' {
		return -1
	}
	high, low := strings.IndexByte(digits, piece[3]), strings.IndexByte(digits, piece[4])
	if high < 0 || low < 0 {
		return -1
	}
	return high<<4 | low
}

// symbolTrie returns a trie of the user-defined pieces, nil if there are none.
func (m *Model) symbolTrie(keys []trieKey) (*trie, error) {
	var symbols []trieKey
	for _, k := range keys {
		if m.pieces[k.id].Kind == UserDefined {
			symbols = append(symbols, k)
		}
	}
	if symbols == nil {
		return nil, nil
	}
	return newTrie(m.pieces, symbols)
}
