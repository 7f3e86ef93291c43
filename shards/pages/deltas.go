package pages

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// DELTA_BINARY_PACKED writes numbers as differences in blocks; a block has the least difference and, for each of its
// miniblocks, how many bits its differences take above that one. A DELTA_LENGTH_BYTE_ARRAY page holds the lengths of its
// values so, and then the values.

// errShort says that a sequence goes on behind the bytes at hand.
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

// readLengths reads n lengths into the page's offsets, and returns their sum and how many bytes they take.
func (p *Page) readLengths(b []byte, n int) (sum int64, size int, err error) {
	p.offsets = []uint32{0}
	if n == 0 {
		return 0, 0, nil
	}
	d, size, err := readDeltas(b)
	if err != nil {
		return 0, 0, err
	}
	if d.total != n {
		return 0, 0, fmt.Errorf("%d deltas, want %d", d.total, n)
	}
	if n-1 > (len(b)-size)*d.perMini {
		return 0, 0, errShort // a miniblock has at least its width
	}
	if err := p.take(n+1, 4); err != nil {
		return 0, 0, err
	}
	p.offsets = make([]uint32, 1, n+1)
	length := d.first
	if sum = length; uint64(length) > maxSize {
		return 0, 0, fmt.Errorf("value 0 of %d bytes", length)
	}
	p.offsets = append(p.offsets, uint32(sum))
	for len(p.offsets) <= n {
		least, used := binary.Varint(b[size:])
		if used <= 0 || len(b)-size-used < d.minis {
			return 0, 0, errShort
		}
		size += used
		widths := b[size:][:d.minis]
		size += d.minis
		for _, width := range widths {
			if len(p.offsets) > n {
				break
			}
			packed := d.perMini * int(width) / 8
			if width > 32 {
				return 0, 0, fmt.Errorf("lengths of %d bits", width)
			}
			if packed > len(b)-size {
				return 0, 0, errShort
			}
			if sum, length, err = p.addMini(sum, length, least, b[size:][:packed], width, min(d.perMini, n+1-len(p.offsets))); err != nil {
				return 0, 0, err
			}
			size += packed
		}
	}
	return sum, size, nil
}

// addMini adds the n lengths of a miniblock after the last one, whose end is sum.
func (p *Page) addMini(sum, length, least int64, b []byte, width byte, n int) (int64, int64, error) {
	offsets := p.offsets[len(p.offsets):][:n]
	mask := uint64(1)<<width - 1
	for i := range offsets {
		bit := i * int(width)
		length += least + int64(window(b, bit/8)>>(bit&7)&mask)
		sum += length
		if uint64(length) > maxSize || sum > maxSize {
			return 0, 0, fmt.Errorf("value %d of %d bytes", len(p.offsets)-1+i, length)
		}
		offsets[i] = uint32(sum)
	}
	p.offsets = p.offsets[:len(p.offsets)+n]
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
