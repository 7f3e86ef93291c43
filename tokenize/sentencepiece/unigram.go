package sentencepiece

import (
	"math"
	"slices"
)

// unigram segments text into the pieces whose scores, log probabilities, add up to the most.
type unigram struct {
	pieces   *trie
	scores   []float32 // of each id: what using the piece adds to a path
	defined  []bool    // of each id: it is a user-defined piece
	unk      int32
	unkScore float32
	ending   []float32 // of each id plus 1 the score, -Inf at 0
	largest  float64   // of the sizes of scores
	positive float64   // the highest score that a byte of a piece can have, at least 0
}

// newUnigram makes the segmenter of the pieces in byText.
func newUnigram(pieces []Piece, byText *trie, unk int32) *unigram {
	u := &unigram{pieces: byText, scores: make([]float32, len(pieces)), defined: make([]bool, len(pieces)), unk: unk}
	lowest := float32(math.MaxFloat32)
	for id, p := range pieces {
		u.scores[id] = p.Score
		switch p.Kind {
		case Normal:
			lowest = min(lowest, p.Score)
		case UserDefined:
			u.scores[id], u.defined[id] = userDefinedScore(len(p.Text)), true
		}
	}
	u.unkScore = lowest - unkPenalty
	u.prepareWords(pieces)
	return u
}

// userDefinedScore is what a user-defined piece of size bytes scores, whatever the model says. Version
// 0.2.3 of the library scores so; to 0.2.1 it was the model's highest score for each byte, less 0.1.
func userDefinedScore(size int) float32 { return float32(0.1 * float64(size-1)) }

const (
	// unkPenalty is how far below the worst piece an unknown character scores (unigram_model.cc, kUnkPenalty).
	unkPenalty = 10
	// resetScore is the size of a sum at which counting starts anew, to stay precise (kScoreResetThreshold).
	resetScore = 100_000
)

// step is the best way to end at a byte: the piece that ends there, where that piece starts, and the
// score of all up to its end.
type step struct {
	score float32
	start int32
	id    int32
}

// segment is EncodeOptimized of unigram_model.cc: Viterbi over byte positions, scores summed from the left
// in single precision. Of two equal paths to a byte the one whose last piece starts first stays.
//
// Where no piece reaches beyond a byte, every path passes through it: the best one up to there is final, and
// its steps are forgotten. So memory grows with the longest stretch that pieces overlap, not with the text.
func (u *unigram) segment(w *scratch, begin, end int) {
	text, units, scores := w.normalized.text[:end], u.pieces.units, u.scores
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
			id := node.id()
			if id < 0 {
				continue
			}
			score := scores[id]
			score += sofar
			if at-base >= len(steps) {
				steps = reachTo(steps, at-base)
			}
			if to := &steps[at-base]; to.start < 0 || score > to.score {
				*to = step{score, int32(start), id}
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

// charLen returns the length of a UTF-8 character from its first byte alone, as OneCharLen of util.h.
func charLen(first byte) int { return int(charLens[first>>4]) }

var charLens = [16]uint8{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4}
