// Package sentencepiece reads SentencePiece models (.model files) and segments text with them exactly as
// the C++ library does, piece for piece.
//
// Open a model once and share it: a Model is immutable, and all its methods may be called from many
// goroutines at once.
//
//	model, err := sentencepiece.Open("spiece.model")
//	ids := model.Encode("Two dogs, one ball.")
//	text := model.Decode(ids)
//
// [Model.Encode] gives ids, [Model.Tokens] also the pieces and where in the text each came from,
// [Model.Decode] the text again. Ids of control pieces (end of sentence, padding) never come out of
// Encode: the caller adds them.
//
// Sources of every rule here are the files of github.com/google/sentencepiece, v0.2: normalizer.cc,
// unigram_model.cc, model_interface.cc and sentencepiece_processor.cc. See Kudo and Richardson,
// SentencePiece (2018), and Kudo, Subword Regularization (2018), for the models.
package sentencepiece

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
)

// Kind says what a piece is for; its numbers are those of the .model file.
type Kind int8

// The kinds of pieces.
const (
	Normal      Kind = 1 // found by training
	Unknown     Kind = 2 // stands for what no piece covers
	Control     Kind = 3 // never found in text: padding, end of sentence
	UserDefined Kind = 4 // always one piece, wherever its text occurs
	Unused      Kind = 5 // has an id, never found in text
	Byte        Kind = 6 // one byte, written <0x41>, of a character that no piece covers
)

// Piece is an entry of a model's vocabulary. Score is the piece's log probability.
type Piece struct {
	Text  string
	Score float32
	Kind  Kind
}

// Model is a SentencePiece model ready for use.
type Model struct {
	pieces       []Piece
	reserved     map[string]int32 // unknown, control and byte pieces, which text cannot spell
	unk          int32
	byteFallback bool
	bytes        [256]int32 // id of each byte's piece, where byteFallback is set
	normalizer   *normalizer
	unigram      *unigram
	decoder      *decoder
	traits       Traits
	scratch      sync.Pool // of *scratch
}

// scratch is what one call of Encode works in.
type scratch struct {
	normalized normalized
	segments   []segment
	steps      []step
}

// maxScratch is the text length in bytes up to which scratch space is kept for the next call.
const maxScratch = 1 << 16

// maxModelBytes bounds what Open reads; the largest published models are some 5 MB long.
const maxModelBytes = 1 << 28

// Open reads the model in the named file.
func Open(path string) (*Model, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading SentencePiece model: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxModelBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading SentencePiece model %s: %w", path, err)
	}
	if len(data) > maxModelBytes {
		return nil, fmt.Errorf("reading SentencePiece model %s: longer than %d bytes", path, maxModelBytes)
	}
	m, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("reading SentencePiece model %s: %w", path, err)
	}
	return m, nil
}

// Parse reads a serialized ModelProto, the content of a .model file. It keeps no reference to data.
func Parse(data []byte) (*Model, error) {
	proto, err := parseModelProto(data)
	if err != nil {
		return nil, err
	}
	if err := supported(proto.trainer.modelType); err != nil {
		return nil, err
	}
	m := &Model{pieces: proto.pieces, byteFallback: proto.trainer.byteFallback}
	m.scratch.New = func() any { return new(scratch) }
	keys, err := m.index()
	if err != nil {
		return nil, err
	}
	m.normalizer, err = newNormalizer(proto.normalizer, m.symbolTrie(keys), proto.trainer.treatWhitespaceAsSuffix)
	if err != nil {
		return nil, err
	}
	m.unigram = newUnigram(m.pieces, keys, m.unk)
	if m.decoder, err = newDecoder(m, proto); err != nil {
		return nil, err
	}
	m.traits = traitsOf(proto)
	return m, nil
}

var modelTypes = map[int]string{typeUnigram: "unigram", typeBPE: "BPE", typeWord: "word", typeChar: "character"}

