package pages

import (
	"encoding/binary"
	"fmt"
)

// extents say where the values of a page lie, from their lengths as the file has them: for each
// miniblock of lengths, where its first value begins. That takes about half the memory of a place
// for each value, and less time to read; to find a value takes a step for each of its miniblock's
// before it.
type extents struct {
	first   int64 // length of value 0, which belongs to no miniblock
	sum     int64 // of all lengths
	perMini int
	minis   []miniStart
	lengths []byte
}

// miniStart is what is known in front of a miniblock.
type miniStart struct {
	end, length uint32 // of the value before it
	least       int32
	at          uint32 // of its bits in lengths
	width       byte
}

// readExtents reads the lengths of n values.
func readExtents(b []byte, n int) (*extents, error) {
	x := new(extents)
	if n == 0 {
		return x, nil
	}
	var length int64
	size, err := eachMini(b, n, func(d deltas) error {
		length, x.first, x.sum, x.perMini = d.first, d.first, d.first, d.perMini
		x.minis = make([]miniStart, 0, (n-2+d.perMini)/d.perMini)
		return nil
	}, func(m mini) error {
		x.minis = append(x.minis, miniStart{uint32(x.sum), uint32(length), int32(m.least), uint32(m.at), m.width})
		sum, last := m.total(length)
		if x.sum += sum; uint64(last) > maxSize || uint64(x.sum) > maxSize {
			first := (len(x.minis)-1)*x.perMini + 1
			return fmt.Errorf("of values %d to %d at least one has no length", first, first+m.n-1)
		}
		length = last
		return nil
	})
	x.lengths = b[:size]
	return x, err
}

// fit checks that the lengths and what they are of take no more than size bytes.
func (x *extents) fit(size int) error {
	if x.sum > int64(size-len(x.lengths)) {
		return fmt.Errorf("values of %d bytes in %d", x.sum, size-len(x.lengths))
	}
	return nil
}

// total returns the sum of a miniblock's lengths and the last of them, from the length before it.
func (m *mini) total(length int64) (sum, last int64) {
	mask := uint64(1)<<m.width - 1
	var above, sums uint64 // of the differences above the least, and of their sums so far
	bit, step, end := uint(0), uint(m.width), uint(m.n)*uint(m.width)
	for ; bit < end && bit/8+8 <= uint(len(m.bits)); bit += step {
		above += binary.LittleEndian.Uint64(m.bits[bit/8:]) >> (bit & 7) & mask
		sums += above
	}
	for ; bit < end; bit += step {
		above += window(m.bits, int(bit/8)) >> (bit & 7) & mask
		sums += above
	}
	n := int64(m.n)
	return n*length + n*(n+1)/2*m.least + int64(sums), length + n*m.least + int64(above)
}

// of returns where value i begins, in bytes after the first one, and its length.
func (x *extents) of(i int) (at, size int64, err error) {
	if i == 0 {
		return 0, x.first, nil
	}
	start := &x.minis[(i-1)/x.perMini]
	m := mini{bits: x.lengths[start.at:], width: start.width, least: int64(start.least), n: (i-1)%x.perMini + 1}
	sum, size := m.total(int64(start.length))
	at = int64(start.end) + sum - size
	if uint64(size) > maxSize || at < 0 || at > x.sum-size {
		return 0, 0, fmt.Errorf("value %d at %d, %d bytes of %d", i, at, size, x.sum)
	}
	return at, size, nil
}

// memory returns how many bytes of it the extents take.
func (x *extents) memory() int { return len(x.lengths) + 20*len(x.minis) }
