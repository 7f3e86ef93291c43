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

// unigram finds the segmentation with the highest sum of scores, in double precision.
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

// unknownPenalty is how much less an unknown character scores than the worst piece.
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
			return nil, nil, fmt.Errorf("vocab of the model: the piece %d has %d bytes, more than the limit of %d", id, len(text), maxPiece)
		}
		texts, scores = append(texts, text), append(scores, score)
	}
	return texts, scores, nil
}

// withPrefix returns the strings that begin with a prefix, from a sorted list.
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
		start int // -1 while no segmentation ends here
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
	var ends []int // ends of the pieces, last first; neighbouring unknown pieces are joined
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
