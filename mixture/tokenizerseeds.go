package mixture

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/tokenize/sentencepiece/train"
)

// Bounds of the candidates for pieces: 16 bytes of memory for each byte of the words they come
// from, and about 100 for each candidate.
const (
	maxWordBytes  = 24 << 20
	maxCandidates = 1_000_000
)

// candidates returns the candidates for pieces of at least two characters, with how often they
// occur, if more than once: every part of a word that has no punctuation, so that a word is the
// same piece in a caption, in quotation marks and before a colon; parts that are all punctuation,
// as a narrow space with its colon in French; and the words of the prompts.
//
// Left alone, the trainer takes its candidates from repeats among different words: a word that
// occurs in one form only, however often, never becomes a piece.
func (c *wordCounts) candidates(kept map[rune]bool, limit int, report *TokenizerReport) []train.SeedPiece {
	runs, whole, leftOut := c.runs(kept, maxWordBytes)
	if leftOut > 0 {
		report.note("candidates for pieces come from the most frequent words; %d rare ones are left out", leftOut)
	}
	found := &seedCollector{limit: max(0, min(limit, maxCandidates)-len(kept)-1), whole: whole}
	found.collect(runs)
	for text, count := range whole {
		found.add(text, count)
	}
	found.trim()
	if found.dropped {
		report.note("the %d candidates that cover most of the text are tried", len(found.seeds))
	}
	slices.SortFunc(found.seeds, func(a, b train.SeedPiece) int { return strings.Compare(a.Text, b.Text) })
	report.Candidates = len(found.seeds)
	return found.seeds
}

// suffix is where a run has a suffix, in bytes of all runs, and how much of it may be a piece.
type suffix struct {
	at, run uint32
	size    uint8
}

// seedCollector collects the substrings of runs by walking their sorted suffixes: substrings that
// are the same are then neighbours. Memory is that of the suffixes, not of the substrings, of which
// there are ten times as many.
type seedCollector struct {
	limit   int
	whole   map[string]int64 // counts to add; what is met is taken out
	seeds   []train.SeedPiece
	dropped bool
}

// collect adds every substring of two to longestPiece characters.
func (f *seedCollector) collect(runs []run) {
	text, suffixes := suffixesOf(runs)
	slices.SortFunc(suffixes, func(a, b suffix) int {
		return strings.Compare(text[a.at:a.at+uint32(a.size)], text[b.at:b.at+uint32(b.size)])
	})
	var counts [longestPiece + 1]int64 // of the last suffix's first characters, by their number
	last := ""
	for _, s := range suffixes {
		next := text[s.at : s.at+uint32(s.size)]
		f.close(last, sharedCharacters(last, next), &counts)
		for n := range utf8.RuneCountInString(next) {
			counts[n+1] += runs[s.run].count
		}
		last = next
	}
	f.close(last, 0, &counts)
}

// suffixesOf returns the text of all runs and the places in it at which a substring may begin.
func suffixesOf(runs []run) (text string, suffixes []suffix) {
	var all strings.Builder
	for i, r := range runs {
		begin := all.Len()
		all.WriteString(r.text)
		starts := make([]int, 0, len(r.text)+1)
		for at := range r.text {
			starts = append(starts, at)
		}
		starts = append(starts, len(r.text))
		for j := range len(starts) - 2 {
			end := starts[min(j+longestPiece, len(starts)-1)]
			suffixes = append(suffixes, suffix{uint32(begin + starts[j]), uint32(i), uint8(end - starts[j])})
		}
	}
	return all.String(), suffixes
}

// sharedCharacters returns how many whole characters two strings begin with together.
func sharedCharacters(a, b string) (n int) {
	for len(a) > 0 && len(b) > 0 {
		r, size := utf8.DecodeRuneInString(a)
		if other, _ := utf8.DecodeRuneInString(b); r != other {
			return n
		}
		n++
		a, b = a[size:], b[size:]
	}
	return n
}

// close adds the beginnings of a suffix that the next one does not share, and forgets their counts.
func (f *seedCollector) close(last string, shared int, counts *[longestPiece + 1]int64) {
	n := 0
	for at, r := range last {
		if n++; n <= shared {
			continue
		}
		if n > 1 {
			f.met(last[:at+utf8.RuneLen(r)], counts[n])
		}
		counts[n] = 0
	}
}

// met adds a substring, with what it counts as a whole word.
func (f *seedCollector) met(text string, count int64) {
	if more, ok := f.whole[text]; ok {
		count += more
		delete(f.whole, text)
	}
	f.add(text, count)
}

// add keeps a candidate that occurs more than once.
func (f *seedCollector) add(text string, count int64) {
	if count < 2 {
		return
	}
	f.seeds = append(f.seeds, train.SeedPiece{Text: text, Count: count})
	if len(f.seeds) >= 2*f.limit {
		f.trim()
	}
}

// trim keeps the candidates that cover most of the text.
func (f *seedCollector) trim() {
	if len(f.seeds) <= f.limit {
		return
	}
	cover := func(s train.SeedPiece) int64 { return s.Count * int64(utf8.RuneCountInString(s.Text)) }
	slices.SortFunc(f.seeds, func(a, b train.SeedPiece) int {
		return cmp.Or(cmp.Compare(cover(b), cover(a)), strings.Compare(a.Text, b.Text))
	})
	f.seeds, f.dropped = f.seeds[:f.limit], true
}
