package jpeg

import (
	"fmt"

	"github.com/pali3/pali3/internal/imagefile/fault"
)

// scan is what a scan header says: the components, the band of coefficients and the bits that the
// scan holds.
type scan struct {
	components  []*component
	first, last int  // coefficients, in the order of zigzag
	high, low   uint // bit positions of the previous scan and of this one
}

// readScan decodes a scan and returns where its coded data end.
func (d *decoder) readScan(m marker) (end int, err error) {
	s, err := d.readScanHeader(m.segment)
	if err != nil {
		return 0, err
	}
	d.bits.at = m.end
	d.restart(s)
	if len(s.components) == 1 {
		err = d.single(s, d.blockDecoder(s))
	} else {
		err = d.interleaved(s, d.blockDecoder(s))
	}
	if err != nil {
		return 0, err
	}
	for _, c := range s.components {
		c.seen = true
		for k := s.first; k <= s.last; k++ {
			c.left[k] = int8(s.low)
		}
	}
	return d.bits.at, nil
}

func (d *decoder) readScanHeader(s []byte) (*scan, error) {
	if len(s) < 1 || int(s[0]) < 1 || int(s[0]) > len(d.components) || len(s) < 4+2*int(s[0]) {
		return nil, fmt.Errorf("%w: scan header of %d bytes", fault.ErrCorrupt, len(s))
	}
	count := int(s[0])
	out := &scan{last: 63}
	progressive := d.header.Process == sof2
	if progressive {
		band := s[1+2*count:]
		out.first, out.last, out.high, out.low = int(band[0]), int(band[1]), uint(band[2]>>4), uint(band[2]&15)
		if out.first > out.last || out.last > 63 || out.first == 0 && out.last != 0 || out.first > 0 && count > 1 ||
			out.low > 13 || out.high != 0 && out.high != out.low+1 {
			return nil, fmt.Errorf("%w: a scan of coefficients %d to %d, bits %d to %d", fault.ErrCorrupt, out.first, out.last, out.high, out.low)
		}
	}
	blocks, next := 0, 0
	for i := range count {
		id, dcTable, acTable := s[1+2*i], s[2+2*i]>>4, s[2+2*i]&15
		index := d.component(id, next)
		if index < 0 || dcTable > 3 || acTable > 3 {
			return nil, fmt.Errorf("%w: a scan of component %d with tables %d and %d", fault.ErrCorrupt, id, dcTable, acTable)
		}
		c := &d.components[index]
		next = index + 1
		c.dc, c.ac = d.tables(dcTable, acTable)
		needsDC, needsAC := out.first == 0 && out.high == 0, out.last > 0
		if needsDC && c.dc == nil || needsAC && c.ac == nil || !d.hasQuant[c.Quant] {
			return nil, fmt.Errorf("%w: a scan whose tables are not defined", fault.ErrCorrupt)
		}
		if c.quant == nil {
			quant := d.quant[c.Quant]
			c.quant = &quant
		}
		out.components = append(out.components, c)
		blocks += c.H * c.V
	}
	if count > 1 && blocks > 10 {
		return nil, fmt.Errorf("%w: a scan with %d blocks in an MCU", fault.ErrCorrupt, blocks)
	}
	return out, nil
}

// component returns the index of the first component with an identifier, from next on, or -1. A
// scan has components in the order of the frame (T.81, B.2.3), which resolves repeated identifiers.
func (d *decoder) component(id byte, next int) int {
	for i := next; i < len(d.components); i++ {
		if d.components[i].ID == id {
			return i
		}
	}
	return -1
}

// tables returns the Huffman tables with the given numbers, or the standard ones if the file
// defines none.
func (d *decoder) tables(dc, ac byte) (*table, *table) {
	dcTable, acTable := d.dc[dc], d.ac[ac]
	if dcTable == nil {
		dcTable = standardTables().dc[dc]
	}
	if acTable == nil {
		acTable = standardTables().ac[ac]
	}
	return dcTable, acTable
}

// blockDecoder returns the function that decodes a block of the scan into coefficients. Progressive
// scans add to the coefficients of earlier ones.
func (d *decoder) blockDecoder(s *scan) func(c *component, block *[64]int16, s *scan) {
	switch {
	case d.header.Process != sof2:
		return d.sequential
	case s.first == 0 && s.high == 0:
		return d.firstDC
	case s.first == 0:
		return d.refineDC
	case s.high == 0:
		return d.firstAC
	}
	return d.refineAC
}

// single decodes a scan of one component. Its MCUs are the blocks that hold samples of the image
// (T.81, A.2.2).
func (d *decoder) single(s *scan, decode func(*component, *[64]int16, *scan)) error {
	c, units := s.components[0], 0
	for y := range c.high {
		for x := range c.wide {
			if err := d.restartAfter(units, s); err != nil {
				return err
			}
			units++
			d.block(c, x, y, s, decode)
		}
		if err := d.fault(); err != nil {
			return err
		}
	}
	return nil
}

// interleaved decodes a scan of several components. Each has H x V blocks in an MCU.
func (d *decoder) interleaved(s *scan, decode func(*component, *[64]int16, *scan)) error {
	units := 0
	h := &d.header
	for top := range ceil(h.Height, 8*d.maxV) {
		for left := range ceil(h.Width, 8*d.maxH) {
			if err := d.restartAfter(units, s); err != nil {
				return err
			}
			units++
			for _, c := range s.components {
				for y := range c.V {
					for x := range c.H {
						d.block(c, left*c.H+x, top*c.V+y, s, decode)
					}
				}
			}
		}
		if err := d.fault(); err != nil {
			return err
		}
	}
	return nil
}

