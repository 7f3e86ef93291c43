package arrowguard

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Memory is an allocator that panics, which readers take for damage, when more is asked for than a
// record batch may have.
type Memory struct {
	memory.Allocator
	most, left int
}

// NewMemory returns an allocator with room for one record batch of at most the given bytes.
func NewMemory(most int) *Memory { return &Memory{memory.NewGoAllocator(), most, most} }

// NextBatch makes room for one more.
func (m *Memory) NextBatch() { m.left = m.most }

func (m *Memory) take(n int) {
	if n > m.left {
		panic(fmt.Sprintf("buffers of over %d bytes", m.most))
	}
	m.left -= n
}

// Allocate is memory.Allocator's.
func (m *Memory) Allocate(size int) []byte {
	m.take(max(size, 0))
	return m.Allocator.Allocate(size)
}

// Reallocate is memory.Allocator's.
func (m *Memory) Reallocate(size int, old []byte) []byte {
	m.take(size - len(old))
	return m.Allocator.Reallocate(size, old)
}
