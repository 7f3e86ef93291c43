package jpeg

import (
	"encoding/binary"
	"fmt"

	"github.com/pali3/pali3/internal/imagefile/fault"
)

const lookAhead = 9 // bits

// table is a Huffman table in the form for decoding (ITU-T T.81, annexes C and F.2.2.3).
type table struct {
	short   [1 << lookAhead]uint16 // length and symbol by the next bits, for codes up to lookAhead long; else 0
	maxCode [18]int32              // the largest code of each length, -1 if there is none
	offset  [17]int32              // from codes of each length to their symbols
	symbols [256]byte
}

// newTable makes a table from the number of codes of each length, 1 to 16, and the symbols.
func newTable(counts []byte, symbols []byte) (*table, error) {
	t := &table{}
	copy(t.symbols[:], symbols)
	code, next := int32(0), int32(0)
	for length := int32(1); length <= 16; length++ {
		n := int32(counts[length-1])
		t.maxCode[length] = -1
		if n > 0 {
			t.offset[length] = next - code
			if code+n > 1<<length {
				return nil, fmt.Errorf("%w: a Huffman table with too many codes of %d bits", fault.ErrCorrupt, length)
			}
			for range n {
				if length <= lookAhead {
					first := code << (lookAhead - length)
					for i := range int32(1) << (lookAhead - length) {
						t.short[first+i] = uint16(length)<<8 | uint16(t.symbols[next])
					}
				}
				code, next = code+1, next+1
			}
			t.maxCode[length] = code - 1
		}
		code <<= 1
	}
	return t, nil
}

// bitReader reads the bits of a scan's coded data up to a marker. It reports errors later: missing
// bits read as zeros and set short, an undefined code sets bad.
type bitReader struct {
	data       []byte
	at         int
	bits       uint64 // the lowest count bits are unread
	count      uint
	short, bad bool
}

// begin drops the remaining bits, at the beginning of coded data.
func (r *bitReader) begin() { r.bits, r.count = 0, 0 }

// fill reads bytes until it has at least 32 bits or reaches a marker or the end.
func (r *bitReader) fill() {
	if r.at+4 <= len(r.data) && r.count <= 32 {
		w := binary.BigEndian.Uint32(r.data[r.at:])
		if w&(w&0x7f7f7f7f+0x01010101)&0x80808080 == 0 { // no byte is 0xFF
			r.bits, r.count, r.at = r.bits<<32|uint64(w), r.count+32, r.at+4
			return
		}
	}
	for r.count <= 48 && r.at < len(r.data) {
		b := r.data[r.at]
		if b == 0xFF {
			after := r.at + 1
			for after < len(r.data) && r.data[after] == 0xFF {
				after++
			}
			if after >= len(r.data) || r.data[after] != 0 {
				return // a marker
			}
			r.at = after
		}
		r.at++
		r.bits, r.count = r.bits<<8|uint64(b), r.count+8
	}
}

// symbol decodes a code. Unless the data end, at least 16 more bits can be received without another
// fill.
func (r *bitReader) symbol(t *table) byte {
	if r.count < 32 {
		r.fill()
	}
	var next uint32 // 16 bits
	if r.count >= 16 {
		next = uint32(r.bits>>(r.count-16)) & 0xFFFF
	} else {
		next = uint32(r.bits<<(16-r.count)) & 0xFFFF
	}
	if e := t.short[next>>(16-lookAhead)]; e != 0 {
		if length := uint(e >> 8); length <= r.count {
			r.count -= length
			return byte(e)
		}
		r.short = true
		return 0
	}
	for length := uint(lookAhead + 1); length <= 16; length++ {
		code := int32(next >> (16 - length))
		if code > t.maxCode[length] {
			continue
		}
		if length > r.count {
			break
		}
		r.count -= length
		return t.symbols[byte(code+t.offset[length])]
	}
	if r.count < 16 {
		r.short = true
	} else {
		r.bad = true
	}
	return 0
}

// receive reads n bits, at most 16.
func (r *bitReader) receive(n uint) int32 {
	if r.count < n {
		if r.fill(); r.count < n {
			r.short = true
			return 0
		}
	}
	r.count -= n
	return int32(r.bits>>r.count) & (1<<n - 1)
}

// signed reads a value of n bits whose upper half is positive (T.81, F.2.2.1, EXTEND).
func (r *bitReader) signed(n uint) int32 {
	if n == 0 {
		return 0
	}
	v := r.receive(n)
	if v < 1<<(n-1) {
		v += -1<<n + 1
	}
	return v
}