// block decodes a block, and in a sequential file computes its samples.
func (d *decoder) block(c *component, x, y int, s *scan, decode func(*component, *[64]int16, *scan)) {
	if c.coefficients != nil {
		decode(c, &c.coefficients[y*c.stride+x], s)
		return
	}
	var block [64]int16
	decode(c, &block, s)
	if d.checks {
		return
	}
	inverse(c.plane.Pix[8*y*c.plane.Stride+8*x:], c.plane.Stride, &block, c.quant)
}

// fault returns an error if the bits read so far were missing or damaged.
func (d *decoder) fault() error {
	r := &d.bits
	if r.bad {
		return fmt.Errorf("%w: a Huffman code that is not defined, before byte %d", fault.ErrCorrupt, r.at)
	}
	if !r.short {
		return nil
	}
	if m, err := nextMarker(r.data, r.at); err == nil && m.kind != eoi {
		return fmt.Errorf("%w: marker %#x near byte %d in the middle of a scan", fault.ErrCorrupt, m.kind, r.at)
	}
	return fmt.Errorf("%w: the coded data end before the image", fault.ErrTruncated)
}

// restartAfter resets the decoder at a restart marker, if one is due after the given number of
// MCUs.
func (d *decoder) restartAfter(units int, s *scan) error {
	if d.interval == 0 || units == 0 || units%d.interval != 0 {
		return nil
	}
	if err := d.fault(); err != nil {
		return err
	}
	r := &d.bits
	want := byte(rst0 + (units/d.interval-1)%8)
	for r.at < len(r.data) && r.data[r.at] != 0xFF || r.at+1 < len(r.data) && (r.data[r.at+1] == 0xFF || r.data[r.at+1] == 0) {
		r.at++ // skips what precedes the marker, such as fill bytes
	}
	if r.at+2 > len(r.data) {
		return fmt.Errorf("%w: the coded data end before the image", fault.ErrTruncated)
	}
	if got := r.data[r.at+1]; got != want {
		return fmt.Errorf("%w: marker %#x at byte %d in place of restart marker %#x", fault.ErrCorrupt, got, r.at, want)
	}
	r.at += 2
	d.restart(s)
	return nil
}

func (d *decoder) restart(s *scan) {
	d.bits.begin()
	d.eobRun = 0
	for _, c := range s.components {
		c.predicted = 0
	}
}

// sequential decodes all coefficients of a block (T.81, F.2.2).
func (d *decoder) sequential(c *component, block *[64]int16, _ *scan) {
	r := &d.bits
	size := r.symbol(c.dc)
	if size > 15 {
		r.bad = true
		return
	}
	c.predicted += r.signed(uint(size))
	block[0] = int16(c.predicted)
	for k := 1; k < 64; k++ {
		code := r.symbol(c.ac)
		run, size := int(code>>4), uint(code&15)
		if size == 0 {
			if run != 15 {
				return
			}
			k += 15
			continue
		}
		k += run
		block[zigzag[k]] = int16(r.signed(size))
	}
}

// firstDC decodes the upper bits of a block's DC coefficient (T.81, G.1.2.1).
func (d *decoder) firstDC(c *component, block *[64]int16, s *scan) {
	size := d.bits.symbol(c.dc)
	if size > 15 {
		d.bits.bad = true
		return
	}
	c.predicted += d.bits.signed(uint(size))
	block[0] = int16(c.predicted << s.low)
}

// refineDC adds a bit to the DC coefficient.
func (d *decoder) refineDC(_ *component, block *[64]int16, s *scan) {
	block[0] |= int16(d.bits.receive(1) << s.low)
}

// firstAC decodes the upper bits of a band (T.81, G.1.2.2).
func (d *decoder) firstAC(c *component, block *[64]int16, s *scan) {
	if d.eobRun > 0 {
		d.eobRun--
		return
	}
	r := &d.bits
	for k := s.first; k <= s.last; k++ {
		code := r.symbol(c.ac)
		run, size := int(code>>4), uint(code&15)
		if size == 0 {
			if run != 15 {
				d.eobRun = 1<<run + r.receive(uint(run)) - 1
				return
			}
			k += 15
			continue
		}
		k += run
		block[zigzag[k]] = int16(r.signed(size) << s.low)
	}
}

// refineAC adds a bit to the coefficients of a band (T.81, G.1.2.3).
func (d *decoder) refineAC(c *component, block *[64]int16, s *scan) {
	r := &d.bits
	k := s.first
	if d.eobRun == 0 {
		for ; k <= s.last; k++ {
			code := r.symbol(c.ac)
			run, size := int(code>>4), code&15
			fresh := int16(0)
			if size != 0 {
				if fresh = int16(-1) << s.low; r.receive(1) == 1 {
					fresh = 1 << s.low
				}
			} else if run != 15 {
				d.eobRun = 1<<run + r.receive(uint(run))
				break
			}
			k = d.refine(block, k, run, s)
			if fresh != 0 {
				block[zigzag[k]] = fresh
			}
			if r.short || r.bad {
				return
			}
		}
	}
	if d.eobRun > 0 {
		d.refine(block, k, 64, s)
		d.eobRun--
	}
}

// refine adds a bit to each coefficient from k on that is not zero. It passes the given number of
// zeros and returns the position of the next zero.
func (d *decoder) refine(block *[64]int16, k, zeros int, s *scan) int {
	bit := int16(1) << s.low
	for ; k <= s.last; k++ {
		v := &block[zigzag[k]]
		if *v == 0 {
			if zeros == 0 {
				break
			}
			zeros--
			continue
		}
		if d.bits.receive(1) == 1 && *v&bit == 0 {
			if *v > 0 {
				*v += bit
			} else {
				*v -= bit
			}
		}
	}
	return k
}
