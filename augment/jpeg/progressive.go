package jpeg

import "math/bits"

// progress is the state of a progressive scan between its blocks.
type progress struct {
	first, last int   // coefficients, in the order of zigzag
	low         uint  // position of the bit that the scan codes last
	eobRun      int32 // following blocks whose band has no further codes
}

// firstAC decodes the upper bits of a band (T.81, G.1.2.2). It updates the mask, which has a bit
// for each coefficient that is not zero, in the order of zigzag.
func (p *progress) firstAC(r *bitReader, ac *table, b *[64]int16, mask *uint64) {
	if p.eobRun > 0 {
		p.eobRun--
		return
	}
	for k := p.first; k <= p.last; k++ {
		if r.count < 32 {
			r.refill()
		}
		e := ac.next[r.bits>>(64-lookAhead)]
		if v := e.value(); v != 0 {
			r.bits <<= e & 63
			r.count -= e.drop()
			k += e.run()
			set(b, mask, k, int16(v<<p.low))
			continue
		}
		code := r.symbol(ac)
		run, size := int(code>>4), uint(code&15)
		if size == 0 {
			if run != 15 {
				p.eobRun = 1<<run + r.receive(uint(run)) - 1
				return
			}
			k += 15
			continue
		}
		k += run
		set(b, mask, k, int16(r.signed(size)<<p.low))
	}
}

// set writes a coefficient. Positions beyond the block count as its last.
func set(b *[64]int16, mask *uint64, k int, v int16) {
	k = min(k, 63)
	b[zigzag[k&127]&63] = v
	if v != 0 {
		*mask |= 1 << k
	} else { // v has bits beyond 16
		*mask &^= 1 << k
	}
}

// refineAC adds a bit to the coefficients of a band (T.81, G.1.2.3).
func (p *progress) refineAC(r *bitReader, ac *table, b *[64]int16, mask *uint64) {
	k := p.first
	if p.eobRun == 0 {
		for ; k <= p.last; k++ {
			code := r.symbol(ac)
			run, size := int(code>>4), code&15
			fresh := int16(0)
			if size != 0 {
				if fresh = int16(-1) << p.low; r.receive(1) == 1 {
					fresh = 1 << p.low
				}
			} else if run != 15 {
				p.eobRun = 1<<run + r.receive(uint(run))
				break
			}
			end := p.behindZeros(*mask, k, run)
			p.refine(r, b, *mask&below(end)&^below(k))
			if k = end; fresh != 0 {
				set(b, mask, k, fresh)
			}
		}
	}
	if p.eobRun > 0 {
		p.refine(r, b, *mask&below(p.last+1)&^below(k))
		p.eobRun--
	}
}

// below is a mask of the positions before k.
func below(k int) uint64 { return 1<<k - 1 }

// behindZeros returns the position of the zero behind the given number of zeros from k on, or the
// end of the band.
func (p *progress) behindZeros(mask uint64, k, zeros int) int {
	free := ^mask &^ below(k)
	for range zeros {
		free &= free - 1
	}
	return min(bits.TrailingZeros64(free), p.last+1)
}

// refine adds a bit to each coefficient of the mask.
func (p *progress) refine(r *bitReader, b *[64]int16, mask uint64) {
	bit := int16(1) << p.low
	for ; mask != 0; mask &= mask - 1 {
		if r.count == 0 {
			r.refill()
		}
		one := int64(r.bits) < 0
		r.bits <<= 1
		r.count--
		v := &b[zigzag[bits.TrailingZeros64(mask)&127]&63]
		if one && *v&bit == 0 {
			if *v >= 0 {
				*v += bit
			} else {
				*v -= bit
			}
		}
	}
}
