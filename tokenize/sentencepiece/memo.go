package sentencepiece

import (
	"math"
	"math/bits"
)

// memo remembers the ids of words of a text as it stands, before any rule is applied. It is a hash
// table of sets of four words each, the ones found last in front, over a ring of what is known of
// them, in which new words overwrite the oldest. It belongs to one goroutine at a time.
type memo struct {
	sets    []memoSet  // a power of two of them
	entries []scoredID // the ring; see memoWord
	head    uint32     // how many entries were ever written
	added   int        // words, since the table was made
}

type memoSet [4]memoWord

// memoWord is a word of size bytes. From entry at on, counted as head is, stand its bytes, eight to
// an entry, the last of them with room for at least one byte more, then its ids.
type memoWord struct {
	hash  uint32
	at    uint32  // 0 where there is no word
	limit float32 // the ids are right while the score of all before is no larger (segmenter.word)
	size  uint8
	ids   uint8
	tail  uint8 // the last byte of its normal form
}

// scoredID packs an id, in the lower half, with what it adds to the score of the text, in the
// upper.
type scoredID uint64

func newScoredID(id int32, score float32) scoredID {
	return scoredID(math.Float32bits(score))<<32 | scoredID(uint32(id))
}

func (s scoredID) id() int32      { return int32(uint32(s)) }
func (s scoredID) score() float32 { return math.Float32frombits(uint32(s >> 32)) }

const (
	firstMemoSets = 1 << 8
	maxMemoSets   = 1 << 12
	memoEntries   = 1 << 17 // the size of the ring, a power of two
)

// rawWord is a word as it stands in a text.
type rawWord struct {
	text string
	hash uint64
	last uint64 // its last len(text)%8 bytes
}

// nextWord returns the word that starts at a byte of text, up to a space or the end; it is empty if
// there is a space. If its last byte is one of marks, and not its only one, the word is without it,
// and mark is its number.
func nextWord(text string, begin int, marks *[256]uint8) (word rawWord, mark uint8) {
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
		if found := (z - ones) & ^z & highs; found != 0 { // the lowest bit is at the first space
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
		if mark = marks[text[end-1]]; mark != 0 {
			if size == 0 {
				return hashWord(text[begin : end-1]), mark
			}
			end--
			size--
			x &= 1<<(8*size) - 1
		}
	}
	return rawWord{text[begin:end], mix(hash^x, k1^uint64(end-begin)), x}, mark
}

// lastBytes returns the up to seven bytes from a place on, to the end of text or a space.
func lastBytes(text string, at int) (x uint64, size int) {
	for at+size < len(text) && text[at+size] != ' ' {
		x |= uint64(text[at+size]) << (8 * size)
		size++
	}
	return x, size
}

// hashWord returns the word that text is.
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

// find returns the ids of a word, or nil.
func (c *memo) find(w rawWord) (known *memoWord, ids []scoredID) {
	if c.sets == nil {
		c.sets, c.entries, c.head = make([]memoSet, firstMemoSets), make([]scoredID, 1, 1<<10), 1
	}
	set := c.set(uint32(w.hash >> 32))
	for i := range set {
		s := &set[i]
		if s.hash != uint32(w.hash>>32) || int(s.size) != len(w.text) || s.at == 0 || c.head-s.at > memoEntries {
			continue
		}
		whole := len(w.text) >> 3
		entry := c.entries[s.at&(memoEntries-1):]
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

// sameWords compares text, as far as it fills words of eight bytes.
func sameWords(words []scoredID, text string) bool {
	for i, x := range words {
		if load64(text, 8*i) != uint64(x) {
			return false
		}
	}
	return true
}

// add remembers the ids of a word, and the last byte of its normal form.
func (c *memo) add(w rawWord, tail byte, limit float32, ids []scoredID) {
	if len(w.text) > 255 || len(ids) > 255 {
		return
	}
	if c.added >= 2*len(c.sets) && len(c.sets) < maxMemoSets {
		c.grow()
	}
	c.added++
	whole := len(w.text) >> 3
	at := c.room(whole + 1 + len(ids))
	c.put(memoWord{uint32(w.hash >> 32), at, limit, uint8(len(w.text)), uint8(len(ids)), tail})
	entry := c.entries[at&(memoEntries-1):]
	for i := range whole {
		entry[i] = scoredID(load64(w.text, 8*i))
	}
	entry[whole] = scoredID(w.last)
	copy(entry[whole+1:], ids)
}

// set returns the words among which one of a hash is.
func (c *memo) set(hash uint32) *memoSet { return &c.sets[hash&uint32(len(c.sets)-1)] }

// put puts a word in front of its set.
func (c *memo) put(word memoWord) {
	set := c.set(word.hash)
	copy(set[1:], set[:3])
	set[0] = word
}

// grow makes four times as many sets.
func (c *memo) grow() {
	old := c.sets
	c.sets = make([]memoSet, 4*len(old))
	for i := range old {
		for j := len(old[i]) - 1; j >= 0; j-- {
			if word := old[i][j]; word.at != 0 {
				c.put(word)
			}
		}
	}
}

// room returns where there are so many entries in a row to write.
func (c *memo) room(entries int) (at uint32) {
	begin := int(c.head & (memoEntries - 1))
	if begin+entries > memoEntries {
		c.head += uint32(memoEntries - begin)
		begin = 0
	}
	if c.head > math.MaxUint32-2*memoEntries { // the count is full
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

// The multiply-and-fold of wyhash (Wang Yi).
const k0, k1 = 0xa0761d6478bd642f, 0xe7037ed1a0b428db

func mix(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}

// load64 returns eight bytes of text.
func load64(text string, at int) uint64 {
	t := text[at : at+8]
	return uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
		uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
}
