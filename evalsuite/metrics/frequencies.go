package metrics

import (
	"math"
	"math/bits"
	"runtime"
	"sync"
)

// frequencies holds, for each n-gram of the references, in how many images' references it is.
type frequencies struct {
	words  []int32 // by word
	longer [captionN - 1]gramTable
	idf    []float64 // by number of images
}

// inverseFrequencies returns the idf of an n-gram by the number of images that have it.
func inverseFrequencies(images int) []float64 {
	idf := make([]float64, images+1)
	total := math.Log(float64(images))
	for n := range idf {
		idf[n] = total - math.Log(max(1, float64(n)))
	}
	return idf
}

// each calls do with the idf of each n-gram of a text, n-1, and the word at which it begins. An
// n-gram that no reference has counts like one of a single image.
func (f *frequencies) each(words []int32, do func(n, i int, idf float64)) {
	for i := range words {
		gram, known := words[i], int(words[i]) < len(f.words)
		images := int32(0)
		if known {
			images = f.words[gram]
		}
		do(0, i, f.idf[images])
		for n := 1; n < captionN && i+n < len(words); n++ {
			images = 0
			if known {
				gram, images, known = f.longer[n-1].find(gramKey(gram, words[i+n]))
			}
			do(n, i, f.idf[images])
		}
	}
}

// gramTable numbers the n-grams of one length. An n-gram is the number of its first n-1 words and
// its last word.
type gramTable struct {
	shards []gramShard
}

// gramShard is a part of a table, which one goroutine fills: a hash table with open addressing.
type gramShard struct {
	slots []gramSlot
	// By number of an n-gram, while they are counted: of the images that have it, and the one that
	// was counted last.
	images, latest []int32
}

// gramSlot is an n-gram. The key 0, whose words would be empty, is a free slot.
type gramSlot struct {
	key          uint64
	gram, images int32
}

func gramKey(gram, word int32) uint64 { return uint64(uint32(gram))<<32 | uint64(uint32(word)) }

func gramHash(key uint64) uint64 {
	key *= 0x9e3779b97f4a7c15
	key ^= key >> 29
	return key * 0xbf58476d1ce4e5b9
}

// shard returns the number of the shard of a hash.
func (t *gramTable) shard(hash uint64) int {
	high, _ := bits.Mul64(hash, uint64(len(t.shards)))
	return int(high)
}

// find returns the number of an n-gram and in how many images it is.
func (t *gramTable) find(key uint64) (gram, images int32, ok bool) {
	hash := gramHash(key)
	in := t.shard(hash)
	slot := t.shards[in].slot(key, hash)
	return slot.gram*int32(len(t.shards)) + int32(in), slot.images, slot.key == key
}

// slot returns the slot of a key, or the free one where it belongs.
func (s *gramShard) slot(key, hash uint64) *gramSlot {
	mask := uint64(len(s.slots) - 1)
	for at := (hash ^ hash>>32) & mask; ; at = (at + 1) & mask {
		if slot := &s.slots[at]; slot.key == key || slot.key == 0 {
			return slot
		}
	}
}

// add counts an n-gram of an image and returns its number.
func (s *gramShard) add(key, hash uint64, image int32) int32 {
	slot := s.slot(key, hash)
	if slot.key == 0 {
		if len(s.images)*3 > len(s.slots)*2 {
			s.grow()
			slot = s.slot(key, hash)
		}
		*slot = gramSlot{key: key, gram: int32(len(s.images))}
		s.images, s.latest = append(s.images, 0), append(s.latest, -1)
	}
	if gram := slot.gram; s.latest[gram] != image {
		s.latest[gram] = image
		s.images[gram]++
	}
	return slot.gram
}

func (s *gramShard) grow() {
	old := s.slots
	s.slots = make([]gramSlot, 2*len(old))
	for _, slot := range old {
		if slot.key != 0 {
			*s.slot(slot.key, gramHash(slot.key)) = slot
		}
	}
}

// end writes the counts into the slots.
func (s *gramShard) end() {
	for n := range s.slots {
		if slot := &s.slots[n]; slot.key != 0 {
			slot.images = s.images[slot.gram]
		}
	}
	s.images, s.latest = nil, nil
}

// gramCount counts the n-grams of captions, length by length. What it knows is by place: an n-gram
// is where it begins.
type gramCount struct {
	words  []int32           // of all captions, one after the other
	left   []int32           // the words of the caption from there on
	image  []int32           // whose caption it is
	grams  []int32           // the number of the n-gram, of the length that was counted last
	images [captionN][]int32 // by n-1: how many images have the n-gram
}

// maxShards bounds the goroutines that fill a table, as each goes over all places.
const maxShards = 16

// countGrams counts the n-grams of captions; first has the first caption of each image, and words
// is the number of different words.
func countGrams(texts captionWords, first []int, words int) (*gramCount, frequencies) {
	all, ends := texts.all, texts.ends
	if texts.split != nil {
		all, ends = texts.split, texts.splitAt
	}
	c := &gramCount{words: all, grams: all, left: make([]int32, len(all)), image: make([]int32, len(all))}
	at := 0
	for image := range len(first) - 1 {
		for n := first[image]; n < first[image+1]; n++ {
			for ; at < ends[n]; at++ {
				c.left[at], c.image[at] = int32(ends[n]-at), int32(image)
			}
		}
	}
	f := frequencies{idf: inverseFrequencies(len(first) - 1), words: c.countWords(words)}
	shards := max(1, min(maxShards, runtime.GOMAXPROCS(0), len(all)>>12))
	for n := 2; n <= captionN; n++ {
		f.longer[n-2] = c.lengthen(n, shards)
	}
	return c, f
}

// countWords returns the number of images that have a word.
func (c *gramCount) countWords(n int) []int32 {
	images, latest := make([]int32, n), make([]int32, n)
	for at, word := range c.words {
		if image := c.image[at] + 1; latest[word] != image {
			latest[word] = image
			images[word]++
		}
	}
	c.images[0] = make([]int32, len(c.words))
	for at, word := range c.words {
		c.images[0][at] = images[word]
	}
	return images
}

// lengthen counts the n-grams, of which those one word shorter are counted, and returns their
// table. The numbers of n-grams depend on the number of shards, and nothing else does.
func (c *gramCount) lengthen(n, shards int) gramTable {
	t := gramTable{make([]gramShard, shards)}
	grams, images := make([]int32, len(c.grams)), make([]int32, len(c.grams))
	var wait sync.WaitGroup
	for number := range t.shards {
		wait.Go(func() {
			s := &t.shards[number]
			s.slots = make([]gramSlot, 1<<max(4, bits.Len(uint(len(c.words)/shards/2))))
			var mine []int32
			for at, left := range c.left {
				if int(left) < n {
					continue
				}
				key := gramKey(c.grams[at], c.words[at+n-1])
				if hash := gramHash(key); t.shard(hash) == number {
					grams[at] = s.add(key, hash, c.image[at])
					mine = append(mine, int32(at))
				}
			}
			for _, at := range mine {
				images[at] = s.images[grams[at]]
				grams[at] = grams[at]*int32(shards) + int32(number)
			}
			s.end()
		})
	}
	wait.Wait()
	c.grams, c.images[n-1] = grams, images
	return t
}
