package tokenizerjson

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// segmenter turns a part of a text into ids.
type segmenter interface {
	appendIDs(dst []int32, text []rune) []int32
	vocab() map[string]int32
	size() int // entries of the vocab, those with the same text included
}

// compileModel returns the file's model, or an error that names what is not run here.
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

// Files are hostile: what bounds the time and memory that a text takes.
const (
	maxPiece  = 1 << 13 // bytes of a piece
	maxAffix  = 64      // bytes of what BPE and WordPiece put to pieces, and of what is put before a text
	maxWord   = 1000    // characters of a word of WordPiece
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
			return nil, fmt.Errorf("vocab of the model %s: the piece %d has %d bytes, more than the %d that are run here", m.Type, id, len(text), maxPiece)
		}
	}
	return vocab, nil
}

// unknownID returns the id of unk_token, which has to be a piece.
func (m model) unknownID(vocab map[string]int32) (int32, error) {
	if m.UnkToken == nil {
		return 0, fmt.Errorf("its model %s has no unk_token", m.Type)
	}
	id, ok := vocab[*m.UnkToken]
	if !ok {
		return 0, fmt.Errorf("unk_token of the model is %q, which is no piece", *m.UnkToken)
	}
	return id, nil
}

// wordLevel looks whole words up.
type wordLevel struct {
	pieces map[string]int32
	unk    int32
}

func (w wordLevel) vocab() map[string]int32 { return w.pieces }
func (w wordLevel) size() int               { return len(w.pieces) }

func (w wordLevel) appendIDs(dst []int32, text []rune) []int32 {
	if id, ok := w.pieces[string(text)]; ok {
		return append(dst, id)
	}
	return append(dst, w.unk)
}

// wordPiece takes the longest piece that a word begins with, then the longest that the rest does,
// with a prefix.
type wordPiece struct {
	wordLevel
	prefix  string
	longest int // characters of a word
	piece   int // bytes of the longest piece
}

func (m model) compileWordPiece() (segmenter, error) {
	pieces, err := m.pieceIDs()
	if err != nil {
		return nil, err
	}
	if m.Prefix == nil || m.MaxChars == nil {
		return nil, fmt.Errorf("its model WordPiece lacks continuing_subword_prefix or max_input_chars_per_word")
	}
	if len(*m.Prefix) > maxAffix || *m.MaxChars > maxWord {
		return nil, fmt.Errorf("its model WordPiece has a continuing_subword_prefix of %d bytes and max_input_chars_per_word %d, more than are run here", len(*m.Prefix), *m.MaxChars)
	}
	unk, err := m.unknownID(pieces)
	w := wordPiece{wordLevel{pieces, unk}, *m.Prefix, *m.MaxChars, 0}
	for text := range pieces {
		w.piece = max(w.piece, len(text))
	}
	return w, err
}

func (w wordPiece) appendIDs(dst []int32, text []rune) []int32 {
	if len(text) > w.longest {
		return append(dst, w.unk)
	}
	word, first := string(text), len(dst)
	for start := 0; start < len(word); {
		end, found := min(len(word), start+w.piece), false
		for end < len(word) && !utf8.RuneStart(word[end]) {
			end--
		}
		for end > start {
			piece := word[start:end]
			if start > 0 {
				piece = w.prefix + piece
			}
			if id, ok := w.pieces[piece]; ok {
				dst, found = append(dst, id), true
				break
			}
			_, size := utf8.DecodeLastRuneInString(word[start:end])
			end -= size
		}
		if !found {
			return append(dst[:first], w.unk)
		}
		start = end
	}
	return dst
}

// unigram takes the pieces whose scores add up to the most, in double precision.
type unigram struct {
	pieces   map[string]int32
	scores   []float64
	unk      int32 // -1 for none
	unkScore float64
	sorted   []string
	bytes    *[256]int32
}

