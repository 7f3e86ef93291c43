package sentencepiece

import (
	"math"
	"slices"
)

// unigram segments text into the pieces whose scores, log probabilities, add up to the most.
type unigram struct {
	pieces   *trie
	scores   []float32 // of each id: what using the piece adds to a path
	unused   []bool
	unk      int32
	unkScore float32
}

// newUnigram makes the segmenter of the pieces that keys, sorted, can spell; unused ones have an id but
// are never found.
func newUnigram(pieces []Piece, keys []trieKey, unk int32) *unigram {
	u := &unigram{
		pieces: newTrie(keys),
		scores: make([]float32, len(pieces)),
		unused: make([]bool, len(pieces)),
		unk:    unk,
	}
	lowest := float32(math.MaxFloat32)
	for id, p := range pieces {
		u.scores[id] = p.Score
		u.unused[id] = p.Kind == Unused
		switch p.Kind {
		case Normal:
			lowest = min(lowest, p.Score)
		case UserDefined:
			u.scores[id] = userDefinedScore(len(p.Text))
		}
	}
	u.unkScore = lowest - unkPenalty
	return u
}

// userDefinedScore is what a user-defined piece of size bytes scores, whatever the model says. Version
// 0.2.3 of the library scores so; to 0.2.1 it was the model's highest score for each byte, less 0.1.
func userDefinedScore(size int) float32 { return float32(0.1*float64(size) - 0.1) }

// unkPenalty is how far below the worst piece an unknown character scores (unigram_model.cc, kUnkPenalty).
const unkPenalty = 10

// step is the best way to end at a byte: the piece that ends there, where that piece starts, and the
// score of all up to its end.
type step struct {
	score float32
	start int32
	id    int32
}

// segment is a piece found in normalized text: text[previous end:end].
type segment struct {
	id  int32
	end int32
}

// segment appends the best segmentation of text to dst; steps is scratch space, which it returns for
// the next call.
//
// It is EncodeOptimized of unigram_model.cc: Viterbi over byte positions, scores summed from the left in
// single precision. Of two equal paths to a byte the one whose last piece starts first stays.
func (u *unigram) segment(dst []segment, text []byte, steps []step) ([]segment, []step) {
	steps = slices.Grow(steps[:0], len(text)+1)[:len(text)+1]
	for i := range steps {
		steps[i].start = -1
	}
	steps[0].score = 0
	for start := 0; start < len(text); {
		char := min(charLen(text[start]), len(text)-start)
		sofar := steps[start].score
		if !u.extend(text, start, char, sofar, steps) {
			if s, to := u.unkScore+sofar, &steps[start+char]; to.start < 0 || s > to.score {
				*to = step{s, int32(start), u.unk}
			}
		}
		start += char
	}
	first := len(dst)
	for end := int32(len(text)); end > 0; end = steps[end].start {
		dst = append(dst, segment{steps[end].id, end})
	}
	slices.Reverse(dst[first:])
	return dst, steps
}

// extend offers every piece that starts at start to the byte where it ends. It reports whether one of
// them is the single character there, of char bytes.
func (u *unigram) extend(text []byte, start, char int, sofar float32, steps []step) (single bool) {
	node := uint32(0)
	for at := start; at < len(text); {
		child, ok := u.pieces.step(node, text[at])
		if !ok {
			break
		}
		node = child
		at++
		id := u.pieces.units[node].id
		if id < 0 || u.unused[id] {
			continue
		}
		score := u.scores[id]
		score += sofar
		if to := &steps[at]; to.start < 0 || score > to.score {
			*to = step{score, int32(start), id}
		}
		single = single || at-start == char
	}
	return single
}

// charLen returns the length of a UTF-8 character from its first byte alone, as OneCharLen of util.h.
func charLen(first byte) int { return int(charLens[first>>4]) }

var charLens = [16]uint8{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4}
