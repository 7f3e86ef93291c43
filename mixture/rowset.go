package mixture

import (
	"math/bits"
	"sort"
)

// rowSet is an ascending set of rows, of which the i-th is found quickly. It is kept in blocks of
// 65,536 rows, as Roaring bitmaps are (Lemire et al. 2016): a block that has all its rows needs
// none of them, one with few has a list, any other a bitmap. So a row costs at most a bit of
// memory, and nothing where all rows are in the set.
type rowSet struct {
	blocks []rowBlock
	size   int
}

// rowBlock holds the rows of a set from base on.
type rowBlock struct {
	base, before int      // before is the number of rows in earlier blocks
	run          int      // rows base+first to base+first+run-1; 0 if they are listed
	first        int      // of the run
	listed       []uint16 // rows less base
	words        []uint64 // or else a bitmap
	ranks        []uint16 // rows before every rankWords-th word
}

const (
	blockRows = 1 << 16
	rankWords = 16   // words between two ranks
	maxListed = 4096 // a longer list takes more memory than a bitmap
)

// rowSetBuilder makes a set of rows that are added in ascending order.
type rowSetBuilder struct {
	set     rowSet
	base    int
	pending []uint16 // rows of the block from base on
}

// add adds a row that is greater than those before.
func (b *rowSetBuilder) add(row int) {
	if base := row &^ (blockRows - 1); base != b.base {
		b.flush()
		b.base = base
	}
	b.pending = append(b.pending, uint16(row-b.base))
}

// rows returns the set.
func (b *rowSetBuilder) rows() rowSet {
	b.flush()
	b.pending = nil
	return b.set
}

// count returns the number of rows added.
func (b *rowSetBuilder) count() int { return b.set.size + len(b.pending) }

// flush adds the pending rows as a block.
func (b *rowSetBuilder) flush() {
	n := len(b.pending)
	if n == 0 {
		return
	}
	block := rowBlock{base: b.base, before: b.set.size}
	first := int(b.pending[0])
	switch {
	case int(b.pending[n-1])-first == n-1:
		block.run, block.first = n, first
	case n <= maxListed:
		block.listed = append(block.listed, b.pending...)
	default:
		block.setBits(b.pending)
	}
	b.set.size += n
	if !b.set.extend(block) {
		b.set.blocks = append(b.set.blocks, block)
	}
	b.pending = b.pending[:0]
}

// extend lengthens the run of the last block if the block continues it.
func (s *rowSet) extend(block rowBlock) bool {
	if len(s.blocks) == 0 || block.run == 0 {
		return false
	}
	last := &s.blocks[len(s.blocks)-1]
	if last.run == 0 || last.base+last.first+last.run != block.base+block.first {
		return false
	}
	last.run += block.run
	return true
}

func (b *rowBlock) setBits(rows []uint16) {
	b.words = make([]uint64, blockRows/64)
	b.ranks = make([]uint16, len(b.words)/rankWords)
	for _, row := range rows {
		b.words[row/64] |= 1 << (row % 64)
	}
	rank := 0
	for i, word := range b.words {
		if i%rankWords == 0 {
			b.ranks[i/rankWords] = uint16(rank)
		}
		rank += bits.OnesCount64(word)
	}
}

// at returns row i of the set, from 0 to size-1.
func (s *rowSet) at(i int) int {
	block := &s.blocks[0]
	if len(s.blocks) > 1 {
		block = &s.blocks[sort.Search(len(s.blocks), func(n int) bool { return s.blocks[n].before > i })-1]
	}
	i -= block.before
	switch {
	case block.run > 0:
		return block.base + block.first + i
	case block.listed != nil:
		return block.base + int(block.listed[i])
	}
	return block.base + block.selectBit(i)
}

// selectBit returns the place of bit i that is set.
func (b *rowBlock) selectBit(i int) int {
	at := sort.Search(len(b.ranks), func(n int) bool { return int(b.ranks[n]) > i }) - 1
	i -= int(b.ranks[at])
	for word := at * rankWords; ; word++ {
		n := bits.OnesCount64(b.words[word])
		if i < n {
			return word*64 + selectInWord(b.words[word], i)
		}
		i -= n
	}
}

// selectInWord returns the place of bit i that is set in a word.
func selectInWord(word uint64, i int) int {
	for ; i > 0; i-- {
		word &= word - 1
	}
	return bits.TrailingZeros64(word)
}

// runs calls yield with each run of rows, the longest possible, in order.
func (s *rowSet) runs(yield func(first, n int)) {
	first, n := 0, 0
	add := func(row, more int) {
		if n > 0 && row == first+n {
			n += more
			return
		}
		if n > 0 {
			yield(first, n)
		}
		first, n = row, more
	}
	for i := range s.blocks {
		b := &s.blocks[i]
		if b.run > 0 {
			add(b.base+b.first, b.run)
		}
		for _, row := range b.listed {
			add(b.base+int(row), 1)
		}
		for at, word := range b.words {
			for ; word != 0; word &= word - 1 {
				add(b.base+at*64+bits.TrailingZeros64(word), 1)
			}
		}
	}
	if n > 0 {
		yield(first, n)
	}
}

// bytes returns about how much memory the set takes.
func (s *rowSet) bytes() int {
	const ofBlock = 120 // rowBlock
	n := ofBlock * cap(s.blocks)
	for i := range s.blocks {
		n += 2*cap(s.blocks[i].listed) + 8*cap(s.blocks[i].words) + 2*cap(s.blocks[i].ranks)
	}
	return n
}
