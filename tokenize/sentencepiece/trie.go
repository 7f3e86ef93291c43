package sentencepiece

import "unicode/utf8"

// trie maps byte strings to ids. It is a double array (Aoe 1989) addressed by exclusive or: the
// child of a node for byte c is the unit at base ^ c, if that unit has the label c. No two nodes
// have the same base, so the label alone identifies the child, and a step costs one load of 8
// bytes.
//
// Nodes refer to strings by their place in sorted order, which keeps data about strings with the
// same beginning close together in memory; ids maps places to ids.
type trie struct {
	units []trieNode
	ids   []int32
	// pairs has, by byte, the set of bytes that follow it in any string.
	pairs [256]bitmap256
	// characters has, by character below U+10000, the node it leads to from the root; see
	// indexCharacters.
	characters []trieNode
}

// trieNode is a unit of the array. It contains all that a step to a child needs:
//
//	bits 0-7    label: the byte that leads here
//	bit  8      the unit is in use
//	bits 9-32   place of the string that ends here plus 1, or 0
//	bits 33-40  bit 33+i is set if any child's label has i as its last three bits
//	bits 41-63  base
//
// Bits 33 to 40 answer most failing steps without loading another unit.
type trieNode uint64

const (
	trieUsed   = 1 << 8
	trieIDBits = 24
	trieLeads  = 9 + trieIDBits
	trieBase   = trieLeads + 8
	trieNoNode = trieNode(0) // a node without children and string
	trieFrozen = trieNode(1) // another one, which bpe uses as a mark
)

// maxPieces is the number of strings that a trie can hold.
const maxPieces = 1<<trieIDBits - 1

// maxTrieUnits is the number of units that a base can address.
const maxTrieUnits = 1 << (64 - trieBase)

// piece returns the place of the string that ends here plus 1, or 0 if none does.
func (n trieNode) piece() uint32 { return uint32(n>>9) & (1<<trieIDBits - 1) }

func (n trieNode) base() uint32 { return uint32(n >> trieBase) }

// leads reports whether the node may have a child for the byte c.
func (n trieNode) leads(c byte) bool { return n>>(trieLeads+c&7)&1 != 0 }

// follows reports whether the unit at base ^ c is the child for the byte c of the node with that
// base.
func (n trieNode) follows(c byte) bool { return n&(trieUsed|0xff) == trieUsed|trieNode(c) }

// leading is leads as 1 or 0.
func (n trieNode) leading(c byte) int { return int(n >> (trieLeads + c&7) & 1) }

// only returns n if n.follows(c), else trieNoNode, without a branch.
func (n trieNode) only(c byte) trieNode {
	differs := uint64(n&(trieUsed|0xff)) ^ (trieUsed | uint64(c))
	return n & trieNode(int64(differs-1)>>63)
}

// root returns the node of the empty string.
func (t *trie) root() trieNode { return t.units[0] }

// step goes from a node over one byte. It returns ok false if no string continues so.
func (t *trie) step(node trieNode, c byte) (child trieNode, ok bool) {
	if !node.leads(c) {
		return trieNoNode, false
	}
	child = t.units[node.base()^uint32(c)]
	return child, child.follows(c)
}

// indexCharacters fills t.characters, which the method character uses.
func (t *trie) indexCharacters() {
	t.characters = make([]trieNode, 1<<16)
	for c := range utf8.RuneSelf {
		if node, ok := t.step(t.root(), byte(c)); ok {
			t.characters[c] = node
		}
	}
	for lead := 0xc2; lead < 0xf0; lead++ {
		if node, ok := t.step(t.root(), byte(lead)); ok {
			t.indexTails(node, rune(lead)&0x1f, 1+(lead-0xc0)>>5)
		}
	}
}

// indexTails indexes the characters that start with the bytes up to node, which decode to bits, and
// have tail more bytes.
func (t *trie) indexTails(node trieNode, bits rune, tail int) {
	for c := 0x80; c < 0xc0; c++ {
		child, ok := t.step(node, byte(c))
		switch r := bits<<6 | rune(c&0x3f); {
		case !ok:
		case tail > 1:
			t.indexTails(child, r, tail-1)
		default:
			t.characters[r&0xffff] = child
		}
	}
}

// character returns the node that the character at text[start] leads to from the root, or
// trieNoNode if no string starts with it, and the end of the character. The text must be UTF-8.
func (t *trie) character(text []byte, start int) (node trieNode, end int) {
	rest := text[start:]
	c := uint(rest[0])
	if c < utf8.RuneSelf {
		return t.characters[c], start + 1
	}
	if c < 0xe0 && len(rest) > 1 {
		return t.characters[c&0x1f<<6|uint(rest[1]&0x3f)], start + 2
	}
	if c < 0xf0 && len(rest) > 2 {
		return t.characters[c&0x0f<<12|uint(rest[1]&0x3f)<<6|uint(rest[2]&0x3f)], start + 3
	}
	return t.walkCharacter(rest, start)
}

// walkCharacter is the method character for characters that are not indexed.
func (t *trie) walkCharacter(rest []byte, start int) (node trieNode, end int) {
	size := min(charLen(rest[0]), len(rest))
	node = t.root()
	for _, c := range rest[:size] {
		node = t.units[node.base()^uint32(c)].only(c)
	}
	return node, start + size
}

// spells reports whether any string contains the byte c.
func (t *trie) spells(c byte) bool {
	for before := range 256 {
		if t.joins(byte(before), c) {
			return true
		}
	}
	return false
}

// joins reports whether the bytes before and after are adjacent in any string. The start of a
// string counts as a byte 0.
func (t *trie) joins(before, after byte) bool { return t.pairs[before][after>>6]>>(after&63)&1 != 0 }

// id returns the id of the string that ends at a node, or -1.
func (t *trie) id(n trieNode) int32 {
	if piece := n.piece(); piece > 0 {
		return t.ids[piece-1]
	}
	return -1
}

// find returns the id of a string, or unk if the trie does not have it.
func (t *trie) find(text []byte, unk int32) int32 {
	node, ok := t.root(), true
	for _, c := range text {
		if node, ok = t.step(node, c); !ok {
			return unk
		}
	}
	if id := t.id(node); id >= 0 {
		return id
	}
	return unk
}

// lookup returns the id of key, or -1.
func (t *trie) lookup(key string) int32 {
	node, ok := t.root(), true
	for i := range len(key) {
		if node, ok = t.step(node, key[i]); !ok {
			return -1
		}
	}
	return t.id(node)
}

// longestPrefix returns the length of the longest string that text starts with, considering only
// the limit shortest of them, or 0.
func longestPrefix[T string | []byte](t *trie, text T, limit int) int {
	longest, node := 0, t.root()
	for i := range len(text) {
		child, ok := t.step(node, text[i])
		if !ok {
			break
		}
		if node = child; node.piece() == 0 {
			continue
		}
		longest = i + 1
		if limit--; limit == 0 {
			break
		}
	}
	return longest
}
