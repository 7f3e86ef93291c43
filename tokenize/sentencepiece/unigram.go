package sentencepiece

import (
	"math"
	"slices"
)

// unigram segments text into the pieces whose scores, log probabilities, add up to the most.
type unigram struct {
	pieces   *trie
	ends     []pieceEnd // of each place in the trie plus 1
	defined  []bool     // of each id: it is a user-defined piece
	unk      int32
	unkScore float32
	largest  float64 // of the sizes of scores
	positive float64 // the highest score that a byte of a piece can have, at least 0
}

// pieceEnd is what the trie's walks look for: an id, and what using that piece adds to a path. The
// first is of no piece, and adds -Inf.
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

// userDefinedScore is what a user-defined piece of size bytes scores, whatever the model says.
// Version 0.2.3 of the library scores so; to 0.2.1 it was the model's highest score for each byte,
// less 0.1.
func userDefinedScore(size int) float32 { return float32(0.1 * float64(size-1)) }

const (
	// unkPenalty is how far below the worst piece an unknown character scores (unigram_model.cc,
	// kUnkPenalty).
	unkPenalty = 10
	// resetScore is the size of a sum at which counting starts anew, to stay precise
	// (kScoreResetThreshold).
	resetScore = 100_000
)

// step is the best way to end at a byte: the piece that ends there, where that piece starts, and
// the score of all up to its end.
type step struct {
	score float32
	start int32
	id    int32
}

// segment is EncodeOptimized of unigram_model.cc: Viterbi over byte positions, scores summed from
// the left in single precision. Of two equal paths to a byte the one whose last piece starts first
// stays.
//
// Where no piece reaches beyond a byte, every path passes through it: the best one up to there is
// final, and its steps are forgotten. So memory grows with the longest stretch that pieces overlap,
// not with the text.
func (u *unigram) segment(w *scratch, begin, end int) {
	text, units := w.normalized.text[:end], u.pieces.units
	base, reach := begin, begin // steps[i] is about byte base+i; a piece ends at reach, none beyond
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

// reachTo makes steps hold index i; no piece ends yet at those it adds.
func reachTo(steps []step, i int) []step {
	for len(steps) <= i {
		steps = append(steps, step{start: -1})
	}
	return steps
}

// emit appends the best segments from byte base, where steps start, to end.
func (u *unigram) emit(w *scratch, steps []step, base, end int) {
	first := len(w.segments)
	for at := end; at > base; at = int(steps[at-base].start) {
		w.segments = append(w.segments, segment{steps[at-base].id, int32(at)})
	}
	slices.Reverse(w.segments[first:])
}

// charLen returns the length of a UTF-8 character from its first byte alone, as OneCharLen of
// util.h.
func charLen(first byte) int { return int(charLens[first>>4]) }

var charLens = [16]uint8{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4}
