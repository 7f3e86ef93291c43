package tokenizerjson

import (
	"sort"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// class is a set of characters as tokenizers sees it, whose crates have Unicode data of several
// versions.
type class struct {
	name  string
	table string
	once  sync.Once
	ends  []rune // first and last character of each range
	low   [256]bool
}

// The classes of charclass_table.go.
var (
	letters     = &class{name: "letter", table: letterTable}
	numbers     = &class{name: "number", table: numberTable}
	wordChars   = &class{name: "word", table: wordTable}
	punctuation = &class{name: "punctuation", table: punctuationTable}
	numeric     = &class{name: "numeric", table: numericTable}
	controls    = &class{name: "control", table: controlTable}
	nonspacing  = &class{name: "nonspacing", table: nonspacingTable}
	combining   = &class{name: "combining", table: combiningTable}
	extending   = &class{name: "extending", table: extendingTable}
	preceding   = &class{name: "preceding", table: precedingTable}
	pictographs = &class{name: "pictograph", table: pictographTable}
	plainChars  = &class{name: "plain", table: plainTable}
)

// has reports whether a character belongs to the class.
func (c *class) has(r rune) bool {
	c.once.Do(c.unpack)
	if r < 256 {
		return r >= 0 && c.low[r]
	}
	i := sort.Search(len(c.ends)/2, func(i int) bool { return c.ends[2*i+1] >= r })
	return i < len(c.ends)/2 && c.ends[2*i] <= r
}

// unpack reads the table: distances from the last range and sizes less one, in base 36.
func (c *class) unpack() {
	last := rune(0)
	for i, field := range strings.Fields(c.table) {
		n, err := strconv.ParseInt(field, 36, 32)
		if err != nil {
			panic("the table of " + c.name + " holds " + field)
		}
		last += rune(n)
		c.ends = append(c.ends, last)
		if i%2 == 1 {
			for r := c.ends[i-1]; r <= last && r < 256; r++ {
				c.low[r] = true
			}
		}
	}
}

// isSpace reports whether a character is white space, in which all versions of Unicode agree.
func isSpace(r rune) bool { return unicode.IsSpace(r) }

// lowerOf returns a character in lower case, as Rust's char::to_lowercase.
func lowerOf(r rune) []rune {
	if r == 'İ' {
		return []rune{'i', '\u0307'}
	}
	return []rune{unicode.ToLower(r)}
}

// isChinese reports whether BertNormalizer puts spaces around a character.
func isChinese(r rune) bool {
	switch {
	case r >= 0x4E00 && r <= 0x9FFF, r >= 0x3400 && r <= 0x4DBF, r >= 0x20000 && r <= 0x2A6DF, r >= 0x2A700 && r <= 0x2B73F,
		r >= 0x2B740 && r <= 0x2B81F, r >= 0x2B920 && r <= 0x2CEAF, r >= 0xF900 && r <= 0xFAFF, r >= 0x2F800 && r <= 0x2FA1F:
		return true
	}
	return false
}
