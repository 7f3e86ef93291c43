package sentencepiece

import "unicode/utf8"

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

func newCharClasses(rules *charsmap, symbols *trie) *charClasses {
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
func (c *charClasses) addRules(rules *charsmap) {
	whole := rules.eachCharacter(unitOffset(rules.units[0]), func(first rune, base uint32, leaf bool) (whole bool) {
		if leaf {
			c.add(first, classRule)
		}
		return rules.eachCharacter(base, func(second rune, _ uint32, _ bool) bool {
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

// eachCharacter visits every character that is a walk through the rules from a base on: with the
// base where it leads, and whether a rule ends there. It returns false if visit did, or if there
// are walks that are no characters.
func (m *charsmap) eachCharacter(base uint32, visit func(r rune, next uint32, leaf bool) bool) (whole bool) {
	whole = true
	var tails func(base uint32, bits rune, tail int)
	tails = func(base uint32, bits rune, tail int) {
		for c := range 256 {
			next, leaf, ok := m.child(base, byte(c))
			switch r := bits<<6 | rune(c&0x3f); {
			case !ok:
			case c&0xc0 != 0x80 || leaf && tail > 1:
				whole = false
			case tail > 1:
				tails(next, r, tail-1)
			default:
				whole = visit(r, next, leaf) && whole
			}
		}
	}
	for c := range 256 {
		next, leaf, ok := m.child(base, byte(c))
		switch {
		case !ok:
		case c < utf8.RuneSelf:
			whole = visit(rune(c), next, leaf) && whole
		case leaf || c < 0xc2 || c > 0xf4:
			whole = false
		case c < 0xe0:
			tails(next, rune(c&0x1f), 1)
		case c < 0xf0:
			tails(next, rune(c&0x0f), 2)
		default:
			tails(next, rune(c&0x07), 3)
		}
	}
	return whole
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
