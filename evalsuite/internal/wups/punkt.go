package wups

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pali3/pali3/internal/python"
)

// punkt finds sentences as NLTK's PunktSentenceTokenizer does (Kiss and Strunk, Computational
// Linguistics 2006), with what it learned of English.
type punkt struct {
	abbreviations, starters map[string]bool
	collocations            map[[2]string]bool
	seen                    map[string]int // where a word was seen in lower case and with a capital
}

// Flags of where a word was seen (nltk/tokenize/punkt.py, _ORTHO_*).
const (
	seenMiddleUpper = 1 << 2
	seenStartLower  = 1 << 4
	seenUpper       = 1<<1 | 1<<2 | 1<<3
	seenLower       = 1<<4 | 1<<5 | 1<<6
)

// readPunkt reads the files of punkt_tab/english.
func readPunkt(d folder) (*punkt, error) {
	p := &punkt{abbreviations: map[string]bool{}, starters: map[string]bool{}, collocations: map[[2]string]bool{}, seen: map[string]int{}}
	for name, line := range map[string]func(string) error{
		"abbrev_types.txt":  func(line string) error { p.abbreviations[line] = true; return nil },
		"sent_starters.txt": func(line string) error { p.starters[line] = true; return nil },
		"collocations.tab": func(line string) error {
			first, second, ok := strings.Cut(line, "\t")
			if !ok && line != "" {
				return fmt.Errorf("%q is not two words with a tab between", line)
			}
			p.collocations[[2]string{first, second}] = ok
			return nil
		},
		"ortho_context.tab": func(line string) error {
			word, flags, ok := strings.Cut(line, "\t")
			n, err := strconv.Atoi(flags)
			if ok && err == nil {
				p.seen[word] = n
			} else if line != "" {
				return fmt.Errorf("%q is not a word and a number with a tab between", line)
			}
			return nil
		},
	} {
		if err := d.eachLine(name, line); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// span is a part of a text, by bytes.
type span struct{ start, end int }

// split returns the sentences of a text.
func (p *punkt) split(text string, rules Rules) (sentences []string) {
	candidates := lastEnds
	if rules == NLTK39 {
		candidates = eachEnd
	}
	spans := p.spans(text, candidates(text))
	shift := 0 // of what the sentence before took from this one
	for n, s := range spans {
		s.start += shift
		shift = 0
		if n+1 < len(spans) {
			next := spans[n+1]
			if closing, all := closers(text[next.start:max(next.start, next.end)]); all > 0 {
				s.end, shift = next.start+closing, all
			}
		}
		if s.start < s.end {
			sentences = append(sentences, text[s.start:s.end])
		}
	}
	return sentences
}

// closers returns the length of quotes and brackets at the beginning of a text that end the
// sentence before, and the length with white space after them.
func closers(text string) (marks, all int) {
	for marks < len(text) && strings.IndexByte(`"')]}`, text[marks]) >= 0 {
		marks++
	}
	rest := strings.TrimLeftFunc(text[marks:], python.IsSpace)
	all = len(text) - len(rest)
	if marks == 0 || all == marks && rest != "" && !strings.HasPrefix(rest, "--") {
		return 0, 0
	}
	return marks, all
}

// spans returns the parts between ends of sentences. A candidate is a possible end with what is
// before it.
func (p *punkt) spans(text string, candidates []span) (spans []span) {
	last := 0
	for _, c := range candidates {
		next := strings.TrimLeftFunc(text[c.end:], python.IsSpace)
		start := len(text) - len(next)
		context := c.end + utf8First(text[c.end:]) // with a mark
		if start > c.end {
			context = start + wordLength(next)
		}
		if p.breaks(text[c.start:context]) {
			spans = append(spans, span{last, c.end})
			last = start
		}
	}
	return append(spans, span{last, len(strings.TrimRightFunc(text, python.IsSpace))})
}

func utf8First(text string) int {
	_, size := utf8.DecodeRuneInString(text)
	return size
}

// wordLength is the length of a text up to white space.
func wordLength(text string) int {
	if end := strings.IndexFunc(text, python.IsSpace); end >= 0 {
		return end
	}
	return len(text)
}

// runs yields the parts of a text between white space.
func runs(text string) func(yield func(span) bool) {
	return func(yield func(span) bool) {
		for at := 0; at < len(text); {
			at = len(text) - len(strings.TrimLeftFunc(text[at:], python.IsSpace))
			end := at + wordLength(text[at:])
			if at < end && !yield(span{at, end}) {
				return
			}
			at = end
		}
	}
}

// lastEnds returns the last possible end of each run between white space, with the run before it,
// as NLTK 3.3 does.
func lastEnds(text string) (candidates []span) {
	for run := range runs(text) {
		for at := run.end; at > run.start; at-- {
			if canEnd(text, at) {
				candidates = append(candidates, span{run.start, at})
				break
			}
		}
	}
	return candidates
}

// eachEnd returns possible ends with the word before them, as NLTK 3.9 does: one that the word of
// the next one overlaps is left out (_match_potential_end_contexts).
func eachEnd(text string) (candidates []span) {
	before, found := span{}, false // the word before the last end
	for at := 1; at <= len(text); at++ {
		if !canEnd(text, at) {
			continue
		}
		word := span{before.start, at - 1}
		if space := strings.LastIndexAny(text[before.end:at-1], " \t\n\r\v\f"); space > 0 {
			word.start = before.end + space + 1
		}
		if found && before.end <= word.start {
			candidates = append(candidates, span{before.start, before.end + 1})
		}
		before, found = word, true
	}
	if found {
		candidates = append(candidates, span{before.start, before.end + 1})
	}
	return candidates
}

// canEnd reports whether a sentence can end at a place: after a period, question or exclamation
// mark that is before another mark, or before white space and a word.
func canEnd(text string, at int) bool {
	if strings.IndexByte(".?!", text[at-1]) < 0 || at == len(text) {
		return false
	}
	next, _ := utf8.DecodeRuneInString(text[at:])
	return isMark(text[at]) || python.IsSpace(next) && strings.TrimLeftFunc(text[at:], python.IsSpace) != ""
}

// isMark reports whether a byte cannot be within a word.
func isMark(c byte) bool { return strings.IndexByte(`?!)";}]*:@'({[`, c) >= 0 }

// token is a word or a mark with what was decided about it.
type token struct {
	text, kind      string
	breaks, abbr    bool
	ellipsis, ended bool // ended by a period
}

// breaks reports whether there is an end of a sentence before the last word of a text.
func (p *punkt) breaks(text string) bool {
	var tokens []token
	for line := range strings.SplitSeq(text, "\n") {
		for _, word := range punktWords(line) {
			tokens = append(tokens, p.first(word))
		}
	}
	for n := 0; n+1 < len(tokens); n++ {
		p.second(&tokens[n], &tokens[n+1])
		if tokens[n].breaks {
			return true
		}
	}
	return false
}

// first decides by the word alone.
func (p *punkt) first(word string) token {
	t := token{text: word, kind: python.Lower(word), ended: strings.HasSuffix(word, ".")}
	if isNumber(t.kind) {
		t.kind = "##number##"
	}
	switch {
	case word == "." || word == "?" || word == "!":
		t.breaks = true
	case len(word) > 1 && strings.Trim(word, ".") == "":
		t.ellipsis = true
	case t.ended && !strings.HasSuffix(word, ".."):
		stem := python.Lower(word[:len(word)-1])
		t.abbr = p.abbreviations[stem] || p.abbreviations[stem[strings.LastIndexByte(stem, '-')+1:]]
		t.breaks = !t.abbr
	}
	return t
}

// second decides by the next word too.
func (p *punkt) second(t, next *token) {
	if !t.ended {
		return
	}
	kind, following := t.withoutPeriod(), next.kind
	if next.breaks {
		following = next.withoutPeriod()
	}
	if p.collocations[[2]string{kind, following}] {
		t.breaks, t.abbr = false, true
		return
	}
	initial := t.isInitial()
	starts := p.startsSentence(next, following)
	if (t.abbr || t.ellipsis) && !initial && (starts == yes || next.upper() && p.starters[following]) {
		t.breaks = true
		return
	}
	if initial || kind == "##number##" {
		if starts == no || starts == unsure && initial && next.upper() && p.seen[following]&seenLower == 0 {
			t.breaks, t.abbr = false, true
		}
	}
}

func (t *token) withoutPeriod() string {
	if len(t.kind) > 1 {
		return strings.TrimSuffix(t.kind, ".")
	}
	return t.kind
}

func (t *token) upper() bool { r, _ := utf8.DecodeRuneInString(t.text); return unicode.IsUpper(r) }
func (t *token) lower() bool { r, _ := utf8.DecodeRuneInString(t.text); return unicode.IsLower(r) }

// isInitial reports whether the token is a letter and a period.
func (t *token) isInitial() bool {
	letter, size := utf8.DecodeRuneInString(t.text)
	return t.text[size:] == "." && python.IsWord(letter) && !unicode.IsDigit(letter)
}

// verdict is whether a word begins a sentence.
type verdict int

const (
	unsure verdict = iota
	yes
	no
)

// startsSentence decides by how the word is written, and how it was seen.
func (p *punkt) startsSentence(t *token, kind string) verdict {
	seen := p.seen[kind]
	switch {
	case strings.Contains(";:,.!?", t.text) && len(t.text) == 1:
		return no
	case t.upper() && seen&seenLower != 0 && seen&seenMiddleUpper == 0:
		return yes
	case t.lower() && (seen&seenUpper != 0 || seen&seenStartLower == 0):
		return no
	}
	return unsure
}

// isNumber reports whether a word is digits with commas, periods and dashes.
func isNumber(word string) bool {
	word = strings.TrimPrefix(word, "-")
	if word != "" && (word[0] == '.' || word[0] == ',') {
		word = word[1:]
	}
	first, size := utf8.DecodeRuneInString(word)
	return unicode.IsDigit(first) && strings.IndexFunc(word[size:], func(r rune) bool { return !unicode.IsDigit(r) && !strings.ContainsRune(",.-", r) }) < 0
}

// punktWords returns the words and marks of a line. Periods stay with their words.
func punktWords(line string) (words []string) {
	for at := 0; at < len(line); {
		rest := line[at:]
		r, size := utf8.DecodeRuneInString(rest)
		switch n := several(rest); {
		case python.IsSpace(r):
			at += size
			continue
		case n > 0:
			size = n
		case !strings.ContainsRune("(\"`{[:;&#*@)}]-,", r):
			for size < len(rest) && !endsWord(rest[size:]) {
				size += utf8First(rest[size:])
			}
		}
		words = append(words, rest[:size])
		at += size
	}
	return words
}

// several returns the length of dashes or periods that a text begins with, at least two; periods
// may have single spaces between, if they are three or more. 0 is none.
func several(text string) int {
	for _, mark := range []byte("-.") {
		n := 0
		for n < len(text) && text[n] == mark {
			n++
		}
		if n >= 2 {
			return n
		}
	}
	n, dots := 0, 0
	for n < len(text) && text[n] == '.' {
		dots++
		r, size := utf8.DecodeRuneInString(text[n+1:])
		if size == 0 || !python.IsSpace(r) || n+1+size >= len(text) || text[n+1+size] != '.' {
			n++
			break
		}
		n += 1 + size
	}
	if dots >= 3 {
		return n
	}
	return 0
}

// endsWord reports whether a word ends before the text.
func endsWord(text string) bool {
	if ends(text) {
		return true
	}
	return text[0] == ',' && (len(text) == 1 || ends(text[1:]))
}

func ends(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return python.IsSpace(r) || isMark(text[0]) || several(text) > 0
}
