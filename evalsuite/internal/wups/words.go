package wups

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pali3/pali3/internal/python"
)

// substitution is a step of a tokeniser. It is skipped where the text has none of the marks.
type substitution struct {
	marks string
	find  *regexp.Regexp
	with  string
}

// treebank is a tokeniser by the rules of the Penn Treebank: substitutions that put spaces around
// tokens, and words that are split in two.
type treebank struct {
	before, after []substitution // a space is put around the text
	quoted        bool           // a quote before a single letter is a word
	splits        []split
}

// space is Python's white space in Go's regular expressions.
const space = `[\s\v\x1c-\x1f\x85\p{Z}]`

func sub(marks, find, with string) substitution {
	return substitution{marks, regexp.MustCompile(find), with}
}

// substitutions are those of NLTK's word_tokenize: in version 3.3 of TreebankWordTokenizer, with
// what nltk/tokenize/__init__.py adds, in 3.9 of NLTKWordTokenizer. Pywsd 1.2.4 has those of 3.3,
// and takes several closing quotes for one token.
func substitutions(rules Rules, closing string) (opening, before, after []substitution) {
	opening = []substitution{
		sub("«“‘„`", "([«“‘„]|`+)", " $1 "),
		sub(`"`, `^"`, "``"),
		sub("`", "(``)", " $1 "),
		sub(`"'`, `([ (\[{<])("|'{2})`, "$1 `` "),
	}
	dots, stars := sub(".", `\.\.\.`, " ... "), []substitution(nil)
	if rules == NLTK39 {
		dots, stars = sub(".", `\.{2,}`, " $0 "), []substitution{sub("*", `[*]`, " $0 ")}
	}
	before = append([]substitution{
		sub(".", `([^.])(\.)([\])}>"'»”’ ]*)`+space+`*$`, "$1 $2 $3 "),
		sub(":,", `([:,])([^\p{Nd}])`, " $1 $2"),
		sub(":,", `([:,])$`, " $1 "),
		dots,
		sub(";@#$%&", `[;@#$%&]`, " $0 "),
		sub(".", `([^.])(\.)([\])}>"']*)`+space+`*$`, "$1 $2$3 "),
		sub("?!", `[?!]`, " $0 "),
		sub("'", `([^'])' `, "$1 ' "),
	}, stars...)
	before = append(before, sub("[](){}<>", `[\]\[(){}<>]`, " $0 "), sub("-", `--`, " -- "))
	after = []substitution{sub("»”’", closing, " $1 ")}
	if rules == NLTK39 {
		after = append(after, sub("'", `''`, " '' "), sub(`"`, `"`, " '' "), substitution{"", regexp.MustCompile(space + `+`), " "})
	} else {
		after = append(after, sub(`"`, `"`, " '' "), sub("'", `([^\s\v\x1c-\x1f\x85\p{Z}])('')`, "$1 $2 "))
	}
	after = append(after,
		sub("'", `([^' ])('[sS]|'[mM]|'[dD]|') `, "$1 $2 "),
		sub("'", `([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) `, "$1 $2 "))
	return opening, before, after
}

// split is a word that is two tokens, in any case.
type split struct {
	find   *regexp.Regexp
	spaced bool // a space is before it
	open   bool // white space is after it
}

// splits are MacIntyre's contractions.
func splits(more string) (all []split) {
	for _, pair := range [][2]string{{"can", "not"}, {"d", "'ye"}, {"gim", "me"}, {"gon", "na"}, {"got", "ta"}, {"lem", "me"}, {more, "'n"}, {"wan", "na"}} {
		all = append(all, split{find: regexp.MustCompile("(?i)(" + pair[0] + ")(" + pair[1] + ")"), open: pair[0] == "wan"})
	}
	for _, word := range []string{"is", "was"} {
		all = append(all, split{find: regexp.MustCompile("(?i)('t)(" + word + ")"), spaced: true})
	}
	return all
}

func newTreebank(rules Rules, closing, more string) *treebank {
	opening, before, after := substitutions(rules, closing)
	t := &treebank{quoted: rules == NLTK39, splits: splits(more), after: after}
	t.before = append(opening, before...)
	return t
}

// The tokenisers.
var (
	pywsd     = newTreebank(NLTK33, "([»”’]+)", "mor")
	treebanks = map[Rules]*treebank{NLTK33: newTreebank(NLTK33, "([»”’])", "mor"), NLTK39: newTreebank(NLTK39, "([»”’])", "more")}
)

// openings is how many substitutions are of opening quotes.
const openings = 4

// wordTokens returns the words and marks of a text, sentence by sentence.
func (s *Scorer) wordTokens(text string, t *treebank) (tokens []string) {
	for _, sentence := range s.sentences.split(text, s.rules) {
		tokens = append(tokens, t.tokens(sentence)...)
	}
	return tokens
}

// tokens returns the words and marks of a sentence.
func (t *treebank) tokens(text string) []string {
	for n, step := range t.before {
		if n == openings && t.quoted {
			text = quotedLetters(text)
		}
		text = step.apply(text)
	}
	text = " " + text + " "
	for _, step := range t.after {
		text = step.apply(text)
	}
	for _, step := range t.splits {
		text = step.apply(text)
	}
	return python.Fields(text)
}

func (s substitution) apply(text string) string {
	if s.marks != "" && !strings.ContainsAny(text, s.marks) {
		return text
	}
	return s.find.ReplaceAllString(text, s.with)
}

// apply splits the word wherever it stands by itself.
func (s split) apply(text string) string {
	from := 0
	for {
		at := s.find.FindStringSubmatchIndex(text[from:])
		if at == nil {
			return text
		}
		start, middle, end := from+at[0], from+at[3], from+at[1]
		if !s.stands(text, start, end) {
			_, size := utf8.DecodeRuneInString(text[start:])
			from = start + size
			continue
		}
		head := text[:start] + " " + text[start:middle] + " " + text[middle:end] + " "
		text, from = head+text[end:], len(head)
	}
}

// stands reports whether the word from start to end has the neighbours that it must have.
func (s split) stands(text string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:start])
	after, size := utf8.DecodeRuneInString(text[end:])
	switch {
	case s.spaced && (start == 0 || before != ' '), !s.spaced && start > 0 && python.IsWord(before):
		return false
	case s.open:
		return size > 0 && python.IsSpace(after)
	}
	return size == 0 || !python.IsWord(after)
}

// quotedLetters puts a space between a quote and a single letter after it, unless the letter is one
// of a clitic, such as 's.
func quotedLetters(text string) string {
	var out strings.Builder
	for i, r := range text {
		out.WriteRune(r)
		if r != '\'' {
			continue
		}
		letter, size := utf8.DecodeRuneInString(text[i+1:])
		after, rest := utf8.DecodeRuneInString(text[i+1+size:])
		if size > 0 && python.IsWord(letter) && (rest == 0 || !python.IsWord(after)) && !strings.ContainsRune("mtsdnſ", unicode.ToLower(letter)) {
			out.WriteByte(' ')
		}
	}
	return out.String()
}
