package sentencepiece

import (
	"fmt"
	"sync"
)

// Kind is the kind of a piece. The numbers are those of the .model file.
type Kind int8

// The kinds of pieces.
const (
	Normal      Kind = 1 // found by training
	Unknown     Kind = 2 // replaces characters that no piece covers
	Control     Kind = 3 // never matched in text: padding, end of sentence
	UserDefined Kind = 4 // always matched where its text occurs
	Unused      Kind = 5 // has an id but is never matched in text
	Byte        Kind = 6 // a byte, written <0x41>, of a character that no piece covers
)

// Piece is an entry of a model's vocabulary. Score is its log probability; in a BPE model, pieces
// of higher score are merged first.
type Piece struct {
	Text  string
	Score float32
	Kind  Kind
}

// Model is a SentencePiece model ready for use.
type Model struct {
	pieces       []Piece
	kind         ModelType
	byText       *trie            // the pieces that can occur in text
	reserved     map[string]int32 // the other pieces
	unk          int32
	byteFallback bool
	bytes        [256]int32 // the ids of the byte pieces, if byteFallback is set
	normalizer   *normalizer
	segmenter    segmenter
	splitter     *wordSplitter // nil if text cannot be split into words
	decoder      *decoder
	traits       Traits
	scratch      sync.Pool // of *scratch
}

// New makes a model of a proto. The caller must not change the proto's pieces afterwards.
func New(proto *Proto) (*Model, error) {
	if _, known := modelTypes[proto.Trainer.Type]; !known {
		return nil, fmt.Errorf("%s is unknown; want 1 (unigram), 2 (BPE), 3 (word) or 4 (character)", proto.Trainer.Type)
	}
	m := &Model{
		pieces:       proto.Pieces,
		kind:         proto.Trainer.Type,
		byteFallback: proto.Trainer.ByteFallback,
		scratch:      sync.Pool{New: func() any { return new(scratch) }},
	}
	keys, err := m.index()
	if err != nil {
		return nil, err
	}
	if m.byText, err = newTrie(m.pieces, keys); err != nil {
		return nil, err
	}
	m.byText.indexCharacters()
	symbols, err := m.symbolTrie(keys)
	if err != nil {
		return nil, err
	}
	m.normalizer, err = newNormalizer(proto.Normalizer, symbols, proto.Trainer.TreatWhitespaceAsSuffix)
	if err != nil {
		return nil, fmt.Errorf("normalizer_spec: %w", err)
	}
	switch m.kind {
	case Unigram:
		m.segmenter = newUnigram(m.pieces, m.byText, m.unk)
	case BPE:
		m.segmenter = newBPE(m.pieces, m.byText, symbols, m.unk)
	case Word:
		m.segmenter = wordModel{m.byText, m.unk}
	case Char:
		m.segmenter = charModel{m.byText, symbols, m.unk}
	}
	m.splitter = newWordSplitter(m)
	if m.decoder, err = newDecoder(proto); err != nil {
		return nil, err
	}
	m.traits = traitsOf(proto)
	return m, nil
}

// Len returns the number of pieces: ids are 0 to Len()-1.
func (m *Model) Len() int { return len(m.pieces) }

// Piece returns the piece of an id. It panics if id is not below Len.
func (m *Model) Piece(id int32) Piece { return m.pieces[id] }

// PieceID returns the id of the piece with the given text, or UnknownID if there is no such piece.
func (m *Model) PieceID(piece string) int32 {
	if id, ok := m.reserved[piece]; ok {
		return id
	}
	if id := m.byText.lookup(piece); id >= 0 {
		return id
	}
	return m.unk
}

// UnknownID returns the id of the unknown piece. It is -1 if the model has none, which only models
// with byte fallback may lack.
func (m *Model) UnknownID() int32 { return m.unk }

// Type returns the type of the model.
func (m *Model) Type() ModelType { return m.kind }
