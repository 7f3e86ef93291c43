package pages

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// DELTA_BINARY_PACKED writes numbers as differences in blocks; a block has the least difference
// and, for each of its miniblocks, how many bits its differences take above that one. A
// DELTA_LENGTH_BYTE_ARRAY page holds the lengths of its values so, and then the values.

// errShort says that a sequence continues after the available bytes.
var errShort = errors.New("a sequence of deltas is cut short")

// deltas is the head of a sequence.
type deltas struct {
	perMini, minis int // values of a miniblock, miniblocks of a block
	total          int
	first          int64
}

// readDeltas reads the head of a sequence and returns its length.
func readDeltas(b []byte) (d deltas, size int, err error) {
	var fields [3]uint64
	for i := range fields {
		v, n := binary.Uvarint(b[size:])
		if n <= 0 {
			return d, 0, errShort
		}
		fields[i], size = v, size+n
	}
	first, n := binary.Varint(b[size:])
	if n <= 0 {
		return d, 0, errShort
	}
	block, minis := fields[0], fields[1]
	if minis == 0 || minis > 256 || block > 1<<12 || block%(minis*32) != 0 || block == 0 || fields[2] > MaxPage {
		return d, 0, fmt.Errorf("deltas in blocks of %d, %d miniblocks", block, minis)
	}
	return deltas{perMini: int(block / minis), minis: int(minis), total: int(fields[2]), first: first}, size + n, nil
}

// mini is a miniblock: n differences above the least one, each with the same number of bits.
type mini struct {
	at    int // where its bits begin in the sequence
	bits  []byte
	width byte
	least int64
	n     int
}

// eachMini gives the miniblocks of a sequence of n lengths to do, and returns how many bytes the
// sequence takes.
func eachMini(b []byte, n int, begin func(d deltas) error, do func(m mini) error) (size int, err error) {
	d, size, err := readDeltas(b)
	if err != nil {
		return 0, err
	}
	if d.total != n {
		return 0, fmt.Errorf("%d deltas, want %d", d.total, n)
	}
	if n-1 > (len(b)-size)*d.perMini {
		return 0, errShort // a miniblock has at least its width
	}
	if uint64(d.first) > maxSize {
		return 0, fmt.Errorf("value 0 of %d bytes", d.first)
	}
	if err := begin(d); err != nil {
		return 0, err
	}
	for left := n - 1; left > 0; {
		least, used := binary.Varint(b[size:])
		if used <= 0 || len(b)-size-used < d.minis {
			return 0, errShort
		}
		widths := b[size+used:][:d.minis]
		size += used + d.minis
		for _, width := range widths {
			if left <= 0 {
				break
			}
			packed := d.perMini * int(width) / 8
			if width > 32 || least < -maxSize || least > maxSize {
				return 0, fmt.Errorf("lengths of %d bits from %d on", width, least)
			}
			if packed > len(b)-size {
				return 0, errShort
			}
			if err := do(mini{at: size, bits: b[size:][:packed], width: width, least: least, n: min(d.perMini, left)}); err != nil {
				return 0, err
			}
			size, left = size+packed, left-d.perMini
		}
	}
	return size, nil
}

// readLengths reads n lengths into the page's offsets, and returns their sum and how many bytes
// they take.
func (p *Page) readLengths(b []byte, n int) (sum int64, size int, err error) {
	if n == 0 {
		p.offsets = []uint32{0}
		return 0, 0, nil
	}
	var length int64
	size, err = eachMini(b, n, func(d deltas) error {
		if err := p.take(n+1, 4); err != nil {
			return err
		}
		length, sum = d.first, d.first
		p.offsets = append(make([]uint32, 1, n+1), uint32(sum))
		return nil
	}, func(m mini) (err error) {
		sum, length, err = p.addMini(sum, length, m)
		return err
	})
	return sum, size, err
}

// addMini adds the lengths of a miniblock after the last one, whose end is sum.
func (p *Page) addMini(sum, length int64, m mini) (int64, int64, error) {
	offsets := p.offsets[len(p.offsets):][:m.n]
	mask, all := uint64(1)<<m.width-1, uint64(0)
	for i := range offsets {
		bit := uint(i) * uint(m.width)
		length += m.least + int64(window(m.bits, int(bit/8))>>(bit&7)&mask)
		sum += length
		all |= uint64(length) // sets a high bit if one length is too long, or below zero
		offsets[i] = uint32(sum)
	}
	if all > maxSize || sum > maxSize {
		return 0, 0, fmt.Errorf("of values %d to %d at least one has no length", len(p.offsets)-1, len(p.offsets)+m.n-2)
	}
	p.offsets = p.offsets[:len(p.offsets)+m.n]
	return sum, length, nil
}

// window returns the 8 bytes at at, as far as they are there.
func window(b []byte, at int) uint64 {
	if at+8 <= len(b) {
		return binary.LittleEndian.Uint64(b[at:])
	}
	var last [8]byte
	if at < len(b) {
		copy(last[:], b[at:])
	}
	return binary.LittleEndian.Uint64(last[:])
}

// decodeLengths reads the lengths before the values of a page; the values stay where they are.
func (p *Page) decodeLengths(b []byte, n int) error {
	sum, size, err := p.readLengths(b, n)
	if err != nil {
		return err
	}
	if sum > int64(len(b)-size) {
		return fmt.Errorf("values of %d bytes in a page of %d", sum, len(b))
	}
	p.text = b[size:][:sum]
	return nil
}
