package overlap

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/cespare/xxhash/v2"
)

// Gram is the number of words by which texts are found: shorter spans are not listed.
const Gram = 8

// mostRepeats is how many times a gram is listed that a text has many times.
const mostRepeats = 16

// base is the base of the polynomial that hashes words.
const base = 0x9e3779b97f4a7c15

// Index holds texts to be found in others. After Build it is safe for concurrent use.
type Index struct {
	vocabulary map[uint64]uint32 // hash of a word -> its number, from 1 on
	words      []string          // by number; the first is empty
	mixed      []uint64          // by number: what the word adds to hashes
	texts      [][]uint32        // numbers of words
	within     []bool            // by text: it is searched for within others
	wholes     map[uint64]int32  // hash of all words -> text
	places     []place           // sorted by the hash of the gram
	table      gramTable
	repeats    map[int32][]int32 // text -> offsets of grams that are not among the places
}

// place is where a gram begins in a text.
type place struct{ text, offset int32 }

// NewIndex returns an empty index.
func NewIndex() *Index {
	return &Index{vocabulary: map[uint64]uint32{}, words: []string{""}, mixed: []uint64{0}, wholes: map[uint64]int32{}}
}

// Add adds a text to be found within others and returns its number. Texts of the same words have
// the same number; one without words has -1.
func (x *Index) Add(text string) int {
	n := x.AddWhole(text)
	if n >= 0 {
		x.within[n] = true
	}
	return n
}

// AddWhole adds a text to be found only where it is the whole of another.
func (x *Index) AddWhole(text string) int {
	var ids []uint32
	Words(text, func(word []byte) { ids = append(ids, x.number(word)) })
	if len(ids) == 0 {
		return -1
	}
	whole := x.hash(ids)
	if n, known := x.wholes[whole]; known && slices.Equal(x.texts[n], ids) {
		return int(n)
	}
	x.texts, x.within = append(x.texts, ids), append(x.within, false)
	x.wholes[whole] = int32(len(x.texts) - 1)
	return len(x.texts) - 1
}

// number returns the number of a word, a new one if it is new.
func (x *Index) number(word []byte) uint32 {
	h := xxhash.Sum64(word)
	n, known := x.vocabulary[h]
	if !known {
		n = uint32(len(x.words))
		x.vocabulary[h] = n
		x.words, x.mixed = append(x.words, string(word)), append(x.mixed, h|1)
	}
	return n
}

// hash returns the hash of words.
func (x *Index) hash(ids []uint32) (h uint64) {
	for _, id := range ids {
		h = h*base + x.mixed[id]
	}
	return h
}

// Len returns the number of distinct texts.
func (x *Index) Len() int { return len(x.texts) }

// Length returns the number of words of a text.
func (x *Index) Length(text int) int { return len(x.texts[text]) }

// Text returns some words of a text, with blanks between them.
func (x *Index) Text(text, from, length int) string {
	var out []byte
	for i, id := range x.texts[text][from : from+length] {
		if i > 0 {
			out = append(out, ' ')
		}
		out = append(out, x.words[id]...)
	}
	return string(out)
}

// Build prepares the index for searches. No text may be added afterwards.
func (x *Index) Build() {
	type hashed struct {
		hash uint64
		place
	}
	var all []hashed
	x.repeats = map[int32][]int32{}
	for n, ids := range x.texts {
		if !x.within[n] {
			continue
		}
		times := map[int32]int{} // by first offset
		for at, first := range x.first(ids) {
			if times[first]++; times[first] > mostRepeats {
				x.repeats[int32(n)] = append(x.repeats[int32(n)], int32(at))
				continue
			}
			all = append(all, hashed{x.hash(ids[at : at+Gram]), place{int32(n), int32(at)}})
		}
	}
	slices.SortFunc(all, func(a, b hashed) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.text, b.text), cmp.Compare(a.offset, b.offset))
	})
	distinct := 0
	for i := range all {
		if i == 0 || all[i].hash != all[i-1].hash {
			distinct++
		}
	}
	x.places, x.table = make([]place, len(all)), newGramTable(distinct)
	for i := 0; i < len(all); {
		end := i
		for ; end < len(all) && all[end].hash == all[i].hash; end++ {
			x.places[end] = all[end].place
		}
		x.table.add(all[i].hash, int32(i), int32(end))
		i = end
	}
}

// repeated reports whether the gram at an offset is not among the places, because the text has it
// often.
func (x *Index) repeated(text, offset int32) bool {
	_, found := slices.BinarySearch(x.repeats[text], offset)
	return found
}

// First returns, for each gram of a text, the first offset of an equal one.
func (x *Index) First(text int) []int32 { return x.first(x.texts[text]) }

func (x *Index) first(ids []uint32) []int32 {
	n := len(ids) - Gram + 1
	if n < 1 {
		return nil
	}
	first, seen := make([]int32, n), make(map[uint64]int32, n)
	for at := range first {
		h := x.hash(ids[at : at+Gram])
		if _, known := seen[h]; !known {
			seen[h] = int32(at)
		}
		first[at] = seen[h]
	}
	return first
}

// gramTable is a hash table with open addressing, behind a filter of bits that most grams which are
// not in it do not pass.
type gramTable struct {
	filter  []uint64
	entries []gramEntry
	shift   int // of hashes, for entries
}

type gramEntry struct {
	hash     uint64
	from, to int32 // of places; to is 0 in an empty entry
}

// filterBits is the number of filter bits for each entry of the table.
const filterBits = 8

func newGramTable(n int) gramTable {
	log := max(4, bits.Len(uint(2*n)))
	return gramTable{make([]uint64, filterBits<<log/64), make([]gramEntry, 1<<log), 64 - log}
}

func (t *gramTable) place(hash uint64) uint64 { return hash * base >> t.shift }

func (t *gramTable) bit(hash uint64) (word, mask uint64) {
	b := hash * base >> (t.shift - 3) // filterBits is 1 << 3
	return b / 64, 1 << (b % 64)
}

func (t *gramTable) add(hash uint64, from, to int32) {
	word, mask := t.bit(hash)
	t.filter[word] |= mask
	at := t.place(hash)
	for t.entries[at].to != 0 {
		at = (at + 1) & uint64(len(t.entries)-1)
	}
	t.entries[at] = gramEntry{hash, from, to}
}

// find returns the places of a gram; from and to are equal if there are none.
func (t *gramTable) find(hash uint64) (from, to int32) {
	if word, mask := t.bit(hash); t.filter[word]&mask == 0 {
		return 0, 0
	}
	for at := t.place(hash); t.entries[at].to != 0; at = (at + 1) & uint64(len(t.entries)-1) {
		if e := &t.entries[at]; e.hash == hash {
			return e.from, e.to
		}
	}
	return 0, 0
}