func (m model) compileUnigram() (segmenter, error) {
	texts, scores, err := m.scored()
	if err != nil {
		return nil, err
	}
	if m.UnkID == nil {
		return nil, fmt.Errorf("its model Unigram has no unk_id")
	}
	if *m.UnkID < 0 || int(*m.UnkID) >= len(texts) {
		return nil, fmt.Errorf("unk_id of the model is %d, of %d pieces", *m.UnkID, len(texts))
	}
	u := &unigram{pieces: map[string]int32{}, scores: scores, unk: *m.UnkID, unkScore: math.Inf(1)}
	for id, text := range texts {
		u.pieces[text] = int32(id)
		u.unkScore = min(u.unkScore, scores[id])
	}
	u.sorted = slices.Sorted(maps.Keys(u.pieces))
	u.unkScore -= unknownPenalty
	if m.ByteFallback {
		u.bytes = byteIDs(u.pieces)
	}
	return u, nil
}

// unknownPenalty is how far below the worst piece an unknown character scores.
const unknownPenalty = 10

// scored reads a vocab of the form [[piece, score], ...].
func (m model) scored() (texts []string, scores []float64, err error) {
	var vocab []json.RawMessage
	if json.Unmarshal(m.Vocab, &vocab) != nil {
		return nil, nil, fmt.Errorf("vocab of the model Unigram: want a list of pieces and their scores")
	}
	for id, raw := range vocab {
		var entry []json.RawMessage
		var text string
		if json.Unmarshal(raw, &entry) != nil || len(entry) != 2 || json.Unmarshal(entry[0], &text) != nil || isNull(entry[0]) {
			return nil, nil, fmt.Errorf("vocab of the model: entry %d is %s, want a string and a number", id, short(raw))
		}
		score, err := scoreOf(string(entry[1]))
		if err != nil {
			return nil, nil, fmt.Errorf("vocab of the model: entry %d is %s, want a string and a number", id, short(raw))
		}
		if len(text) > maxPiece {
			return nil, nil, fmt.Errorf("vocab of the model: the piece %d has %d bytes, more than the %d that are run here", id, len(text), maxPiece)
		}
		texts, scores = append(texts, text), append(scores, score)
	}
	return texts, scores, nil
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

// withPrefix returns those of sorted strings that begin with a prefix.
func withPrefix(sorted []string, prefix string) []string {
	first := sort.SearchStrings(sorted, prefix)
	sorted = sorted[first:]
	return sorted[:sort.Search(len(sorted), func(i int) bool { return !strings.HasPrefix(sorted[i], prefix) })]
}

func (u *unigram) vocab() map[string]int32 { return u.pieces }
func (u *unigram) size() int               { return len(u.scores) }

func (u *unigram) appendIDs(dst []int32, text []rune) []int32 {
	s := string(text)
	type step struct {
		score float64
		start int // -1 while no way leads here
		id    int32
	}
	steps := make([]step, len(s)+1)
	for i := range steps {
		steps[i].start = -1
	}
	reach := func(start, end int, score float64, id int32) {
		if score += steps[start].score; steps[end].start < 0 || score > steps[end].score {
			steps[end] = step{score, start, id}
		}
	}
	for start := 0; start < len(s); {
		_, size := utf8.DecodeRuneInString(s[start:])
		alone := false
		for end, left := start+size, u.sorted; ; {
			if left = withPrefix(left, s[start:end]); len(left) == 0 {
				break
			}
			if left[0] == s[start:end] {
				id := u.pieces[left[0]]
				reach(start, end, u.scores[id], id)
				alone = alone || end == start+size
			}
			if end == len(s) {
				break
			}
			_, next := utf8.DecodeRuneInString(s[end:])
			end += next
		}
		if !alone {
			reach(start, start+size, u.unkScore, u.unk)
		}
		start += size
	}
	var ends []int // of the pieces, the last first; unknown ones that stand side by side are one
	for end := len(s); end > 0; end = steps[end].start {
		if steps[end].id != u.unk || end == len(s) || steps[ends[len(ends)-1]].id != u.unk {
			ends = append(ends, end)
		}
		if steps[end].id == u.unk {
			steps[ends[len(ends)-1]].start = steps[end].start
		}
	}
	start := 0
	for i := len(ends) - 1; i >= 0; i-- {
		piece := s[start:ends[i]]
		start = ends[i]
		id, ok := u.pieces[piece]
		if !ok {
			if dst, ok = appendBytes(dst, u.bytes, piece); ok {
				continue
			}
			id = u.unk
		}
		dst = append(dst, id)
	}
	return dst
}
