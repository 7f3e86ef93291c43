package sentencepiece

// trie maps byte strings to ids. It is a double array (Aoe 1989) addressed by exclusive or: the child
// of node n for byte c is n's base ^ c, if that unit's parent is n. One step costs one memory access.
type trie struct{ units []trieUnit }

// trieUnit is one node. An unused unit has parent unusedUnit; a node without an id has id -1.
type trieUnit struct {
	base   uint32
	parent uint32
	id     int32
}

const unusedUnit = ^uint32(0)

// step goes from a node over one byte. The root is node 0.
func (t *trie) step(node uint32, c byte) (child uint32, ok bool) {
	child = t.units[node].base ^ uint32(c)
	return child, t.units[child].parent == node
}

// lookup returns the id of key, or -1.
func (t *trie) lookup(key string) int32 {
	node := uint32(0)
	for i := range len(key) {
		child, ok := t.step(node, key[i])
		if !ok {
			return -1
		}
		node = child
	}
	return t.units[node].id
}

// longestPrefix returns the length of the longest key that text starts with, or 0.
func (t *trie) longestPrefix(text string) int {
	longest, node := 0, uint32(0)
	for i := range len(text) {
		child, ok := t.step(node, text[i])
		if !ok {
			break
		}
		if node = child; t.units[node].id >= 0 {
			longest = i + 1
		}
	}
	return longest
}

// trieKey is one string of a trie.
type trieKey struct {
	text string
	id   int32
}

// newTrie builds the trie of keys, which must be sorted by text, unique and not empty.
func newTrie(keys []trieKey) *trie {
	b := trieBuilder{}
	b.addBlock()
	b.take(0, unusedUnit-1)
	// A breadth-first queue of nodes whose children are not yet placed.
	type task struct {
		node  uint32
		keys  []trieKey
		depth int
	}
	queue := []task{{0, keys, 0}}
	var labels []byte
	for len(queue) > 0 {
		t := queue[0]
		queue = queue[1:]
		if len(t.keys) > 0 && len(t.keys[0].text) == t.depth {
			b.units[t.node].id = t.keys[0].id
			t.keys = t.keys[1:]
		}
		if len(t.keys) == 0 {
			continue
		}
		labels = labels[:0]
		for _, k := range t.keys {
			if c := k.text[t.depth]; len(labels) == 0 || labels[len(labels)-1] != c {
				labels = append(labels, c)
			}
		}
		base := b.place(t.node, labels)
		for _, c := range labels {
			n := 0
			for n < len(t.keys) && t.keys[n].text[t.depth] == c {
				n++
			}
			queue = append(queue, task{base ^ uint32(c), t.keys[:n], t.depth + 1})
			t.keys = t.keys[n:]
		}
	}
	return &trie{b.units}
}

// trieBuilder places nodes into blocks of 256 units. Only the newest blocks are searched for room, so
// that building stays linear in the number of nodes.
type trieBuilder struct {
	units []trieUnit
	free  []int // free units of each block
}

const searchedBlocks = 16

func (b *trieBuilder) addBlock() {
	for range 256 {
		b.units = append(b.units, trieUnit{parent: unusedUnit, id: -1})
	}
	b.free = append(b.free, 256)
}

func (b *trieBuilder) take(unit, parent uint32) {
	b.units[unit].parent = parent
	b.free[unit>>8]--
}

// place finds a base at which a unit is free for every label and gives those units to node.
func (b *trieBuilder) place(node uint32, labels []byte) (base uint32) {
	base = b.findBase(labels)
	b.units[node].base = base
	for _, c := range labels {
		b.take(base^uint32(c), node)
	}
	return base
}

func (b *trieBuilder) findBase(labels []byte) uint32 {
	for block := max(0, len(b.free)-searchedBlocks); block < len(b.free); block++ {
		if b.free[block] < len(labels) {
			continue
		}
		for low := range uint32(256) {
			if base := uint32(block)<<8 | low; b.fits(base, labels) {
				return base
			}
		}
	}
	b.addBlock()
	return uint32(len(b.free)-1) << 8
}

func (b *trieBuilder) fits(base uint32, labels []byte) bool {
	for _, c := range labels {
		if b.units[base^uint32(c)].parent != unusedUnit {
			return false
		}
	}
	return true
}
