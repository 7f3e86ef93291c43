// Package sentencepiece reads SentencePiece models (.model files) and segments text with them
// exactly as the C++ library does, piece for piece.
//
// Open a model once and share it: a Model is immutable, and all its methods may be called from many
// goroutines at once.
//
//	model, err := sentencepiece.Open("spiece.model")
//	ids := model.Encode("Two dogs, one ball.")
//	text := model.Decode(ids)
//
// [Model.Encode] gives ids, [Model.EncodeBatch] those of many texts, [Model.Tokens] also the pieces
// and where in the text each came from, [Model.Decode] the text again, [Model.Stream] the text of
// ids that come one at a time. [Model.NBest] lists the best segmentations of a unigram model and
// [Model.Sample] draws one, for training with subword regularization. Ids of control pieces (end of
// sentence, padding) never come out of Encode: the caller adds them.
//
// # How a text becomes ids
//
// The normalizer (normalizer.go) rewrites characters by the model's rules and makes spaces visible.
// The segmenter of the model's type (unigram.go, bpe.go, word.go) cuts that into pieces. Both work
// on a word at a time where no rule and no piece reaches over a space (bywords.go, words.go), by
// quicker ways that are good for words alone (unigramword.go, bpeword.go), and remember the words
// they have seen (memo.go), without the punctuation behind them (marks.go): the same word gives the
// same ids, wherever it stands. Where that cannot be proved of a model, a text or a word, the whole
// text is segmented as one. Time is linear in the length of the text, for BPE but for a factor of
// its logarithm.
//
// Pieces are found in a double-array trie (trie.go, triebuild.go), rules in the one that the model
// brings (charsmap.go).
//
// docs/tokenizer.md of the repository explains it with an example.
//
// Sources of every rule here are the files of github.com/google/sentencepiece, v0.2.3:
// normalizer.cc, unigram_model.cc, bpe_model.cc, word_model.cc, char_model.cc, model_interface.cc
// and sentencepiece_processor.cc. See Kudo and Richardson, SentencePiece (2018), and Kudo, Subword
// Regularization (2018), for the models.
package sentencepiece

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
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

// Piece is an entry of a model's vocabulary. Score is the piece's log probability; in a BPE model,
// pieces of a higher score are merged before those of a lower.
type Piece struct {
	Text  string
	Score float32
	Kind  Kind
}

// Model is a SentencePiece model ready for use.
type Model struct {
	pieces       []Piece
	kind         ModelType
	byText       *trie            // pieces that text can spell
	reserved     map[string]int32 // all others
	unk          int32
	byteFallback bool
	bytes        [256]int32 // id of each byte's piece, where byteFallback is set
	normalizer   *normalizer
	segmenter    segmenter
	words        *wordRules // nil where text cannot be cut into words
	decoder      *decoder
	traits       Traits
	scratch      sync.Pool // of *scratch
}

// segmenter cuts normalized text into pieces.
type segmenter interface {
	// segment appends the pieces of w.normalized.text[begin:end] to w.segments and their scores to
	// w.sofar.
	segment(w *scratch, begin, end int)
	// word finds the pieces of a word of at most maxWord bytes, which stands alone: w.found is set
	// to them. They are those that segment finds while |w.sofar| is at most limit; below 0 they may
	// always be others.
	word(w *scratch, text []byte) (limit float32)
}

// segment is a piece found in normalized text: text[previous end:end].
type segment struct {
	id  int32
	end int32
}

// maxWord is how many bytes of a word make it a long one.
const maxWord = 96

// found is a piece of a word: text[previous end:end], and what it adds to the score of a text.
type found struct {
	id    int32
	end   int32
	score float32
}

// scratch is what one call of Encode works in.
type scratch struct {
	normalized   normalized
	segments     []segment
	sofar        float32 // the score of all segments before, in a unigram model
	afterUnknown bool    // the last of them is the unknown piece
	steps        []step
	merges       merges
	dropout      float64 // the probability of leaving a merge out, in a BPE model
	random       *Random // which decides, nil if none is left out

	found   []found // of a word, in room
	limit   float32 // of a word, of segmenter.word
	room    [maxWord]found
	ways    [maxWord + 1]way
	walks   [maxWord + 1]walk
	bpeWord bpeWord
	scored  []scoredID
	ids     []int32
	memo    memo
}

