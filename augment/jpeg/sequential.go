package jpeg

import "encoding/binary"

// block decodes the coefficients of a block of a sequential scan (T.81, F.2.2) into b, which must
// be zero, in natural order. It returns the difference of the DC coefficient from the previous one
// and the position, in the order of zigzag, of the last coefficient that it wrote.
func (r *bitReader) block(b *[64]int16, dc, ac *table) (difference int32, last int) {
	if r.count < 32 {
		r.refill()
	}
	e := dc.next[r.bits>>(64-lookAhead)]
	if difference = e.value(); difference != 0 {
		r.bits <<= e & 63
		r.count -= e.drop()
	} else {
		difference = r.signed(uint(r.symbol(dc)))
	}

	// This loop takes most of the time that decoding takes: the common cases are at hand, and only
	// what they need is in variables.
	bits, count, k := r.bits, r.count, 0
	for k < 63 {
		if count < 32 { // r.refill
			bits |= binary.BigEndian.Uint64(r.segment[min(r.next, r.size):]) >> (count & 63)
			r.next += (63 - count) >> 3
			count |= 56
		}
		e := ac.next[bits>>(64-lookAhead)]
		bits <<= e & 63
		count -= e.drop()
		if v := e.value(); v != 0 {
			k += e.run() + 1
			b[zigzag[k&127]&63] = int16(v)
			continue
		}
		if e.endOfBlock() {
			break
		}
		symbol := e.symbol()
		if e.drop() == 0 {
			r.bits, r.count = bits, count
			symbol = r.longSymbol(ac)
			bits, count = r.bits, r.count
		}
		n := uint(symbol & 15)
		if n == 0 {
			if symbol != 0xF0 {
				break
			}
			k += 16
			continue
		}
		k += int(symbol>>4) + 1
		v := int32(bits >> 48 >> (16 - n))
		bits <<= n
		count -= int(n)
		b[zigzag[k&127]&63] = int16(extend(v, n))
	}
	r.bits, r.count = bits, count
	return difference, min(k, 63)
}