func supported(modelType int) error {
	name, known := modelTypes[modelType]
	switch {
	case modelType == typeUnigram:
		return nil
	case known:
		return fmt.Errorf("this is a %s model; only unigram models are supported", name)
	}
	return fmt.Errorf("model_type %d is unknown; only unigram models (1) are supported", modelType)
}

// index checks the pieces and returns, sorted, those that text can spell.
func (m *Model) index() ([]trieKey, error) {
	if len(m.pieces) == 0 {
		return nil, errors.New("the model has no pieces: not a SentencePiece model")
	}
	if len(m.pieces) > math.MaxInt32 {
		return nil, fmt.Errorf("%d pieces are more than ids can number", len(m.pieces))
	}
	m.unk = -1
	m.reserved = map[string]int32{}
	var keys []trieKey
	for i, p := range m.pieces {
		id := int32(i)
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("piece %d, %q: %w", id, p.Text, err)
		}
		switch {
		case p.Kind == Normal || p.Kind == UserDefined || p.Kind == Unused:
			keys = append(keys, trieKey{p.Text, id})
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
	if m.unk < 0 {
		return nil, errors.New("the model has no unknown piece")
	}
	if err := m.indexBytes(); err != nil {
		return nil, err
	}
	slices.SortFunc(keys, func(a, b trieKey) int {
		return cmp.Or(strings.Compare(a.text, b.text), cmp.Compare(a.id, b.id))
	})
	for i := range len(keys) - 1 {
		if keys[i].text == keys[i+1].text {
			return nil, fmt.Errorf("pieces %d and %d are both %q", keys[i].id, keys[i+1].id, keys[i].text)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("the model has no piece that text can spell")
	}
	return keys, nil
}

// check refuses what the library refuses.
func (p Piece) check() error {
	switch score := float64(p.Score); {
	case p.Text == "":
		return errors.New("no text")
	case p.Kind != Unused && strings.Contains(p.Text, "\x00"):
		return errors.New("a NUL character in its text")
	case math.IsNaN(score) || math.IsInf(score, 0):
		return fmt.Errorf("score %v is not a number that can be added", p.Score)
	}
	return nil
}

// indexBytes finds the pieces <0x00> to <0xFF> of a model with byte fallback.
func (m *Model) indexBytes() error {
	found := 0
	for b := range 256 {
		name := fmt.Sprintf("<0x%02X>", b)
		id, ok := m.reserved[name]
		switch {
		case !m.byteFallback:
			continue
		case !ok || m.pieces[id].Kind != Byte:
			return fmt.Errorf("the model has byte fallback, but no byte piece %s", name)
		}
		m.bytes[b] = id
		found++
	}
	for id, p := range m.pieces {
		if p.Kind == Byte && (found == 0 || byteOf(p.Text) < 0) {
			return fmt.Errorf("piece %d, %q, is of kind byte and is none of <0x00> to <0xFF>", id, p.Text)
		}
	}
	return nil
}

// byteOf returns the byte that a piece <0x41> names, or -1.
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

func (m *Model) symbolTrie(keys []trieKey) *trie {
	var symbols []trieKey
	for _, k := range keys {
		if m.pieces[k.id].Kind == UserDefined {
			symbols = append(symbols, k)
		}
	}
	if symbols == nil {
		return nil
	}
	return newTrie(symbols)
}

// Len returns the number of pieces: ids are 0 to Len()-1.
func (m *Model) Len() int { return len(m.pieces) }

// Piece returns the piece of an id. It panics if id is not below Len.
func (m *Model) Piece(id int32) Piece { return m.pieces[id] }

// PieceID returns the id of the piece with the given text, or UnknownID where there is none.
func (m *Model) PieceID(piece string) int32 {
	if id, ok := m.reserved[piece]; ok {
		return id
	}
	if id := m.unigram.pieces.lookup(piece); id >= 0 {
		return id
	}
	return m.unk
}

// UnknownID returns the id of the unknown piece.
func (m *Model) UnknownID() int32 { return m.unk }
