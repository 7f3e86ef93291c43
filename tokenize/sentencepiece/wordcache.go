package sentencepiece

import (
	"math"
	"math/bits"
)

// wordCache remembers the ids of words as the text spells them, before normalization. It is a hash
// table whose sets hold four words each, the most recently found first, over a ring buffer of their
// bytes and ids in which new words overwrite the oldest. Only one goroutine may use it at a time.
type wordCache struct {
	sets    []cacheSet // a power of two
	entries []scoredID // the ring; see cachedWord
	head    uint32     // the number of entries ever written
	added   int        // the number of words ever added
}

type cacheSet [4]cachedWord

// cachedWord is a word of size bytes. The ring has, from entry at on (counted as head is): its
// bytes, eight to an entry, of which the last has room for at least one more; then its ids.
type cachedWord struct {
	hash  uint32
	at    uint32  // 0 if the slot is empty
	limit float32 // see segmenter.segmentFast
	size  uint8
	ids   uint8
	tail  uint8 // the last byte of the word's normal form
}

// scoredID holds an id in its lower half and, in its upper half, what the id adds to the score of
// the text.
type scoredID uint64

func newScoredID(id int32, score float32) scoredID {
	return scoredID(math.Float32bits(score))<<32 | scoredID(uint32(id))
}

func (s scoredID) id() int32      { return int32(uint32(s)) }
func (s scoredID) score() float32 { return math.Float32frombits(uint32(s >> 32)) }

const (
	firstCacheSets = 1 << 8
	maxCacheSets   = 1 << 12
	ringEntries    = 1 << 17 // the size of the ring, a power of two
)

// rawWord is a word as the text spells it.
type rawWord struct {
	text string
	hash uint64
	last uint64 // its last len(text)%8 bytes
}

// nextWord returns the word that starts at text[begin] and extends to the next space or the end of
// text. It is empty if it starts with a space. If its last byte, not being its only one, has an
// index in puncts, the word is returned without that byte, and punct is the index.
func nextWord(text string, begin int, puncts *[256]uint8) (word rawWord, punct uint8) {
	const spaces, ones, highs = 0x2020202020202020, 0x0101010101010101, 0x8080808080808080
	hash, at := uint64(k0), begin
	x, size := uint64(0), 0
	for {
		if at+8 > len(text) {
			x, size = lastBytes(text, at)
			break
		}
		x = load64(text, at)
		z := x ^ spaces
		if found := (z - ones) & ^z & highs; found != 0 { // its lowest bit is at the first space
			size = bits.TrailingZeros64(found) >> 3
			x &= 1<<(8*size) - 1
			break
		}
		hash = mix(hash^x, k1)
		at += 8
		x = 0
	}
	end := at + size
	if end > begin+1 {
		if punct = puncts[text[end-1]]; punct != 0 {
			if size == 0 {
				return hashWord(text[begin : end-1]), punct
			}
			end--
			size--
			x &= 1<<(8*size) - 1
		}
	}
	return rawWord{text[begin:end], mix(hash^x, k1^uint64(end-begin)), x}, punct
}

// lastBytes returns the at most seven bytes from text[at] to the next space or the end of text.
func lastBytes(text string, at int) (x uint64, size int) {
	for at+size < len(text) && text[at+size] != ' ' {
		x |= uint64(text[at+size]) << (8 * size)
		size++
	}
	return x, size
}

// hashWord returns text as a word.
func hashWord(text string) rawWord {
	hash, at := uint64(k0), 0
	for ; at+8 <= len(text); at += 8 {
		hash = mix(hash^load64(text, at), k1)
	}
	x := uint64(0)
	for i := at; i < len(text); i++ {
		x |= uint64(text[i]) << (8 * (i - at))
	}
	return rawWord{text, mix(hash^x, k1^uint64(len(text))), x}
}

// find returns what is known of a word, with its ids, or nil.
func (c *wordCache) find(w rawWord) (known *cachedWord, ids []scoredID) {
	if c.sets == nil {
		c.sets, c.entries, c.head = make([]cacheSet, firstCacheSets), make([]scoredID, 1, 1<<10), 1
	}
	set := c.set(uint32(w.hash >> 32))
	for i := range set {
		s := &set[i]
		if s.hash != uint32(w.hash>>32) || int(s.size) != len(w.text) || s.at == 0 || c.head-s.at > ringEntries {
			continue
		}
		whole := len(w.text) >> 3
		entry := c.entries[s.at&(ringEntries-1):]
		if uint64(entry[whole]) != w.last || !sameWords(entry[:whole], w.text) {
			continue
		}
		if i > 0 {
			set[i], set[i-1] = set[i-1], set[i]
			s = &set[i-1]
		}
		return s, entry[whole+1 : whole+1+int(s.ids)]
	}
	return nil, nil
}

// sameWords reports whether words are the bytes of text, as far as it fills whole words.
func sameWords(words []scoredID, text string) bool {
	for i, x := range words {
		if load64(text, 8*i) != uint64(x) {
			return false
		}
	}
	return true
}

// add enters a word with its ids; tail is the last byte of its normal form.
func (c *wordCache) add(w rawWord, tail byte, limit float32, ids []scoredID) {
	if len(w.text) > 255 || len(ids) > 255 {
		return
	}
	if c.added >= 2*len(c.sets) && len(c.sets) < maxCacheSets {
		c.grow()
	}
	c.added++
	whole := len(w.text) >> 3
	at := c.room(whole + 1 + len(ids))
	c.put(cachedWord{uint32(w.hash >> 32), at, limit, uint8(len(w.text)), uint8(len(ids)), tail})
	entry := c.entries[at&(ringEntries-1):]
	for i := range whole {
		entry[i] = scoredID(load64(w.text, 8*i))
	}
	entry[whole] = scoredID(w.last)
	copy(entry[whole+1:], ids)
}

// set returns the set that words of a hash are in.
func (c *wordCache) set(hash uint32) *cacheSet { return &c.sets[hash&uint32(len(c.sets)-1)] }

// put puts a word in front of its set.
func (c *wordCache) put(word cachedWord) {
	set := c.set(word.hash)
	copy(set[1:], set[:3])
	set[0] = word
}

// grow quadruples the number of sets.
func (c *wordCache) grow() {
	old := c.sets
	c.sets = make([]cacheSet, 4*len(old))
	for i := range old {
		for j := len(old[i]) - 1; j >= 0; j-- {
			if word := old[i][j]; word.at != 0 {
				c.put(word)
			}
		}
	}
}

// room reserves consecutive entries of the ring.
func (c *wordCache) room(entries int) (at uint32) {
	begin := int(c.head & (ringEntries - 1))
	if begin+entries > ringEntries {
		c.head += uint32(ringEntries - begin)
		begin = 0
	}
	if c.head > math.MaxUint32-2*ringEntries { // head is about to overflow
		clear(c.sets)
		c.head, begin = 1, 1
	}
	if end := begin + entries; end > len(c.entries) {
		c.entries = append(c.entries, make([]scoredID, end-len(c.entries))...)
	}
	at = c.head
	c.head += uint32(entries)
	return at
}

// Constants of wyhash (Wang Yi).
const k0, k1 = 0xa0761d6478bd642f, 0xe7037ed1a0b428db

// mix is wyhash's multiply and fold.
func mix(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}

// load64 returns the eight bytes from text[at] on.
func load64(text string, at int) uint64 {
	t := text[at : at+8]
	return uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
		uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
}
