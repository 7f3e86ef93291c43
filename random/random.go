// Package random makes random numbers that are a pure function of a key and a position.
//
// Every random choice of pali3 (crop, split point, denoiser, prompt, initial weight) draws from a
// Stream keyed by what the choice belongs to, for example (seed, task, epoch, example). Worker
// count and timing therefore cannot change any of them, and to resume a stream is to know its key.
//
// The generator is SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators,
// OOPSLA 2014) over a key folded with the same finaliser.
package random

import "math"

const golden = 0x9e3779b97f4a7c15

// Mix is the SplitMix64 finaliser: a bijection of 64-bit words with full avalanche.
func Mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Key folds the parts, in order, into one 64-bit key.
func Key(parts ...uint64) uint64 {
	k := uint64(golden)
	for _, p := range parts {
		k = Mix(k ^ Mix(p+golden))
	}
	return k
}

// Name folds a string into a key part, so that streams can be keyed by a task's or a weight's name.
func Name(s string) uint64 {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return Mix(h)
}

// Stream is a sequence of random numbers determined by its key alone. Not safe for concurrent use;
// make one per goroutine, which costs nothing.
type Stream struct{ state uint64 }

// New returns the stream of the given key parts.
func New(parts ...uint64) *Stream { return &Stream{state: Key(parts...)} }

// Uint64 returns the next 64 random bits.
func (s *Stream) Uint64() uint64 {
	s.state += golden
	return Mix(s.state)
}

// Float64 returns a number in [0, 1) with 53 random bits.
func (s *Stream) Float64() float64 { return float64(s.Uint64()>>11) / (1 << 53) }

// IntN returns a number in [0, n), free of modulo bias. It panics if n <= 0.
func (s *Stream) IntN(n int) int {
	if n <= 0 {
		panic("random: IntN of a number below one")
	}
	limit := math.MaxUint64 - math.MaxUint64%uint64(n)
	for {
		if v := s.Uint64(); v < limit {
			return int(v % uint64(n))
		}
	}
}

// Normal returns a number of the standard normal distribution (Box-Muller, one of the pair).
func (s *Stream) Normal() float64 {
	u := 1 - s.Float64() // (0, 1]
	return math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*s.Float64())
}

// Perm returns a random order of 0..n-1 (Fisher-Yates).
func (s *Stream) Perm(n int) []int {
	p := make([]int, n)
	for i := range p {
		j := s.IntN(i + 1)
		p[i], p[j] = p[j], i
	}
	return p
}
