package input

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/pali3/pali3/ingest"
)

// ahead reads an object in blocks. If blocks are requested in sequence, it prefetches the next
// ones.
type ahead struct {
	r      io.ReaderAt
	size   int64
	mu     sync.Mutex
	blocks map[int64]*aheadBlock
	recent []int64 // block numbers, the most recently used last
	last   int64   // number of the last requested block
	going  sync.WaitGroup
	closed bool
}

const (
	aheadSize = 4 << 20
	aheadNext = 2 // blocks to prefetch
	aheadKept = 6
)

// aheadBlock is read once, by the goroutine that makes it.
type aheadBlock struct {
	read    chan struct{} // closed when the block is read
	content []byte
	err     error
}

func newAhead(r io.ReaderAt, size int64) *ahead {
	return &ahead{r: r, size: size, blocks: map[int64]*aheadBlock{}, last: -1}
}

// ReadAt implements [io.ReaderAt].
func (a *ahead) ReadAt(b []byte, at int64) (n int, err error) {
	for n < len(b) {
		if at+int64(n) >= a.size {
			return n, io.EOF
		}
		block := a.block((at + int64(n)) / aheadSize)
		<-block.read
		if block.err != nil {
			return n, block.err
		}
		n += copy(b[n:], block.content[(at+int64(n))%aheadSize:])
	}
	return n, nil
}

// block returns a block, which may still be being read.
func (a *ahead) block(number int64) *aheadBlock {
	a.mu.Lock()
	defer a.mu.Unlock()
	block := a.get(number)
	if number == a.last+1 {
		for next := number + 1; next <= number+aheadNext && next*aheadSize < a.size; next++ {
			a.get(next)
		}
		a.get(number) // now the most recently used
	}
	a.last = number
	return block
}

func (a *ahead) get(number int64) *aheadBlock {
	for i, n := range a.recent {
		if n == number {
			a.recent = append(append(a.recent[:i:i], a.recent[i+1:]...), number)
			return a.blocks[number]
		}
	}
	block := &aheadBlock{read: make(chan struct{})}
	a.blocks[number] = block
	if a.recent = append(a.recent, number); len(a.recent) > aheadKept {
		delete(a.blocks, a.recent[0])
		a.recent = a.recent[1:]
	}
	if a.closed {
		block.err = errors.New("the object is closed")
		close(block.read)
		return block
	}
	a.going.Go(func() {
		defer close(block.read)
		block.content = make([]byte, min(aheadSize, a.size-number*aheadSize))
		if n, err := a.r.ReadAt(block.content, number*aheadSize); n < len(block.content) {
			block.err = fmt.Errorf("%w: %w", ingest.ErrUnavailable, errors.Join(err, io.ErrUnexpectedEOF))
		}
	})
	return block
}

// close waits for pending reads.
func (a *ahead) close() error {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.going.Wait()
	if closer, ok := a.r.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}
