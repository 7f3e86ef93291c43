package pdf

import (
	"cmp"
	"slices"
	"unicode"

	"golang.org/x/text/unicode/bidi"
)

// maxLine is the longest line that is put in order, in characters.
const maxLine = 10_000

// logical puts a line with right-to-left text into reading order. Programs write such lines in
// either order, and the library reorders some parts but not others. So the characters are taken by
// their position on the page, from the right, and numbers within them from the left. This inverts
// rule L2 of the bidirectional algorithm (Unicode Standard Annex 9) for two levels.
func logical(line []char) {
	if !slices.ContainsFunc(line, func(c char) bool { return fromLeft(c.r) }) {
		turn(line)
		return
	}
	for at := 0; at < len(line); at++ {
		if !fromRight(line[at].r) {
			continue
		}
		last := at // character from right to left before one from left to right
		for end := at; end < len(line) && !fromLeft(line[end].r); end++ {
			if fromRight(line[end].r) {
				last = end
			}
		}
		turn(line[at : last+1])
		at = last
	}
}

func class(r rune) bidi.Class {
	p, _ := bidi.LookupRune(r)
	return p.Class()
}

// fromRight reports whether a character is of a script that is written from right to left.
func fromRight(r rune) bool { return class(r) == bidi.R || class(r) == bidi.AL }

// fromLeft reports whether a character is of a script that is written from left to right.
func fromLeft(r rune) bool { return class(r) == bidi.L }

// turn orders a run by position, from the right. Combining marks stay with their letter.
func turn(run []char) {
	var bases, marks, spaces []char
	for _, c := range run {
		switch {
		case unicode.Is(unicode.Mn, c.r):
			marks = append(marks, c)
		case c.r == ' ' && c.right <= c.left: // inserted by the library
			spaces = append(spaces, c)
		default:
			bases = append(bases, c)
		}
	}
	slices.SortStableFunc(bases, func(a, b char) int { return cmp.Compare(b.middle(), a.middle()) })
	bases = intoGaps(bases, spaces)
	numbersFromLeft(bases)
	nestBrackets(bases)
	on := make([][]char, len(bases)) // the marks on each
	for _, m := range marks {
		if len(bases) == 0 {
			return
		}
		nearest := 0
		for i := range bases {
			if fromRight(bases[i].r) && m.distance(bases[i]) < m.distance(bases[nearest]) {
				nearest = i
			}
		}
		on[nearest] = append(on[nearest], m)
	}
	run = run[:0]
	for i, c := range bases {
		run = append(append(run, c), on[i]...)
	}
}

// intoGaps puts spaces without a position into the widest gaps of the run, which is ordered from
// the right.
func intoGaps(run, spaces []char) []char {
	gaps := make([]int, max(0, len(run)-1)) // each by the character before it
	for i := range gaps {
		gaps[i] = i
	}
	slices.SortStableFunc(gaps, func(a, b int) int {
		return cmp.Compare(run[b].left-run[b+1].right, run[a].left-run[a+1].right)
	})
	after := map[int]char{}
	for i, space := range spaces {
		if i < len(gaps) {
			after[gaps[i]] = space
		}
	}
	var all []char
	for i, c := range run {
		all = append(all, c)
		if space, ok := after[i]; ok {
			all = append(all, space)
		}
	}
	for len(all) < len(run)+len(spaces) {
		all = append(all, spaces[0]) // as many as there were
	}
	return all
}

func (c char) middle() float64 { return (c.left + c.right) / 2 }

// distance returns the distance between the middles of two characters.
func (c char) distance(of char) float64 { return max(c.middle()-of.middle(), of.middle()-c.middle()) }

// numbersFromLeft reverses the numbers in a run back.
func numbersFromLeft(run []char) {
	for at := 0; at < len(run); at++ {
		end := at
		for end < len(run) && ofNumber(run, end) {
			end++
		}
		if end > at {
			slices.Reverse(run[at:end])
			at = end - 1
		}
	}
}

// ofNumber reports whether a character belongs to a number: a digit, a separator between two
// digits, or a sign next to one.
func ofNumber(run []char, i int) bool {
	digit := func(i int) bool {
		return i >= 0 && i < len(run) && (class(run[i].r) == bidi.EN || class(run[i].r) == bidi.AN)
	}
	switch class(run[i].r) {
	case bidi.EN, bidi.AN:
		return true
	case bidi.ES, bidi.CS:
		return digit(i-1) && digit(i+1)
	case bidi.ET:
		return digit(i-1) || digit(i+1)
	}
	return false
}

// mirror has the brackets that come in pairs: those that open, and those that close.
var mirror = map[rune]rune{'(': ')', ')': '(', '[': ']', ']': '[', '{': '}', '}': '{', '«': '»', '»': '«'}

// nestBrackets mirrors the brackets of a run if more of them close what is open then: a document
// has either the character or what it looks like from right to left.
func nestBrackets(run []char) {
	depth, closed, mirrored := 0, 0, 0
	for _, c := range run {
		switch c.r {
		case '(', '[', '{', '«':
			if depth++; depth <= 0 {
				mirrored++
			}
		case ')', ']', '}', '»':
			if depth--; depth >= 0 {
				closed++
			}
		}
	}
	for i := 0; mirrored > closed && i < len(run); i++ {
		if other, ok := mirror[run[i].r]; ok {
			run[i].r = other
		}
	}
}
