package matmul

import "golang.org/x/sys/cpu"

// used is the kernel for this machine.
var used = best()

func best() kernel {
	switch all := kernels(); {
	case cpu.X86.HasAVX512F:
		return all[0]
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return all[1]
	}
	return portable
}

// kernels lists those that this kind of machine may have, the fastest first.
func kernels() []kernel {
	return []kernel{
		{"AVX-512", 12, 32, func(c, a, b []float32, width int) {
			tileAVX512((*[12 * 32]float32)(c), &a[:12*width][0], &b[:32*width][0], width)
		}},
		{"AVX2", 6, 16, func(c, a, b []float32, width int) {
			tileAVX2((*[6 * 16]float32)(c), &a[:6*width][0], &b[:16*width][0], width)
		}},
		portable,
	}
}

// tileAVX512 sets c, [12, 32], to the product of a, [width, 12], and b, [width, 32]. Width is 1 or
// more.
//
//go:noescape
func tileAVX512(c *[12 * 32]float32, a, b *float32, width int)

// tileAVX2 sets c, [6, 16], to the product of a, [width, 6], and b, [width, 16]. Width is 1 or
// more.
//
//go:noescape
func tileAVX2(c *[6 * 16]float32, a, b *float32, width int)
