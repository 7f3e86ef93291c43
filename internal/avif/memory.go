package avif

import "math"

// Bytes of an instance. A pixel of a still image takes at most 4 bytes of RGB, 8 of 16-bit planes
// with alpha, as many again where the image is joined from tiles or has film grain, and the
// decoder's state. In a sequence the decoder keeps eight frames.
const (
	memoryAtLeast          = 32 << 20
	memoryPerPixel         = 32
	memoryPerSequencePixel = 80
	memoryPage             = 64 << 10 // WebAssembly's unit
	memoryMost             = math.MaxUint32 / memoryPage * memoryPage
)

func memoryFor(encoded, pixels int, sequence bool) uint64 {
	perPixel := uint64(memoryPerPixel)
	if sequence {
		perPixel = memoryPerSequencePixel
	}
	return min(memoryAtLeast+uint64(encoded)+perPixel*uint64(pixels), memoryMost)
}

// boundedMemory is the memory of an instance. The library's allocations fail beyond the bound.
type boundedMemory struct {
	bytes []byte
	most  uint64
}

// Reallocate implements [experimental.LinearMemory].
func (m *boundedMemory) Reallocate(size uint64) []byte {
	if size > m.most {
		return nil
	}
	if size > uint64(cap(m.bytes)) {
		larger := make([]byte, size, min(max(size, 2*uint64(cap(m.bytes))), m.most))
		copy(larger, m.bytes)
		m.bytes = larger
	}
	m.bytes = m.bytes[:size]
	return m.bytes
}

// Free implements [experimental.LinearMemory].
func (m *boundedMemory) Free() { m.bytes = nil }
