package sentencepiece

import (
	"math"
	"slices"
)

// unigram segments text into the pieces with the highest sum of scores, which are log
// probabilities.
type unigram struct {
	pieces   *trie
	ends     []pieceEnd // by place in the trie plus 1
	defined  []bool     // by id: the piece is user-defined
	unk      int32
	unkScore float32
	largest  float64 // the largest absolute score
	positive float64 // the highest score per byte of any piece, at least 0
}

// pieceEnd is the id of a piece and what it adds to the score of a path. The first entry, for nodes
// at which no piece ends, adds -Inf.
type pieceEnd struct {
	score float32
	id    int32
}

// newUnigram makes the segmenter of the pieces in byText.
func newUnigram(pieces []Piece, byText *trie, unk int32) *unigram {
	u := &unigram{pieces: byText, ends: make([]pieceEnd, len(byText.ids)+1), defined: make([]bool, len(pieces)), unk: unk}
	lowest := float32(math.MaxFloat32)
	for _, p := range pieces {
		if p.Kind == Normal {
			lowest = min(lowest, p.Score)
		}
	}
	u.unkScore = lowest - unkPenalty
	u.largest = math.Abs(float64(u.unkScore))
	u.ends[0] = pieceEnd{float32(math.Inf(-1)), unk}
	for i, id := range byText.ids {
		p := &pieces[id]
		score := p.Score
		if p.Kind == UserDefined {
			score, u.defined[id] = userDefinedScore(len(p.Text)), true
		}
		u.ends[i+1] = pieceEnd{score, id}
		u.largest = max(u.largest, math.Abs(float64(score)))
		if score > 0 {
			u.positive = max(u.positive, float64(score)/float64(len(p.Text)))
		}
	}
	return u
}

// userDefinedScore returns the score of a user-defined piece of size bytes, regardless of the
// model's. This is the rule of version 0.2.3 of the C++ library; up to 0.2.1, the score was the
// model's highest score per byte, less 0.1.
func userDefinedScore(size int) float32 { return float32(0.1 * float64(size-1)) }

const (
	// unkPenalty is how much less an unknown character scores than the worst piece
	// (unigram_model.cc, kUnkPenalty).
	unkPenalty = 10
	// resetScore is the absolute sum at which scores are reset to 0, to stay precise
	// (kScoreResetThreshold).
	resetScore = 100_000
)

// step is the end of the best path to a byte: the last piece, where it starts, and the path's
// score.
type step struct {
	score float32
	start int32
	id    int32
}

// segment is EncodeOptimized of unigram_model.cc: Viterbi over byte positions, with scores summed
// from the left in single precision. Of two equal paths to a byte, the one whose last piece starts
// first wins.
//
// At a byte that no piece spans, the best path so far is final, and its steps can be dropped. So
// memory is proportional to the longest run of overlapping pieces, not to the text.
func (u *unigram) segment(w *scratch, begin, end int) {
	text, units := w.normalized.text[:end], u.pieces.units
	base, reach := begin, begin // steps[i] is the step to byte base+i; no piece so far ends after reach
	steps := append(w.steps[:0], step{score: w.sofar, start: -1})
	for start := begin; start < end; {
		if start == reach && start > base {
			u.emit(w, steps, base, start)
			steps = append(steps[:0], step{score: steps[start-base].score, start: -1})
			base = start
		}
		sofar := steps[start-base].score
		if sofar < -resetScore || sofar > resetScore {
			for i := range steps[start-base:] {
				if s := &steps[start-base+i]; i == 0 || s.start >= 0 {
					s.score -= sofar
				}
			}
			sofar = 0
		}
		char := min(charLen(text[start]), end-start)
		single := false
		node := units[0]
		for at := start; at < end; {
			c := text[at]
			if !node.leads(c) {
				break
			}
			if node = units[node.base()^uint32(c)]; !node.follows(c) {
				break
			}
			at++
			piece := node.piece()
			if piece == 0 {
				continue
			}
			found := u.ends[piece]
			score := found.score + sofar
			if at-base >= len(steps) {
				steps = reachTo(steps, at-base)
			}
			if to := &steps[at-base]; to.start < 0 || score > to.score {
				*to = step{score, int32(start), found.id}
			}
			single = single || at-start == char
		}
		if !single {
			steps = reachTo(steps, start+char-base)
			if s, to := u.unkScore+sofar, &steps[start+char-base]; to.start < 0 || s > to.score {
				*to = step{s, int32(start), u.unk}
			}
		}
		reach = base + len(steps) - 1
		start += char
	}
	u.emit(w, steps, base, end)
	w.sofar = steps[end-base].score
	w.steps = steps
}

// reachTo extends steps to include index i. No piece ends yet at the steps it adds.
func reachTo(steps []step, i int) []step {
	for len(steps) <= i {
		steps = append(steps, step{start: -1})
	}
	return steps
}

// emit appends the segments of the best path from byte base, where steps start, to end.
func (u *unigram) emit(w *scratch, steps []step, base, end int) {
	first := len(w.segments)
	for at := end; at > base; at = int(steps[at-base].start) {
		w.segments = append(w.segments, segment{steps[at-base].id, int32(at)})
	}
	slices.Reverse(w.segments[first:])
}

// charLen returns the length of a UTF-8 character by its first byte alone, as OneCharLen of util.h.
func charLen(first byte) int { return int(charLens[first>>4]) }

var charLens = [16]uint8{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4}
