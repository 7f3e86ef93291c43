package charsmap

import "unicode/utf8"

// Replacements returns all strings that rules write, each ended by a NUL.
func (m *Map) Replacements() string {
	if m == nil {
		return ""
	}
	return m.replacements
}

// ContinuesWith reports whether any rule contains the byte c after its first byte.
func (m *Map) ContinuesWith(c byte) bool {
	if m == nil {
		return false
	}
	for at, unit := range m.units {
		if label(unit) > 0xff {
			continue
		}
		if _, _, ok := m.child(Node(uint32(at)^offset(unit)), c); ok {
			return true
		}
	}
	return false
}

// WritesUTF8 reports whether every replacement is valid UTF-8.
func (m *Map) WritesUTF8() bool {
	if m == nil {
		return true
	}
	if !utf8.ValidString(m.replacements) {
		return false
	}
	for _, unit := range m.units {
		if label(unit) > 0xff && !utf8.RuneStart(m.replacements[value(unit)]) {
			return false
		}
	}
	return true
}

// Node is a place in the trie of a Map, reached over some bytes.
type Node uint32

// Root returns the node reached over no bytes. m must not be nil.
func (m *Map) Root() Node { return Node(offset(m.units[0])) }

// child goes from a node over one byte. It reports whether a rule ends there (leaf), and whether
// any rule continues with c at all (ok).
func (m *Map) child(from Node, c byte) (next Node, leaf, ok bool) {
	at := uint32(from) ^ uint32(c)
	unit := m.units[at]
	if label(unit) != uint32(c) {
		return 0, false, false
	}
	return Node(at ^ offset(unit)), unit&hasValue != 0, true
}

// EachCharacter calls visit for every character that continues a rule at a node: with the node it
// leads to, and whether a rule ends there (leaf). It returns false if visit ever does, or if a rule
// continues with bytes that are not a character.
func (m *Map) EachCharacter(from Node, visit func(r rune, next Node, leaf bool) bool) (ok bool) {
	ok = true
	var tails func(from Node, bits rune, tail int)
	tails = func(from Node, bits rune, tail int) { // tail more bytes complete the character
		for c := range 256 {
			next, leaf, found := m.child(from, byte(c))
			switch r := bits<<6 | rune(c&0x3f); {
			case !found:
			case c&0xc0 != 0x80 || leaf && tail > 1:
				ok = false
			case tail > 1:
				tails(next, r, tail-1)
			default:
				ok = visit(r, next, leaf) && ok
			}
		}
	}
	for c := range 256 {
		next, leaf, found := m.child(from, byte(c))
		switch {
		case !found:
		case c < utf8.RuneSelf:
			ok = visit(rune(c), next, leaf) && ok
		case leaf || c < 0xc2 || c > 0xf4:
			ok = false
		case c < 0xe0:
			tails(next, rune(c&0x1f), 1)
		case c < 0xf0:
			tails(next, rune(c&0x0f), 2)
		default:
			tails(next, rune(c&0x07), 3)
		}
	}
	return ok
}

// ASCII is what rules do to an ASCII character that another ASCII character, or nothing, follows.
type ASCII int8

// What rules may do to such a character.
const (
	Stays        ASCII = iota // it is copied
	BecomesSpace              // it becomes a space, or is one
	HasRules                  // use Match
)

// ASCII returns the table of the characters below 128. It saves most calls of Match in most text.
func (m *Map) ASCII() (table [utf8.RuneSelf]ASCII) {
	table[' '] = BecomesSpace
	if m == nil {
		return table
	}
	for c := range table {
		next, leaf, ok := m.child(m.Root(), byte(c))
		if !ok {
			continue
		}
		if leaf {
			table[c] = HasRules
			if replacement, _ := m.Match(string(rune(c))); replacement == " " {
				table[c] = BecomesSpace
			}
		}
		for second := range utf8.RuneSelf {
			if _, _, ok := m.child(next, byte(second)); ok && second != 0 {
				table[c] = HasRules
			}
		}
	}
	return table
}
