package backend

import (
	"math"
	"runtime/debug"
	"strings"
	"sync"
)

// headroom is the size of the memory that [Open] adds to the heap, in bytes. It is address space:
// the pages are never written. The runtime's tables for it take about 9 MiB.
const headroom = 8 << 30

// growHeap extends the heap by headroom, once in a process.
//
// It keeps a fault of Go 1.27 from crashing a program. The functions of package simd/archsimd that
// load a part of a vector, such as LoadFloat32x16Part, read a whole vector and mask it afterwards:
// up to 60 bytes behind the end of a slice (golang.org/issue/80856 is about the same functions).
// GoMLX's Go backend loads the ends of tensors with them. The bytes are never used, and almost
// always they belong to the heap. But the runtime makes the heap's memory readable in steps of 4
// MiB, and the read behind a slice at the end of the last step ends the program with "fatal error:
// fault". After growHeap, that end is 8 GiB away: memory that was readable once stays so on Unix,
// and the runtime fills low addresses first. A program that needs more than 8 GiB of heap, and one
// on Windows, can still meet the fault.
//
// Nothing is added where the system or a memory limit of the runtime does not allow it.
var growHeap = sync.OnceFunc(func() {
	limit := debug.SetMemoryLimit(-1)
	for size := headroom; size >= 64<<20; size /= 2 {
		if (limit == math.MaxInt64 || int64(size) < limit/2) && canMap(size) {
			var unwritten strings.Builder
			unwritten.Grow(size) // unlike make, does not write zeros
			break
		}
	}
	debug.FreeOSMemory()
})
