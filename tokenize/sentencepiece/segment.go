package sentencepiece

import (
	"slices"

	"github.com/pali3/pali3/random"
)

// segmenter cuts normalized text into pieces.
type segmenter interface {
	// segment appends the pieces of w.normalized.text[begin:end] to w.segments and adds their
	// scores to w.sofar.
	segment(w *scratch, begin, end int)
	// segmentFast sets w.found to the pieces of a word of at most maxWord bytes, segmented by
	// itself. They are the ones that segment finds as long as |w.sofar| <= limit. A negative limit
	// says that segment may find others in any text.
	segmentFast(w *scratch, text []byte) (limit float32)
}

// segment is a piece found in normalized text: text[end of the previous segment:end].
type segment struct {
	id  int32
	end int32
}

// maxWord is the longest word, in bytes, that is segmented with segmentFast.
const maxWord = 96

// found is a piece of a word, text[end of the previous piece:end], and what it adds to the score of
// a text.
type found struct {
	id    int32
	end   int32
	score float32
}

// scratch is the working memory of one call of Encode. Models keep it in a pool.
type scratch struct {
	normalized   normalized
	segments     []segment
	sofar        float32 // the sum of the scores of the segments so far, in a unigram model
	afterUnknown bool    // the last segment is the unknown piece
	steps        []step
	merges       merges
	dropout      float64        // the probability of skipping a merge, in a BPE model
	random       *random.Stream // decides which merges are skipped; nil if none is

	found   []found // the pieces of a word, in room
	limit   float32 // what segmentFast returned for that word
	room    [maxWord]found
	ways    [maxWord + 1]way
	walks   [maxWord + 1]walk
	bpeWord bpeWord
	scored  []scoredID
	ids     []int32
	cache   wordCache
}

// restart prepares w for a new text.
func (w *scratch) restart() {
	w.normalized.reset()
	w.sofar, w.afterUnknown = 0, false
}

const (
	// maxScratch is the longest text, in bytes, whose scratch space is kept for the next call.
	maxScratch = 1 << 16
	// bytesPerID is how many bytes of text one id covers, as a guess when space for the ids of a
	// long text is allocated.
	bytesPerID = 3
)

// borrow returns scratch space that contains the normal form of text; aligned says whether it also
// records where each byte came from.
func (m *Model) borrow(text string, aligned bool) *scratch {
	w := m.scratch.Get().(*scratch)
	w.restart()
	w.normalized.aligned = aligned
	m.normalizer.normalize(&w.normalized, text)
	return w
}

// release returns scratch space to the pool.
func (m *Model) release(w *scratch) {
	if cap(w.normalized.text) > maxScratch || cap(w.ids) > maxScratch {
		*w = scratch{cache: w.cache}
	}
	w.normalized.aligned = false
	m.scratch.Put(w)
}

// segment finds the pieces of w.normalized, which follows text with the score w.sofar.
func (m *Model) segment(w *scratch) {
	w.segments = w.segments[:0]
	text, spaces := w.normalized.text, w.normalized.spaces
	if len(text) > maxScratch {
		w.segments = slices.Grow(w.segments, len(text)/bytesPerID)
	}
	if m.splitter == nil {
		m.segmenter.segment(w, 0, len(text))
		return
	}
	for begin, end := 0, 0; begin < len(text); begin = end {
		end, spaces = m.splitter.cut(text, begin, spaces)
		m.segmentPart(w, begin, end)
	}
}

// segmentPart finds the pieces of a part of the text whose ends no piece spans.
func (m *Model) segmentPart(w *scratch, begin, end int) {
	if !m.segmentWord(w, w.normalized.text[begin:end]) {
		m.segmenter.segment(w, begin, end)
		return
	}
	for _, f := range w.found {
		w.segments = append(w.segments, segment{f.id, int32(begin) + f.end})
		w.sofar += f.score
	}
}

// segmentWord finds the pieces of a word. It returns false if the word is too long for that or if
// its pieces depend on the score of the text before it.
func (m *Model) segmentWord(w *scratch, word []byte) bool {
	if len(word) > maxWord {
		return false
	}
	w.limit = m.segmenter.segmentFast(w, word)
	return w.limit >= max(w.sofar, -w.sofar)
}
