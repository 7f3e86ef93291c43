package tokenizerjson

import (
	"encoding/json"
	"fmt"
)

// segmenter turns a part of a text into ids.
type segmenter interface {
	appendIDs(dst []int32, text []rune) []int32
	vocab() map[string]int32
	size() int // entries of the vocab, including those with the same text
}

// compile returns a model that can be run, or an error that names an unsupported part.
func (m model) compile() (segmenter, error) {
	switch m.Type {
	case "Unigram":
		return m.compileUnigram()
	case "BPE":
		return m.compileBPE()
	case "WordPiece":
		return m.compileWordPiece()
	case "WordLevel":
		pieces, err := m.pieceIDs()
		if err != nil {
			return nil, err
		}
		unk, err := m.unknownID(pieces)
		return wordLevel{pieces, unk}, err
	}
	return nil, fmt.Errorf("its model is a %q", m.Type)
}

// A file may be hostile. These limits bound the time and memory that encoding a text takes.
const (
	maxPiece  = 1 << 13 // bytes of a piece
	maxAffix  = 64      // bytes of the affixes of BPE and WordPiece, and of the string put before a text
	maxWord   = 1000    // characters of a WordPiece word
	maxGrowth = 1 << 10 // how many times longer Replace may make a text
)

// pieceIDs reads a vocab of the form {piece: id, ...}.
func (m model) pieceIDs() (map[string]int32, error) {
	var vocab map[string]int32
	if json.Unmarshal(m.Vocab, &vocab) != nil {
		return nil, fmt.Errorf("vocab of the model %s: want an object of pieces and their ids", m.Type)
	}
	for text, id := range vocab {
		if id < 0 {
			return nil, fmt.Errorf("vocab of the model %s: %q has the id %d", m.Type, text, id)
		}
		if len(text) > maxPiece {
			return nil, fmt.Errorf("vocab of the model %s: the piece %d has %d bytes, more than the limit of %d", m.Type, id, len(text), maxPiece)
		}
	}
	return vocab, nil
}

// unknownID returns the id of unk_token, which must be a piece.
func (m model) unknownID(vocab map[string]int32) (int32, error) {
	if m.UnkToken == nil {
		return 0, fmt.Errorf("its model %s has no unk_token", m.Type)
	}
	id, ok := vocab[*m.UnkToken]
	if !ok {
		return 0, fmt.Errorf("unk_token of the model is %q, which is not a piece", *m.UnkToken)
	}
	return id, nil
}

// byteIDs returns the ids of <0x00> to <0xFF>, -1 for those that are missing.
func byteIDs(pieces map[string]int32) *[256]int32 {
	ids := &[256]int32{}
	for b := range 256 {
		id, ok := pieces[byteString(byte(b))]
		if !ok {
			id = -1
		}
		ids[b] = id
	}
	return ids
}

// appendBytes appends the ids of a string's bytes, if all have one.
func appendBytes(dst []int32, ids *[256]int32, s string) ([]int32, bool) {
	if ids == nil {
		return dst, false
	}
	first := len(dst)
	for _, b := range []byte(s) {
		if ids[b] < 0 {
			return dst[:first], false
		}
		dst = append(dst, ids[b])
	}
	return dst, true
}
