package jpeg

import "encoding/binary"

// decodedBlock is a block, in natural order. What is behind its 64 coefficients means nothing.
type decodedBlock [128]int16

// positions is zigzag for distances of pairs: from behindEnd on, it leads out of the block.
var positions = func() (all [256]uint8) {
	copy(all[:behindEnd], zigzag[:])
	fill(all[behindEnd:], 64)
	return all
}()

// block decodes the coefficients of a block of a sequential scan (T.81, F.2.2) into b, which must
// be zero. It returns the difference of the DC coefficient from the previous one and the position,
// in the order of zigzag, of the last coefficient that it wrote.
func (r *bitReader) block(b *decodedBlock, dc, ac *table) (difference int32, last int) {
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

	k := r.pairs(b, ac)
	if k >= behindEnd {
		return difference, k - behindEnd
	}
	bits, count := r.bits, r.count
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

// lastPair is the position up to which two coefficients can be decoded at a time: the first of them
// cannot be the last of the block.
const lastPair = 63 - 16

// pairsPortable decodes coefficients behind position k until they reach lastPair or the block ends,
// in which case the result is behindEnd or more: the position plus behindEnd. Before a code that is
// longer than lookAhead it returns the complement of the position. This loop takes most of the time
// that decoding takes.
func (r *bitReader) pairsPortable(b *decodedBlock, ac *table, k int) int {
	for k < lastPair {
		if r.count < 32 {
			r.refill()
		}
		p := ac.pairs[r.bits>>(64-lookAhead)]
		if p&notAtHand == 0 {
			r.bits <<= p & 63
			r.count -= int(p & 63)
			b[positions[uint8(k+p.first())]&127] = int16(p >> 32)
			k += p.both()
			b[positions[uint8(k)]&127] = int16(p >> 48)
			continue
		}
		e := ac.next[r.bits>>(64-lookAhead)]
		if e.drop() == 0 {
			return ^k
		}
		r.bits <<= e & 63
		r.count -= e.drop()
		k += e.run() + 1
		b[positions[uint8(k)]&127] = int16(r.signed(uint(e.symbol() & 15)))
	}
	return k
}

// pairs decodes coefficients up to lastPair, those with long codes, too.
func (r *bitReader) pairs(b *decodedBlock, ac *table) int {
	k := r.decodePairs(b, ac, 0)
	for k < 0 {
		k = ^k
		symbol := r.longSymbol(ac)
		switch n := uint(symbol & 15); {
		case n > 0:
			k += int(symbol>>4) + 1
			b[positions[uint8(k)]&127] = int16(r.signed(n))
		case symbol == 0xF0:
			k += 16
		default:
			return k + behindEnd
		}
		k = r.decodePairs(b, ac, k)
	}
	return k
}
