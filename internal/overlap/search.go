package overlap

import (
	"slices"

	"github.com/cespare/xxhash/v2"
)

// Span is a longest run of words that a text of the index shares with the text that is searched.
type Span struct {
	Text   int // of the index
	From   int // the first shared word, in the text of the index
	At     int // the same in the text that is searched
	Length int // in words, at least Gram
}

// maxWork bounds the steps of a search. Texts of people need far fewer than a step a word.
const maxWork = 1 << 26

// Searcher looks for the texts of an index in other texts. It is used by one goroutine.
type Searcher struct {
	index *Index
	ids   []uint32 // of the words; 0 if the index has no such word
	work  int
}

// NewSearcher returns a searcher. The index must be built.
func (x *Index) NewSearcher() *Searcher { return &Searcher{index: x} }

// Set sets the text to search.
func (s *Searcher) Set(text string) {
	s.ids, s.work = s.ids[:0], 0
	Words(text, func(word []byte) { s.ids = append(s.ids, s.index.vocabulary[xxhash.Sum64(word)]) })
}

// Length returns the number of words of the text.
func (s *Searcher) Length() int { return len(s.ids) }

// Whole returns the text of the index that has the words of the text and those of the texts
// after it, or -1.
func (s *Searcher) Whole() int {
	if len(s.ids) == 0 || slices.Contains(s.ids, 0) {
		return -1
	}
	if n, found := s.index.wholes[s.index.hash(s.ids)]; found && slices.Equal(s.index.texts[n], s.ids) {
		return int(n)
	}
	return -1
}

// Contains returns where the words of a text of the index begin in the text, or -1. Unlike Spans it
// finds texts of any length.
func (s *Searcher) Contains(text int) int {
	want := s.index.texts[text]
	for at := 0; at+len(want) <= len(s.ids); at++ {
		if s.ids[at] == want[0] && slices.Equal(s.ids[at:at+len(want)], want) {
			return at
		}
	}
	return -1
}

// Spans calls visit for the longest shared spans of the text, from left to right. Where a text of
// the index has a gram more than 16 times, not all of its spans are visited, or some twice. Spans
// reports whether the text was searched to its end: a text that repeats words of the index millions
// of times is given up.
func (s *Searcher) Spans(visit func(Span)) (whole bool) {
	x := s.index
	high := uint64(1) // base to the power of Gram
	for range Gram {
		high *= base
	}
	var h uint64
	known := 0 // words of the index in a row
	for p, id := range s.ids {
		if id == 0 {
			h, known = 0, 0
			continue
		}
		h = h*base + x.mixed[id]
		if known++; known > Gram {
			h -= high * x.mixed[s.ids[p-Gram]]
		}
		if known < Gram {
			continue
		}
		from, to := x.table.find(h)
		for _, found := range x.places[from:to] {
			if s.work++; s.work > maxWork {
				return false
			}
			if span, ok := s.span(p-Gram+1, found); ok {
				visit(span)
			}
		}
	}
	return true
}

// span returns the longest span around a gram at a position of the text, unless it began earlier.
func (s *Searcher) span(at int, found place) (Span, bool) {
	ids := s.index.texts[found.text]
	offset := int(found.offset)
	left := 0
	for at-left > 0 && offset-left > 0 && s.ids[at-left-1] == ids[offset-left-1] {
		left++
		if !s.index.repeated(found.text, int32(offset-left)) {
			return Span{}, false
		}
		s.work++
	}
	length := 0
	for at+length < len(s.ids) && offset+length < len(ids) && s.ids[at+length] == ids[offset+length] {
		length++
	}
	s.work += length
	if length < Gram {
		return Span{}, false // another gram with the same hash
	}
	return Span{int(found.text), offset - left, at - left, left + length}, true
}

// Extend extends a span to the right over words that differ, at most skips of them, as long as an
// equal word follows. It returns the extended length and calls differs with the words of the text
// of the index that differ.
func (s *Searcher) Extend(span Span, skips int, differs func(word int)) (length int) {
	ids := s.index.texts[span.Text]
	length = span.Length
	var open []int // words that differ, and no equal one has followed
	for i := length; span.At+i < len(s.ids) && span.From+i < len(ids); i++ {
		s.work++
		if s.ids[span.At+i] == ids[span.From+i] {
			for _, word := range open {
				differs(word)
			}
			open, length = open[:0], i+1
			continue
		}
		if skips--; skips < 0 {
			break
		}
		open = append(open, span.From+i)
	}
	return length
}
