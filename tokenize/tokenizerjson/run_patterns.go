package tokenizerjson

import "slices"

// finder returns the length of the match that begins at text[at], or -1.
type finder func(text []rune, at int) int

// spansOf splits a text into the matches of a pattern and the parts between them.
func spansOf(find finder, text []rune) []span {
	var spans []span
	last := 0
	for at := 0; at < len(text); {
		n := find(text, at)
		if n <= 0 {
			at++
			continue
		}
		if last < at {
			spans = append(spans, span{last, at, false})
		}
		spans = append(spans, span{at, at + n, true})
		at += n
		last = at
	}
	if last < len(text) {
		spans = append(spans, span{last, len(text), false})
	}
	return spans
}

// inverted swaps matches and the parts between them.
func inverted(spans []span) []span {
	for i := range spans {
		spans[i].match = !spans[i].match
	}
	return spans
}

// single finds characters one at a time.
func single(is func(rune) bool) finder {
	return func(text []rune, at int) int {
		if is(text[at]) {
			return 1
		}
		return -1
	}
}

// literal finds a string.
func literal(s string) finder {
	want := []rune(s)
	return func(text []rune, at int) int {
		if len(want) > 0 && len(text)-at >= len(want) && slices.Equal(text[at:at+len(want)], want) {
			return len(want)
		}
		return -1
	}
}

// firstOf finds the first alternative that matches, not the longest, as a regular expression does.
func firstOf(alternatives ...finder) finder {
	return func(text []rune, at int) int {
		for _, find := range alternatives {
			if n := find(text, at); n > 0 {
				return n
			}
		}
		return -1
	}
}

// run finds one or more characters, at most the given number (0 for no limit).
func run(is func(rune) bool, most int) finder {
	return func(text []rune, at int) int {
		n := 0
		for at+n < len(text) && is(text[at+n]) && (most == 0 || n < most) {
			n++
		}
		if n == 0 {
			return -1
		}
		return n
	}
}

// after finds an optional character followed by a match of find. If find does not match there, it
// is tried without the optional character.
func after(optional func(rune) bool, find finder) finder {
	return func(text []rune, at int) int {
		if optional(text[at]) && at+1 < len(text) {
			if n := find(text, at+1); n > 0 {
				return n + 1
			}
		}
		return find(text, at)
	}
}

// The parts of the expressions below.
func is(r rune) func(rune) bool { return func(c rune) bool { return c == r } }
func isLineEnd(r rune) bool     { return r == '\r' || r == '\n' }
func isOther(r rune) bool       { return !isSpace(r) && !letters.has(r) && !numbers.has(r) }
func isLetter(r rune) bool      { return letters.has(r) }
func isNumber(r rune) bool      { return numbers.has(r) }
func beforeLetters(r rune) bool { return !isLineEnd(r) && !letters.has(r) && !numbers.has(r) }
func spacesBeforeText() finder {
	return spaceRun(func(text []rune, end int) bool { return end == len(text) })
}
func otherWithLineEnds() finder { return withTail(run(isOther, 0), isLineEnd) }
func contractions(s ...string) (f []finder) {
	for _, each := range s {
		f = append(f, literal(each))
	}
	return f
}

// foldedContractions finds (?i:'s|'t|'re|'ve|'m|'ll|'d), where ſ counts as an s.
func foldedContractions(text []rune, at int) int {
	if text[at] != '\'' || at+1 == len(text) {
		return -1
	}
	lower := func(i int) rune {
		switch {
		case at+i >= len(text):
			return 0
		case text[at+i] == 'ſ':
			return 's'
		case text[at+i] >= 'A' && text[at+i] <= 'Z':
			return text[at+i] + 'a' - 'A'
		}
		return text[at+i]
	}
	switch a, b := lower(1), lower(2); {
	case a == 's' || a == 't' || a == 'm' || a == 'd':
		return 2
	case a == 'r' && b == 'e', a == 'v' && b == 'e', a == 'l' && b == 'l':
		return 3
	}
	return -1
}

// spaceRun finds \s+(?!\S): all white space at the end of a text, elsewhere all but its last
// character.
func spaceRun(atEnd func(text []rune, end int) bool) finder {
	return func(text []rune, at int) int {
		n := run(isSpace, 0)(text, at)
		if n < 0 || atEnd(text, at+n) {
			return n
		}
		return n - 1
	}
}

// withTail extends a match by any number of following characters.
func withTail(find finder, tail func(rune) bool) finder {
	return func(text []rune, at int) int {
		n := find(text, at)
		if n > 0 {
			for at+n < len(text) && tail(text[at+n]) {
				n++
			}
		}
		return n
	}
}

// spacesToLineEnd finds \s*[\r\n]+: white space up to its last line end.
func spacesToLineEnd(text []rune, at int) int {
	n := run(isSpace, 0)(text, at)
	for n > 0 && !isLineEnd(text[at+n-1]) {
		n--
	}
	if n <= 0 {
		return -1
	}
	return n
}

// expressions are the supported regular expressions. A file with another one is refused with an
// error that names it.
var expressions = map[string]finder{
	gpt2Expression: firstOf(append(contractions("'s", "'t", "'re", "'ve", "'m", "'ll", "'d"),
		after(is(' '), run(isLetter, 0)), after(is(' '), run(isNumber, 0)), after(is(' '), run(isOther, 0)), spacesBeforeText(), run(isSpace, 0))...),
	// Llama 3's
	`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`: cl100k(3),
	// Qwen 2's
	`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`: cl100k(1),
	// CLIP's
	`'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`: firstOf(append(contractions("'s", "'t", "'re", "'ve", "'m", "'ll", "'d"),
		run(isLetter, 0), run(isNumber, 1), run(isOther, 0))...),
	`\s+`: run(isSpace, 0),
	` +`:  run(is(' '), 0),
	// those of SentencePiece converters and of Export
	spaces: func(text []rune, at int) int {
		if n := run(is(' '), 0)(text, at); n >= 2 {
			return n
		}
		return -1
	},
	firstSpace: func(text []rune, at int) int {
		if at == 0 && text[0] == ' ' {
			return 1
		}
		return -1
	},
	lastSpaces: func(text []rune, at int) int {
		n := run(is('\u2581'), 0)(text, at)
		if n > 0 && at+n == len(text) && (at == 0 || text[at-1] != '\u2581') {
			return n
		}
		return -1
	},
}

const gpt2Expression = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

// cl100k is OpenAI's expression of that name as in Llama 3 and Qwen 2, with at most the given
// number of digits in a match.
func cl100k(digits int) finder {
	return firstOf(foldedContractions, after(beforeLetters, run(isLetter, 0)), run(isNumber, digits), after(is(' '), otherWithLineEnds()),
		spacesToLineEnd, spacesBeforeText(), run(isSpace, 0))
}
