package jpeg

import (
	"encoding/binary"
	"math/bits"
)

// progress is the state of a progressive scan between its blocks.
type progress struct {
	first, last int   // coefficients, in the order of zigzag
	low         uint  // position of the bit that the scan codes last
	eobRun      int32 // following blocks whose band has no further codes
}

// firstDC decodes the upper bits of the DC coefficients of MCUs (T.81, G.1.2.1).
func (d *Decoder) firstDC(s *scan, _ *progress, x, y, n int) int {
	return d.each(s, x, y, n, func(c *component, b *[64]int16) {
		c.predicted += d.bits.signed(uint(d.bits.symbol(c.dc)))
		b[0] = int16(c.predicted << s.low)
	})
}

// refineDC adds a bit to the DC coefficients of MCUs.
func (d *Decoder) refineDC(s *scan, _ *progress, x, y, n int) int {
	return d.each(s, x, y, n, func(c *component, b *[64]int16) {
		b[0] |= int16(d.bits.receive(1) << s.low)
	})
}

// firstAC decodes the upper bits of a band of n blocks.
func (d *Decoder) firstAC(s *scan, p *progress, x, y, n int) int {
	c, at := s.parts[0].component, y*s.parts[0].stride+x
	blocks, nonzero := c.coefficients[at:at+n], c.nonzero[at:at+n]
	for i := 0; i < n; i++ {
		if p.eobRun > 0 { // blocks without codes
			blocks := min(n-i, int(p.eobRun))
			p.eobRun -= int32(blocks)
			i += blocks - 1
			continue
		}
		nonzero[i] = p.firstAC(&d.bits, c.ac, &blocks[i], nonzero[i])
		if d.bits.short() {
			return i + 1
		}
	}
	return n
}

// refineAC adds a bit to a band of n blocks.
func (d *Decoder) refineAC(s *scan, p *progress, x, y, n int) int {
	c, at := s.parts[0].component, y*s.parts[0].stride+x
	blocks, nonzero := c.coefficients[at:at+n], c.nonzero[at:at+n]
	band := below(p.last+1) &^ below(p.first)
	for i := range n {
		if p.eobRun > 0 && nonzero[i]&band == 0 {
			p.eobRun--
			continue
		}
		nonzero[i] = p.refineAC(&d.bits, c.ac, &blocks[i], nonzero[i])
		if d.bits.short() {
			return i + 1
		}
	}
	return n
}

// firstAC decodes the upper bits of a block's band (T.81, G.1.2.2). Nonzero has a bit for each
// coefficient that is not zero, in the order of zigzag; the result is the new one.
func (p *progress) firstAC(r *bitReader, ac *table, b *[64]int16, nonzero uint64) uint64 {
	next, count := r.bits, r.count
	for k := p.first; k <= p.last; k++ {
		if count < 32 { // r.refill
			next |= binary.BigEndian.Uint64(r.segment[min(r.next, r.size):]) >> (count & 63)
			r.next += (63 - count) >> 3
			count |= 56
		}
		e := ac.next[next>>(64-lookAhead)]
		next <<= e & 63
		count -= e.drop()
		if v := e.value(); v != 0 {
			k += e.run()
			nonzero = set(b, nonzero, k, int16(v<<(p.low&15)))
			continue
		}
		code := e.symbol()
		if e.drop() == 0 {
			r.bits, r.count = next, count
			code = r.longSymbol(ac)
			next, count = r.bits, r.count
		}
		run, size := int(code>>4), uint(code&15)
		if size == 0 && run == 15 {
			k += 15
			continue
		}
		if size == 0 {
			p.eobRun = 1<<run + int32(next>>1>>(63-run)) - 1
			next <<= run
			count -= run
			break
		}
		k += run
		v := extend(int32(next>>(64-size)), size)
		next <<= size
		count -= int(size)
		nonzero = set(b, nonzero, k, int16(v<<(p.low&15)))
	}
	r.bits, r.count = next, count
	return nonzero
}

// set writes a coefficient. Nonzero has a bit for each coefficient that is not zero; set returns it
// with the bit of this one. A position behind the end of the block counts as the last.
func set(b *[64]int16, nonzero uint64, k int, v int16) uint64 {
	b[zigzag[k&127]&63] = v
	bit := uint64(1) << (min(k, 63) & 63)
	if v == 0 { // the value has bits beyond 16
		return nonzero &^ bit
	}
	return nonzero | bit
}

// refineAC adds a bit to the coefficients of a block's band (T.81, G.1.2.3), with the bits of
// firstAC.
func (p *progress) refineAC(r *bitReader, ac *table, b *[64]int16, nonzero uint64) uint64 {
	next, count := r.bits, r.count
	bit := int16(1) << (p.low & 15)
	for k := p.first; k <= p.last; k++ {
		from, fresh := k, int16(0)
		k = p.last + 1
		if p.eobRun == 0 {
			if count < 32 { // r.refill
				next |= binary.BigEndian.Uint64(r.segment[min(r.next, r.size):]) >> (count & 63)
				r.next += (63 - count) >> 3
				count |= 56
			}
			e := ac.next[next>>(64-lookAhead)]
			code, n := e.symbol(), e.drop()
			if n == 0 {
				r.bits, r.count = next, count
				code = r.longSymbol(ac)
				next, count = r.bits, r.count
			} else if e.value() != 0 {
				n -= int(code & 15)
			}
			next <<= n & 63
			count -= n
			run, size := int(code>>4), code&15
			if size == 0 && run != 15 {
				p.eobRun = 1<<run + int32(next>>1>>(63-run))
				next <<= run
				count -= run
			} else {
				k = p.behindZeros(nonzero, from, run)
			}
			if size != 0 {
				if fresh = -bit; int64(next) < 0 {
					fresh = bit
				}
				next <<= 1
				count--
			}
		}
		for rest := nonzero & below(k) &^ below(from); rest != 0; rest &= rest - 1 {
			if count == 0 { // r.refill
				next = binary.BigEndian.Uint64(r.segment[min(r.next, r.size):])
				r.next += 7
				count = 56
			}
			v := &b[zigzag[bits.TrailingZeros64(rest)&127]&63]
			add, sign := int16(int64(next)>>63)&bit&^*v, *v>>15
			*v += add ^ sign - sign
			next <<= 1
			count--
		}
		if fresh != 0 {
			nonzero = set(b, nonzero, k, fresh)
		}
		if p.eobRun > 0 {
			p.eobRun--
			break
		}
	}
	r.bits, r.count = next, count
	return nonzero
}

// below is a mask of the positions before k.
func below(k int) uint64 { return 1<<k - 1 }

// behindZeros returns the position of the zero behind the given number of zeros from k on, or the
// end of the band.
func (p *progress) behindZeros(nonzero uint64, k, zeros int) int {
	free := ^nonzero &^ below(k)
	for range zeros {
		free &= free - 1
	}
	return min(bits.TrailingZeros64(free), p.last+1)
}
