package sentencepiece

import (
	"unicode/utf8"

	"github.com/pali3/pali3/tokenize/internal/charsmap"
)

// charClasses tells the normalizer which characters it can copy without consulting its rules. In
// most text that is nearly all of them.
type charClasses struct {
	basic  [1 << 16]charClass // by character, below U+10000
	astral charClass          // of every other character
}

// charClass is a set of flags that say how rules and user-defined symbols involve a character. The
// class of a character that none of them contains is 0.
type charClass uint8

const (
	classRule    charClass = 1 << iota // the character alone is a rule, or a symbol may start with it
	classFirst                         // a longer rule starts with it
	classSecond                        // it is the second character of a rule
	classSpace                         // it is U+0020
	classInvalid                       // it is not a character: a surrogate or a broken encoding
)

func newCharClasses(rules *charsmap.Map, symbols *trie) *charClasses {
	c := &charClasses{}
	c.basic[' '] = classSpace
	for r := 0xd800; r < 0xe000; r++ {
		c.basic[r] = classInvalid
	}
	if rules != nil {
		c.addRules(rules)
	}
	if symbols != nil {
		c.addSymbols(symbols)
	}
	return c
}

// add sets flags of a character.
func (c *charClasses) add(r rune, flags charClass) {
	if r < 1<<16 {
		c.basic[r] |= flags
	} else {
		c.astral |= flags
	}
}

// addRules enters the first and the second character of every rule.
func (c *charClasses) addRules(rules *charsmap.Map) {
	whole := rules.EachCharacter(rules.Root(), func(first rune, next charsmap.Node, leaf bool) (whole bool) {
		if leaf {
			c.add(first, classRule)
		}
		return rules.EachCharacter(next, func(second rune, _ charsmap.Node, _ bool) bool {
			c.add(first, classFirst)
			c.add(second, classSecond)
			return true
		})
	})
	if !whole { // no published model has such rules; consult them at every character
		for r := range c.basic {
			c.basic[r] |= classRule
		}
		c.astral |= classRule
	}
}

// addSymbols enters every character that starts with the first byte of a symbol.
func (c *charClasses) addSymbols(symbols *trie) {
	for b := range 256 {
		if _, ok := symbols.step(symbols.root(), byte(b)); !ok {
			continue
		}
		first, last := rune(b), rune(b)
		switch {
		case 0xc0 <= b && b < 0xe0:
			first, last = rune(b&0x1f)<<6, rune(b&0x1f)<<6|0x3f
		case 0xe0 <= b && b < 0xf0:
			first, last = rune(b&0x0f)<<12, rune(b&0x0f)<<12|0xfff
		case 0xf0 <= b:
			first, last = 1<<16, 1<<16
		}
		for r := first; r <= last; r++ {
			c.add(r, classRule)
		}
	}
}

// plainSpace reports whether no rule and no symbol starts with a space.
func (c *charClasses) plainSpace() bool { return c.basic[' ']&(classRule|classFirst) == 0 }

// plainRun returns the end of the run of characters from text[at] on that no rule and no symbol
// changes. The run contains no space.
func (c *charClasses) plainRun(text string, at int) int {
	before, last := charClass(0), at // the class of the previous character, and where it starts
	for at < len(text) {
		r, size := rune(text[at]), 1
		class := c.astral
		switch {
		case r < utf8.RuneSelf:
			class = c.basic[r]
		case 0xc2 <= r && r < 0xe0 && at+1 < len(text) && text[at+1]&0xc0 == 0x80:
			size = 2
			class = c.basic[(r&0x1f)<<6|rune(text[at+1]&0x3f)]
		case 0xe0 <= r && r < 0xf0 && at+2 < len(text) && text[at+1]&0xc0 == 0x80 && text[at+2]&0xc0 == 0x80:
			size = 3
			r = (r&0x0f)<<12 | rune(text[at+1]&0x3f)<<6 | rune(text[at+2]&0x3f)
			if class = c.basic[r]; r < 0x800 {
				class = classInvalid
			}
		default:
			if r, size = utf8.DecodeRuneInString(text[at:]); r < 1<<16 {
				class = classInvalid
			}
		}
		switch {
		case class == 0:
		case before&classFirst != 0 && class&(classSecond|classInvalid) != 0:
			return last
		case class&(classRule|classSpace|classInvalid) != 0:
			return at
		}
		before, last = class, at
		at += size
	}
	return at
}
