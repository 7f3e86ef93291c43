package sentencepiece

import "unicode/utf8"

// untouched knows which characters the normalizer leaves as they are, so that runs of them are
// copied without asking the rules.
type untouched struct {
	// basic says of each character below U+10000 what rules and symbols do with it.
	basic [1 << 16]role
	// astral says so of all others together.
	astral role
}

// role is what a character is to rules and symbols; 0 is a character that none of them has.
type role uint8

const (
	changes  role = 1 << iota // a rule is this character alone, or a symbol may start with it
	begins                    // a longer rule starts with it
	follows                   // it is the second character of a rule
	isSpace                   // it is U+0020
	isBroken                  // it is no character
)

func newUntouched(rules *charsmap, symbols *trie) *untouched {
	u := &untouched{}
	u.basic[' '] = isSpace
	for r := 0xd800; r < 0xe000; r++ {
		u.basic[r] = isBroken
	}
	if rules != nil {
		u.addRules(rules)
	}
	if symbols != nil {
		u.addSymbols(symbols)
	}
	return u
}

// mark adds to the role of a character.
func (u *untouched) mark(r rune, as role) {
	if r < 1<<16 {
		u.basic[r] |= as
	} else {
		u.astral |= as
	}
}

// addRules notes the first and the second character of every rule.
func (u *untouched) addRules(rules *charsmap) {
	whole := rules.eachCharacter(unitOffset(rules.units[0]), func(first rune, base uint32, leaf bool) (whole bool) {
		if leaf {
			u.mark(first, changes)
		}
		return rules.eachCharacter(base, func(second rune, _ uint32, _ bool) bool {
			u.mark(first, begins)
			u.mark(second, follows)
			return true
		})
	})
	if !whole { // such rules are in no published model: ask them everywhere
		for r := range u.basic {
			u.basic[r] |= changes
		}
		u.astral |= changes
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

// addSymbols bars every character that starts with the first byte of a symbol.
func (u *untouched) addSymbols(symbols *trie) {
	for c := range 256 {
		if _, ok := symbols.step(symbols.root(), byte(c)); !ok {
			continue
		}
		first, last := rune(c), rune(c)
		switch {
		case 0xc0 <= c && c < 0xe0:
			first, last = rune(c&0x1f)<<6, rune(c&0x1f)<<6|0x3f
		case 0xe0 <= c && c < 0xf0:
			first, last = rune(c&0x0f)<<12, rune(c&0x0f)<<12|0xfff
		case 0xf0 <= c:
			first, last = 1<<16, 1<<16
		}
		for r := first; r <= last; r++ {
			u.mark(r, changes)
		}
	}
}

// space reports whether no rule and no symbol starts with a space.
func (u *untouched) space() bool { return u.basic[' ']&(changes|begins) == 0 }

// run returns the end of the run of untouched characters that starts at a byte of text. It holds no
// space.
func (u *untouched) run(text string, at int) int {
	before, last := role(0), at // the character before at, and where it starts
	for at < len(text) {
		r, size := rune(text[at]), 1
		role := u.astral
		switch {
		case r < utf8.RuneSelf:
			role = u.basic[r]
		case 0xc2 <= r && r < 0xe0 && at+1 < len(text) && text[at+1]&0xc0 == 0x80:
			size = 2
			role = u.basic[(r&0x1f)<<6|rune(text[at+1]&0x3f)]
		case 0xe0 <= r && r < 0xf0 && at+2 < len(text) && text[at+1]&0xc0 == 0x80 && text[at+2]&0xc0 == 0x80:
			size = 3
			r = (r&0x0f)<<12 | rune(text[at+1]&0x3f)<<6 | rune(text[at+2]&0x3f)
			if role = u.basic[r]; r < 0x800 {
				role = isBroken
			}
		default:
			if r, size = utf8.DecodeRuneInString(text[at:]); r < 1<<16 {
				role = isBroken
			}
		}
		switch {
		case role == 0:
		case before&begins != 0 && role&(follows|isBroken) != 0:
			return last
		case role&(changes|isSpace|isBroken) != 0:
			return at
		}
		before, last = role, at
		at += size
	}
	return at
}
