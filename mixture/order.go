package mixture

import "github.com/pali3/pali3/random"

// Order visits 0..n-1 once an epoch in a random order, evaluated at a position: there is no buffer
// to fill and nothing to replay on resume. Blocks of neighbouring numbers are visited in random
// order, and within a window of blocks every number is, so that reads of neighbours stay together.
type Order struct {
	n     int
	block int  // neighbours
	blend int  // blocks in a window
	drift bool // blocks begin at another number in each epoch
}

// NewOrder returns the order of n numbers in windows of blend blocks.
func NewOrder(n, block, blend int) Order { return Order{n, max(block, 1), max(blend, 1), false} }

// NeighbourOrder returns the order of n numbers in which groups of that many neighbours stay
// together. The groups differ from epoch to epoch.
func NeighbourOrder(n, neighbours int) Order { return Order{n, max(neighbours, 1), 1, true} }

// At returns the number at a position of an epoch's order; the key names the order and the epoch.
func (o Order) At(position int, key uint64) int {
	window := o.block * o.blend
	start := position / window * window
	length := min(window, o.n-start)
	within := permute(uint64(position-start), uint64(length), random.Key(key, 1, uint64(start)))
	position = start + int(within)
	whole := o.n / o.block
	if position < whole*o.block { // not in the last, shorter block
		block := permute(uint64(position/o.block), uint64(whole), random.Key(key, 2))
		position = int(block)*o.block + position%o.block
	}
	if o.drift {
		position = (position + int(random.Key(key, 3)%uint64(o.n))) % o.n
	}
	return position
}

// feistelRounds is the least number of rounds whose output is indistinguishable from random (Luby
// and Rackoff 1988).
const feistelRounds = 4

// permute is a keyed permutation of 0..n-1: a balanced Feistel network over the least even number
// of bits that hold n, walked until it lands below n (cycle walking: Black and Rogaway 2002).
func permute(x, n, key uint64) uint64 {
	half := uint(1)
	for uint64(1)<<(2*half) < n {
		half++
	}
	mask := uint64(1)<<half - 1
	for {
		left, right := x>>half, x&mask
		for round := range uint64(feistelRounds) {
			left, right = right, left^random.Key(key, round, right)&mask
		}
		x = left<<half | right
		if x < n {
			return x
		}
	}
}
