package jpeg

// progress is the state of a progressive scan between its blocks.
type progress struct {
	first, last int   // coefficients, in the order of zigzag
	low         uint  // position of the bit that the scan codes last
	eobRun      int32 // following blocks whose band has no further codes
}

// firstAC decodes the upper bits of a band (T.81, G.1.2.2).
func (p *progress) firstAC(r *bitReader, ac *table, b *[64]int16) {
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
			b[zigzag[k&127]&63] = int16(v << p.low)
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
		b[zigzag[k&127]&63] = int16(r.signed(size) << p.low)
	}
}

// refineAC adds a bit to the coefficients of a band (T.81, G.1.2.3).
func (p *progress) refineAC(r *bitReader, ac *table, b *[64]int16) {
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
			k = p.refine(r, b, k, run)
			if fresh != 0 {
				b[zigzag[k&127]&63] = fresh
			}
		}
	}
	if p.eobRun > 0 {
		p.refine(r, b, k, 64)
		p.eobRun--
	}
}

// refine adds a bit to each coefficient from k on that is not zero. It passes the given number of
// zeros and returns the position of the next zero.
func (p *progress) refine(r *bitReader, b *[64]int16, k, zeros int) int {
	bit := int16(1) << p.low
	for ; k <= p.last; k++ {
		v := &b[zigzag[k&127]&63]
		if *v == 0 {
			if zeros == 0 {
				break
			}
			zeros--
			continue
		}
		if r.receive(1) == 1 && *v&bit == 0 {
			if *v >= 0 {
				*v += bit
			} else {
				*v -= bit
			}
		}
	}
	return k
}
