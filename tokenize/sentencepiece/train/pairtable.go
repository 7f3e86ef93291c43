package train

// pairTable maps pairs of symbols, packed into 64 bits that are not 0, to symbols. It is a hash
// table with open addressing, since lookups of pairs dominate training.
type pairTable struct {
	keys   []uint64 // 0 where free
	values []int32
	shift  int
	used   int
}

// forgotten is the value of a removed pair.
const forgotten int32 = -2

func newPairTable() pairTable {
	const bits = 16
	return pairTable{make([]uint64, 1<<bits), make([]int32, 1<<bits), 64 - bits, 0}
}

// find returns the place of a key, or where insert should put it.
func (t *pairTable) find(key uint64) (place int, ok bool) {
	place = int(key * 0x9e3779b97f4a7c15 >> t.shift)
	for t.keys[place] != key {
		if t.keys[place] == 0 {
			return place, false
		}
		place = (place + 1) & (len(t.keys) - 1)
	}
	return place, t.values[place] != forgotten
}

// insert stores a value at the place that find returned for its key.
func (t *pairTable) insert(place int, key uint64, value int32) {
	if t.keys[place] == 0 {
		t.used++
	}
	t.keys[place], t.values[place] = key, value
	if 2*t.used > len(t.keys) {
		t.grow()
	}
}

func (t *pairTable) forget(key uint64) {
	if place, ok := t.find(key); ok {
		t.values[place] = forgotten
	}
}

func (t *pairTable) grow() {
	old := *t
	*t = pairTable{make([]uint64, 2*len(old.keys)), make([]int32, 2*len(old.values)), old.shift - 1, 0}
	for i, key := range old.keys {
		if key != 0 && old.values[i] != forgotten {
			place, _ := t.find(key)
			t.insert(place, key, old.values[i])
		}
	}
}

// pairEntry is a symbol in the queue, with its frequency when it was pushed.
type pairEntry struct {
	freq  uint64
	chars int32
	id    int32
}

// pairQueue is a binary heap with the best symbol first.
type pairQueue []pairEntry

func (q *pairQueue) push(e pairEntry, less func(x, y pairEntry) bool) {
	h := append(*q, e)
	i := len(h) - 1
	for i > 0 && less(e, h[(i-1)/2]) {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = e
	*q = h
}

func (q *pairQueue) pop(less func(x, y pairEntry) bool) pairEntry {
	h := *q
	top, e := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	i := 0
	for 2*i+1 < len(h) {
		child := 2*i + 1
		if child+1 < len(h) && less(h[child+1], h[child]) {
			child++
		}
		if !less(h[child], e) {
			break
		}
		h[i] = h[child]
		i = child
	}
	if len(h) > 0 {
		h[i] = e
	}
	*q = h
	return top
}
