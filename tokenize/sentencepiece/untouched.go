package sentencepiece

import "unicode/utf8"

// untouched knows which characters the normalizer leaves as they are, so that runs of them are copied
// without asking the rules.
type untouched struct {
	// alone[c]: no rule or symbol starts with the ASCII character c and goes on with another, or ends there.
	alone [utf8.RuneSelf]bool
	// always[c]: none starts with c at all.
	always [utf8.RuneSelf]bool
	// space: none starts with a space.
	space bool
	// ruled has a bit for each character below U+10000 that a rule or symbol may start with.
	ruled [1 << 16 / 64]uint64
	// astral: none starts with a character from U+10000 on.
	astral bool
}

func newUntouched(rules *charsmap, symbols *trie) *untouched {
	u := &untouched{space: true, astral: true}
	for c := range byte(utf8.RuneSelf) {
		u.alone[c], u.always[c] = c != ' ', c != ' '
	}
	if rules != nil {
		u.addRules(rules)
	}
	if symbols != nil {
		u.addSymbols(symbols)
	}
	return u
}

func (u *untouched) addRules(rules *charsmap) {
	root := unitOffset(rules.units[0])
	for c := range 256 {
		next, leaf, ok := rules.child(root, byte(c))
		switch {
		case !ok:
		case c == ' ':
			u.space = false
		case c < utf8.RuneSelf:
			u.always[c] = false
			u.alone[c] = u.alone[c] && !leaf
			for d := range byte(utf8.RuneSelf) {
				if _, _, ok := rules.child(next, d); ok {
					u.alone[c] = false
				}
			}
		case c < 0xe0:
			u.addTails(rules, next, rune(c&0x1f), 1)
		case c < 0xf0:
			u.addTails(rules, next, rune(c&0x0f), 2)
		default:
			u.astral = false
		}
	}
}

// addTails marks every character whose bytes are a walk through the rules, of which tail are to come.
func (u *untouched) addTails(rules *charsmap, base uint32, bits rune, tail int) {
	for c := byte(0x80); c < 0xc0; c++ {
		next, _, ok := rules.child(base, c)
		r := bits<<6 | rune(c&0x3f)
		switch {
		case !ok:
		case tail > 1:
			u.addTails(rules, next, r, tail-1)
		default:
			u.ruled[r>>6] |= 1 << (r & 63)
		}
	}
}

func (u *untouched) addSymbols(symbols *trie) {
	for c := range 256 {
		if _, ok := symbols.step(symbols.root(), byte(c)); !ok {
			continue
		}
		if c < utf8.RuneSelf {
			u.alone[c], u.always[c] = false, false
			u.space = u.space && c != ' '
			continue
		}
		// A symbol's first byte bars every character that has it.
		switch {
		case 0xc0 <= c && c < 0xe0:
			u.ruled[c&0x1f] = ^uint64(0)
		case 0xe0 <= c && c < 0xf0:
			for word := range 64 {
				u.ruled[c&0x0f<<6|word] = ^uint64(0)
			}
		}
		u.astral = u.astral && c < 0xf0
	}
}

// run returns the end of the run of untouched characters that starts at a byte of text. It holds no space.
func (u *untouched) run(text string, at int) int {
	for at < len(text) {
		c := text[at]
		if c < utf8.RuneSelf {
			if !u.alone[c] || at+1 < len(text) && text[at+1] >= utf8.RuneSelf && !u.always[c] {
				return at
			}
			at++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[at:])
		switch {
		case r == utf8.RuneError && size == 1:
			return at
		case r >= 1<<16:
			if !u.astral {
				return at
			}
		case u.ruled[r>>6]>>(r&63)&1 == 1:
			return at
		}
		at += size
	}
	return at
}
