package sentencepiece

import "unicode/utf8"

// trie maps byte strings to ids. It is a double array (Aoe 1989) addressed by exclusive or: the
// child of a node for byte c stands at the node's base ^ c, if that unit has the label c. No two
// nodes share a base, so that the label alone tells a child from a stranger, and a step costs one
// load of 8 bytes.
//
// The strings are known by their place in the order of all, so that what is kept of strings with
// the same beginning stands together in memory; ids has the id of each.
type trie struct {
	units []trieNode
	ids   []int32
	// pairs has, of each byte, the bytes that come after it in any string.
	pairs [256]bitmap256
	// characters has, of each character below U+10000, the node after it; see indexCharacters.
	characters []trieNode
}

// trieNode is a unit of the array, and by itself all one needs to go on from it:
//
//	bits 0-7    label, the byte that leads here
//	bit  8      the unit is in use
//	bits 9-32   place of the string that ends here, plus 1; 0 if none does
//	bits 33-40  the last three bits of the bytes of all children: bit 33+i is set if they are i for any
//	bits 41-63  base
//
// By bits 33 to 40 most strings that do not go on are known without a look at another unit.
type trieNode uint64

const (
	trieUsed   = 1 << 8
	trieIDBits = 24
	trieLeads  = 9 + trieIDBits
	trieBase   = trieLeads + 8
	trieNoNode = trieNode(0) // has no children and no string
	trieFrozen = trieNode(1) // the same, to tell another case apart
)

// maxPieces is how many strings a trie can hold.
const maxPieces = 1<<trieIDBits - 1

// maxTrieUnits is how many units can be told from each other.
const maxTrieUnits = 1 << (64 - trieBase)

// piece returns the place of the string that ends here plus 1, 0 if none does.
func (n trieNode) piece() uint32 { return uint32(n>>9) & (1<<trieIDBits - 1) }

func (n trieNode) base() uint32 { return uint32(n >> trieBase) }

// leads reports whether there may be a child for the byte c.
func (n trieNode) leads(c byte) bool { return n>>(trieLeads+c&7)&1 != 0 }

// follows reports whether the unit, found at a base for the byte c, is a child of that base's node.
func (n trieNode) follows(c byte) bool { return n&(trieUsed|0xff) == trieUsed|trieNode(c) }

// leading is 1 where leads is true, and 0 where it is false.
func (n trieNode) leading(c byte) int { return int(n >> (trieLeads + c&7) & 1) }

// only is the unit if it is a child for the byte c, else trieNoNode.
func (n trieNode) only(c byte) trieNode {
	differs := uint64(n&(trieUsed|0xff)) ^ (trieUsed | uint64(c))
	return n & trieNode(int64(differs-1)>>63)
}

// root is where every walk starts.
func (t *trie) root() trieNode { return t.units[0] }

// step goes from a node over one byte; ok is false if no string goes on so.
func (t *trie) step(node trieNode, c byte) (child trieNode, ok bool) {
	if !node.leads(c) {
		return trieNoNode, false
	}
	child = t.units[node.base()^uint32(c)]
	return child, child.follows(c)
}

// indexCharacters makes what character needs.
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

// indexTails indexes the characters of which so many bytes are to come.
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

// character returns the node after the character that starts at a byte, trieNoNode if no string
// starts with it, and the byte where it ends. The text must be UTF-8.
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

// walkCharacter is character for those that are not indexed.
func (t *trie) walkCharacter(rest []byte, start int) (node trieNode, end int) {
	size := min(charLen(rest[0]), len(rest))
	node = t.root()
	for _, c := range rest[:size] {
		node = t.units[node.base()^uint32(c)].only(c)
	}
	return node, start + size
}

// spells reports whether any string has the byte c in it.
func (t *trie) spells(c byte) bool {
	for before := range 256 {
		if t.joins(byte(before), c) {
			return true
		}
	}
	return false
}

// joins reports whether any string has the byte after behind the byte before. Before is 0 for the
// start of a string, too.
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

// longestPrefix returns the length of the longest of the limit shortest keys that text starts with,
// or 0.
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
