package sentencepiece

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// EncodeBatch returns the ids of every text, as [Model.Encode] gives them, found by so many
// goroutines; if goroutines is below 1, by one for each processor. It is quicker than a call for
// each text: the ids of many texts share an array, so whoever keeps some of them for long should
// copy them.
func (m *Model) EncodeBatch(texts []string, goroutines int) [][]int32 {
	if goroutines < 1 {
		goroutines = runtime.GOMAXPROCS(0)
	}
	ids := make([][]int32, len(texts))
	parts := newParts(len(texts), goroutines)
	var wg sync.WaitGroup
	for first := range goroutines {
		wg.Go(func() { m.encodeParts(ids, texts, parts, first) })
	}
	wg.Wait()
	return ids
}

// part is a range of texts of which those before next are taken.
type part struct {
	next atomic.Int64
	end  int
	_    [48]byte // the next part is in another cache line
}

// newParts cuts n texts into parts of the same number. Texts that stand together are often alike,
// so one goroutine takes most of a part and finds its words in memory.
func newParts(n, count int) []part {
	parts := make([]part, count)
	for i := range parts {
		parts[i].next.Store(int64(i * n / count))
		parts[i].end = (i + 1) * n / count
	}
	return parts
}

// textsAtOnce is how many texts a goroutine takes from a part.
const textsAtOnce = 64

// encodeParts encodes the texts that are left of all parts, those of the first first.
func (m *Model) encodeParts(ids [][]int32, texts []string, parts []part, first int) {
	w := m.scratch.Get().(*scratch)
	room := idRoom{}
	for i := range parts {
		p := &parts[(first+i)%len(parts)]
		for {
			begin := int(p.next.Add(textsAtOnce)) - textsAtOnce
			if begin >= p.end {
				break
			}
			for i := begin; i < min(begin+textsAtOnce, p.end); i++ {
				w.ids = m.appendText(w.ids[:0], w, texts[i])
				ids[i] = room.copy(w.ids)
			}
		}
	}
	m.release(w)
}

// idRoom is an array that the ids of many texts share.
type idRoom []int32

// roomSize is how many ids an array holds at least.
const roomSize = 1 << 15

// copy returns a copy of ids, whose capacity is its length.
func (r *idRoom) copy(ids []int32) []int32 {
	if cap(*r)-len(*r) < len(ids) {
		*r = make([]int32, 0, max(roomSize, len(ids)))
	}
	at := len(*r)
	*r = append(*r, ids...)
	return (*r)[at:len(*r):len(*r)]
}
