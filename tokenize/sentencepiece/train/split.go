package train

import (
	"bytes"
	"unicode/utf8"
)

var spaceBytes = []byte(spaceText)

// splitter normalises sentences, splits them into units and counts those. Each worker has its own.
//
// A unit is a word followed by the first character of the next word, or by a NUL at the end of a
// sentence, because a string is a candidate for a piece only if different bytes follow it.
type splitter struct {
	normalizer *normalizer
	split      bool // into words
	asSuffix   bool
	together   bool // several white spaces in a row belong to one word

	ids     map[string]int32
	units   []string
	counts  []int64
	batches map[int][]ending
	buffer  []byte
}

func newSplitter(o *Options, n *normalizer) *splitter {
	return &splitter{
		normalizer: n, split: o.SplitByWhitespace || o.Type == Word, asSuffix: o.TreatWhitespaceAsSuffix && o.Type != Word,
		together: o.AllowWhitespaceOnly && o.Type != Word, ids: map[string]int32{}, batches: map[int][]ending{},
	}
}

func (s *splitter) add(b batch) {
	endings := make([]ending, len(b.sentences))
	for i, sentence := range b.sentences {
		endings[i] = s.sentence(sentence)
	}
	s.batches[b.number] = endings
}

func (s *splitter) sentence(sentence Sentence) ending {
	s.buffer = s.normalizer.append(s.buffer[:0], sentence.Text)
	text := s.buffer
	if len(text) == 0 {
		return ending{last: -1}
	}
	first, _ := utf8.DecodeRune(text)
	e := ending{first: first, count: sentence.Count}
	text = append(text, 0)
	s.buffer = text
	begin := 0
	for s.split {
		end := begin + wordLength(text[begin:len(text)-1], s.asSuffix, s.together)
		if end == len(text)-1 {
			break
		}
		_, next := utf8.DecodeRune(text[end:])
		s.counts[s.unit(text[begin:end+next])] += sentence.Count
		begin = end
	}
	e.last = s.unit(text[begin:])
	return e
}

func (s *splitter) unit(text []byte) int32 {
	if id, ok := s.ids[string(text)]; ok {
		return id
	}
	id := int32(len(s.units))
	unit := string(text)
	s.ids[unit] = id
	s.units, s.counts = append(s.units, unit), append(s.counts, 0)
	return id
}

// wordLength returns the length of the word that text begins with: white space and what follows up
// to the next white space; or, if asSuffix is set, everything up to and including the next white
// space. text must not be empty.
func wordLength(text []byte, asSuffix, together bool) int {
	if asSuffix {
		return suffixWordLength(text, together)
	}
	at := spaceLength(text)
	for together && spaceLength(text[at:]) > 0 {
		at += len(spaceText)
	}
	if end := bytes.Index(text[at:], spaceBytes); end >= 0 {
		return at + end
	}
	return len(text)
}

func suffixWordLength(text []byte, together bool) int {
	at := bytes.Index(text, spaceBytes)
	if at < 0 {
		return len(text)
	}
	at += len(spaceText)
	for together && spaceLength(text[at:]) > 0 {
		at += len(spaceText)
	}
	return at
}

// spaceLength returns the length of the white space that text begins with, or 0.
func spaceLength(text []byte) int {
	if len(text) >= len(spaceText) && string(text[:len(spaceText)]) == spaceText {
		return len(spaceText)
	}
	return 0
}

// cutUnit returns the text of a unit and the character that follows it.
func cutUnit(unit string) (text string, next rune) {
	next, size := utf8.DecodeLastRuneInString(unit)
	return unit[:len(unit)-size], next
}
