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
		r.bits <<= e.drop() & 63
		r.count -= e.drop()
	} else {
		difference = r.signed(uint(r.symbol(dc)))
	}

	segment, size, next, bits, count := r.segment, r.size, r.next, r.bits, r.count
	k := 0
	for k < 63 {
		if count < 32 {
			at := min(next, size)
			bits |= binary.BigEndian.Uint64(segment[at:]) >> (count & 63)
			next += (63 - count) >> 3
			count |= 56
		}
		e := ac.next[bits>>(64-lookAhead)]
		if v := e.value(); v != 0 {
			bits <<= e.drop() & 63
			count -= e.drop()
			k += e.run() + 1
			b[zigzag[k&127]&63] = int16(v)
			continue
		}
		symbol := int(e.symbol())
		if e.drop() != 0 {
			bits <<= e.drop() & 63
			count -= e.drop()
		} else {
			r.bits, r.count = bits, count
			symbol = int(r.longSymbol(ac))
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
		k += symbol>>4 + 1
		v := int32(bits >> 48 >> (16 - n))
		bits <<= n
		count -= int(n)
		b[zigzag[k&127]&63] = int16(extend(v, n))
	}
	r.next, r.bits, r.count = next, bits, count
	return difference, min(k, 63)
}
