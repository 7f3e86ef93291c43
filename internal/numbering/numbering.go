// Package numbering numbers names. It is a map from names to the numbers 0, 1, 2... in less memory
// than Go's, which the garbage collector passes faster: for hundreds of thousands of ids.
package numbering

import (
	"hash/maphash"
	"math/bits"
)

// Names numbers different names from 0 on, in the order in which they are added. The zero value is
// empty.
type Names struct {
	seed  maphash.Seed
	list  []string
	slots []slot // a power of two of them, at most three quarters are taken
}

// slot is a place of the hash table.
type slot struct {
	hash uint32
	name uint32 // the number of the name, plus 1; 0 if the slot is free
}

// New returns an empty numbering with room for n names.
func New(n int) *Names {
	names := &Names{seed: maphash.MakeSeed(), list: make([]string, 0, n)}
	names.resize(n)
	return names
}

// resize makes a table for n names.
func (n *Names) resize(names int) {
	const least = 16
	n.slots = make([]slot, 1<<bits.Len(uint(max(least, names+names/2)-1)))
	for i, name := range n.list {
		hash, at := n.find(name)
		n.slots[at] = slot{hash, uint32(i + 1)}
	}
}

// find returns the hash of a name and its slot, or the free slot where it belongs.
func (n *Names) find(name string) (hash uint32, at int) {
	h := maphash.String(n.seed, name)
	hash, last := uint32(h>>32), len(n.slots)-1
	for at = int(h) & last; ; at = (at + 1) & last {
		s := n.slots[at]
		if s.name == 0 || s.hash == hash && n.list[s.name-1] == name {
			return hash, at
		}
	}
}

// Number returns the number of a name, and whether it has one.
func (n *Names) Number(name string) (number int, ok bool) {
	if len(n.slots) == 0 {
		return 0, false
	}
	_, at := n.find(name)
	return int(n.slots[at].name) - 1, n.slots[at].name > 0
}

// Add returns the number of a name, and whether the name is new and was given it now.
func (n *Names) Add(name string) (number int, added bool) {
	if len(n.slots) == 0 {
		*n = *New(0)
	}
	hash, at := n.find(name)
	if s := n.slots[at]; s.name > 0 {
		return int(s.name) - 1, false
	}
	number = len(n.list)
	n.list = append(n.list, name)
	if 4*len(n.list) > 3*len(n.slots) {
		n.resize(2 * len(n.list))
	} else {
		n.slots[at] = slot{hash, uint32(number + 1)}
	}
	return number, true
}

// List returns the names by number. Callers do not change it.
func (n *Names) List() []string { return n.list }