// maxModelBytes bounds what Open reads; the largest published models are some 5 MB long.
const maxModelBytes = 1 << 28

// Open reads the model in the named file.
func Open(path string) (*Model, error) {
	proto, err := OpenProto(path)
	if err != nil {
		return nil, err
	}
	m, err := New(proto)
	if err != nil {
		return nil, fmt.Errorf("reading SentencePiece model %s: %w", path, err)
	}
	return m, nil
}

// notModel says what a file is that was given for a model.
func notModel(data []byte, err error) error {
	switch what := Describe(data); what {
	case describeBinary:
		return fmt.Errorf("not a SentencePiece model: %w", err)
	case DescribeTokenizerJSON:
		return errors.New("this is a tokenizer.json, not a SentencePiece model; `pali3 tokenizer import` makes one of it where it describes one")
	default:
		return fmt.Errorf("this is %s, not a SentencePiece model", what)
	}
}

// OpenProto reads the content of a .model file, to look at or to change.
func OpenProto(path string) (*Proto, error) {
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
	proto, err := ParseProto(data)
	if err == nil && len(proto.Pieces) == 0 {
		err = errors.New("it has no pieces")
	}
	if err != nil {
		return nil, fmt.Errorf("reading SentencePiece model %s: %w", path, notModel(data, err))
	}
	return proto, nil
}

// Parse reads a model from the content of a .model file.
func Parse(data []byte) (*Model, error) {
	proto, err := ParseProto(data)
	if err != nil {
		return nil, notModel(data, err)
	}
	return New(proto)
}

// New makes the model of a proto, whose pieces must not be changed any more.
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
		m.segmenter = words{m.byText, m.unk}
	case Char:
		m.segmenter = characters{m.byText, symbols, m.unk}
	}
	m.words = newWordRules(m)
	if m.decoder, err = newDecoder(proto); err != nil {
		return nil, err
	}
	m.traits = traitsOf(proto)
	return m, nil
}

// index checks the pieces and returns, sorted, those that text can spell. Unused pieces are among
// them only in BPE models, where they are steps on the way to other pieces.
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
			continue // what converters leave behind; the library passes over it
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
		return nil, errors.New("the model has no piece that text can spell")
	}
	if unused && m.kind != BPE {
		keys = slices.DeleteFunc(keys, func(k trieKey) bool { return m.pieces[k.id].Kind == Unused })
	}
	return keys, nil
}

// maxPieceBytes is how long a piece may be (model_interface.cc, kMaxPieceSize).
const maxPieceBytes = 8000 - 1

// check refuses what the library refuses, and scores that are no numbers in models of any type.
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
		return fmt.Errorf("score %v is not a number that can be added", p.Score)
	}
	return nil
}

// indexBytes finds the pieces <0x00> to <0xFF> of a model with byte fallback.
func (m *Model) indexBytes() error {
	for id, p := range m.pieces {
		if p.Kind == Byte && byteOf(p.Text) < 0 {
			return fmt.Errorf("piece %d, %q, is of kind byte and is none of <0x00> to <0xFF>", id, p.Text)
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

// Len returns the number of pieces: ids are 0 to Len()-1.
func (m *Model) Len() int { return len(m.pieces) }

// Piece returns the piece of an id. It panics if id is not below Len.
func (m *Model) Piece(id int32) Piece { return m.pieces[id] }

// PieceID returns the id of the piece with the given text, or UnknownID where there is none.
func (m *Model) PieceID(piece string) int32 {
	if id, ok := m.reserved[piece]; ok {
		return id
	}
	if id := m.byText.lookup(piece); id >= 0 {
		return id
	}
	return m.unk
}

// UnknownID returns the id of the unknown piece, or -1 in a model that has none and falls back to
// bytes.
func (m *Model) UnknownID() int32 { return m.unk }

// Type returns the type of the model.
func (m *Model) Type() ModelType { return m.kind }
