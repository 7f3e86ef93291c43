package sentencepiece

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// EncodeBatch returns the ids of every text, as [Model.Encode] does. It runs the given number of
// goroutines, or GOMAXPROCS if that is less than 1. It is faster than a call of Encode for each
// text because the ids of many texts share an array; a caller that keeps only a few of them should
// copy those.
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

// part is a range of texts. Those before next are taken.
type part struct {
	next atomic.Int64
	end  int
	_    [48]byte // the next part is in another cache line
}

// newParts divides n texts into count parts of equal size. Each goroutine takes most texts of one
// part, because neighbouring texts often have the same words, which are then in its cache.
func newParts(n, count int) []part {
	parts := make([]part, count)
	for i := range parts {
		parts[i].next.Store(int64(i * n / count))
		parts[i].end = (i + 1) * n / count
	}
	return parts
}

// textsAtOnce is how many texts a goroutine takes from a part at a time.
const textsAtOnce = 64

// encodeParts encodes texts that no goroutine has taken yet, starting with the part number first.
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

// roomSize is the least capacity of an array.
const roomSize = 1 << 15

// copy returns a copy of ids with no spare capacity.
func (r *idRoom) copy(ids []int32) []int32 {
	if cap(*r)-len(*r) < len(ids) {
		*r = make([]int32, 0, max(roomSize, len(ids)))
	}
	at := len(*r)
	*r = append(*r, ids...)
	return (*r)[at:len(*r):len(*r)]
}
