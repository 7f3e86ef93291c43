package jpeg

import "errors"

const lookAhead = 10 // bits

// entry tells what the next lookAhead bits mean:
//
//	bits 0-7    number of bits to drop, 0 if the code is longer than lookAhead
//	bits 8-15   symbol of the code
//	bits 16-31  the value behind the code, 0 if it does not fit in or there is none
type entry uint32

func (e entry) drop() int    { return int(e & 0xFF) }
func (e entry) symbol() byte { return byte(e >> 8) }
func (e entry) run() int     { return int(e >> 12 & 15) }
func (e entry) value() int32 { return int32(e) >> 16 }

// endOfBlock reports whether the code is that of symbol 0.
func (e entry) endOfBlock() bool { return e-1 < 0xFF }

// pair tells what the next lookAhead bits mean in a sequential block: one coefficient or two, with
// the zeros before them, or the end of the block.
//
//	bits 0-5    number of bits to drop
//	bit 7       the other fields mean nothing: look the entry up
//	bits 8-15   the first coefficient's distance from the one before
//	bits 16-23  the second one's distance from the same
//	bits 32-47  the first coefficient
//	bits 48-63  the second one
//
// Without a second coefficient, the fields of the second repeat those of the first. At the end of a
// block the distance has behindEnd added to it and leads out of the block, to a value of no
// meaning.
type pair uint64

const (
	notAtHand = 1 << 7
	behindEnd = 128
)

func (p pair) first() int { return int(p >> 8 & 0xFF) }
func (p pair) both() int  { return int(p >> 16 & 0xFF) }

// table is a Huffman table in the form for decoding (ITU-T T.81, annexes C and F.2.2.3).
type table struct {
	next    [1 << lookAhead]entry
	pairs   [1 << lookAhead]pair // if paired
	paired  bool
	maxCode [18]int32 // the largest code of each length, -1 if there is none
	offset  [18]int32 // from codes of each length to their symbols
	symbols [256]byte
	source  [16 + 256]byte // the counts and symbols that the table was made of
	used    int            // bytes of source
	fault   error          // if the table cannot decode
	wide    bool           // has symbols above 15, which only AC coefficients can have
}

var errTooManyCodes = errors.New("a Huffman table with too many codes of a length")

// define makes the table from the number of codes of each length, 1 to 16, and the symbols. A table
// that cannot decode is an error only if a scan uses it.
func (t *table) define(counts, symbols []byte) {
	if t.used == 16+len(symbols) && string(t.source[:16]) == string(counts) && string(t.source[16:t.used]) == string(symbols) {
		return // most files have the same tables
	}
	t.used = 16 + len(symbols)
	copy(t.source[:], counts)
	copy(t.source[16:], symbols)
	clear(t.symbols[:])
	copy(t.symbols[:], symbols)
	clear(t.next[:])
	t.fault, t.wide, t.paired = nil, false, false
	for _, s := range symbols {
		t.wide = t.wide || s > 15
	}
	code, next := int32(0), int32(0)
	for length := int32(1); length <= 16; length++ {
		n := int32(counts[length-1])
		t.maxCode[length] = -1
		if n > 0 {
			if code+n >= 1<<length { // the code of ones is not allowed, either
				t.fault = errTooManyCodes
				return
			}
			t.offset[length] = next - code
			for range n {
				if length <= lookAhead {
					t.enter(code, length, t.symbols[next])
				}
				code, next = code+1, next+1
			}
			t.maxCode[length] = code - 1
		}
		code <<= 1
	}
}

// enter fills the entries of a code. Where the value that follows the code fits in, too, the entry
// has both.
func (t *table) enter(code, length int32, symbol byte) {
	free := lookAhead - length
	size := int32(symbol & 15)
	for rest := range int32(1) << free {
		e := entry(length) | entry(symbol)<<8
		if size > 0 && size <= free {
			e += entry(size) | entry(extend(rest>>(free-size), uint(size)))<<16
		}
		t.next[code<<free|rest] = e
	}
}

// pairUp fills the pairs from the entries, once.
func (t *table) pairUp() {
	if t.paired {
		return
	}
	t.paired = true
	for next := range t.next {
		first := t.next[next]
		n, distance, v := first.coefficient()
		if n == 0 {
			t.pairs[next] = notAtHand
			continue
		}
		drop, total, w := n, distance, v
		if distance < behindEnd {
			second := t.next[next<<n&(1<<lookAhead-1)]
			if m, further, value := second.coefficient(); m > 0 && n+m <= lookAhead {
				drop, total, w = n+m, distance+further, value
			}
		}
		t.pairs[next] = pair(drop) | pair(distance)<<8 | pair(total)<<16 | pair(uint16(v))<<32 | pair(uint16(w))<<48
	}
}

// coefficient returns the number of bits that an entry takes, the distance of its coefficient from
// the one before, and its value; 0 bits if some of them are not in the entry. A run of 16 zeros is
// a coefficient of 0.
func (e entry) coefficient() (bits, distance int, value int16) {
	switch {
	case e.value() != 0:
		return e.drop(), e.run() + 1, int16(e.value())
	case e.endOfBlock():
		return e.drop(), behindEnd, 0
	case e.drop() > 0 && e.symbol() == 0xF0:
		return e.drop(), 16, 0
	case e.drop() > 0 && e.symbol()&15 == 0: // ends a block as symbol 0 does
		return e.drop(), behindEnd, 0
	}
	return 0, 0, 0
}

// symbol decodes a code.
func (r *bitReader) symbol(t *table) byte {
	if r.count < 32 {
		r.refill()
	}
	e := t.next[r.bits>>(64-lookAhead)]
	n := e.drop()
	if n == 0 {
		return r.longSymbol(t)
	}
	if e.value() != 0 {
		n -= int(e.symbol() & 15)
	}
	r.bits <<= n & 63
	r.count -= n
	return e.symbol()
}

// longSymbol decodes a code longer than lookAhead bit by bit. A code that the table does not define
// takes 17 bits and counts as 0, as in libjpeg. There must be 17 bits in r.bits.
//
//go:noinline
func (r *bitReader) longSymbol(t *table) byte {
	next := int32(r.bits >> 48)
	for length := lookAhead + 1; length <= 16; length++ {
		code := next >> (16 - length)
		if code <= t.maxCode[length] {
			r.bits <<= length
			r.count -= length
			return t.symbols[byte(code+t.offset[length])]
		}
	}
	r.bits <<= 17
	r.count -= 17
	r.bad++
	return 0
}
