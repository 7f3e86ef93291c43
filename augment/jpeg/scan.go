package jpeg

import (
	"fmt"
	"sync"
)

// scan is what a scan header says: the components, the band of coefficients and the bits that the
// scan holds.
type scan struct {
	parts       [4]part
	count       int
	first, last int  // coefficients, in the order of zigzag
	high, low   uint // bit positions of the previous scan and of this one
	wide, rows  int  // MCUs
}

// part is a component in a scan.
type part struct {
	*component
	across, down int // blocks in an MCU
}

// readScan decodes a scan and returns where its coded data end.
func (d *Decoder) readScan(file []byte, m marker) (end int, err error) {
	if d.direct && d.header.Scans > 1 {
		return 0, fmt.Errorf("%w: a second scan behind one that has all components", ErrCorrupt)
	}
	var s scan
	if err := d.readScanHeader(&s, m.segment); err != nil {
		return 0, err
	}
	for _, p := range s.parts[:s.count] {
		if d.header.Scans > 1 {
			p.before = p.left
		} else {
			p.before = [64]int8{}
		}
		for k := s.first; k <= s.last; k++ {
			p.left[k] = int8(s.low)
		}
		p.seen = true
	}
	d.bits.load(file, m.end)
	if err := d.decodeScan(&s, file); err != nil {
		return 0, err
	}
	d.damage.Codes += d.bits.bad
	d.damage.Leftover += d.bits.leftover()
	d.bits.bad = 0
	return d.bits.at, nil
}

func (d *Decoder) readScanHeader(out *scan, s []byte) error {
	if len(s) < 1 || int(s[0]) < 1 || int(s[0]) > len(d.components) || len(s) < 4+2*int(s[0]) {
		return fmt.Errorf("%w: scan header of %d bytes", ErrCorrupt, len(s))
	}
	out.count, out.last = int(s[0]), 63
	if d.header.Process == sof2 {
		if err := out.readBand(s[1+2*out.count:]); err != nil {
			return err
		}
	}
	blocks, next := 0, 0
	for i := range out.count {
		id, dcTable, acTable := s[1+2*i], s[2+2*i]>>4, s[2+2*i]&15
		index := d.component(id, next)
		if index < 0 {
			return fmt.Errorf("%w: a scan of component %d, which is not in the frame", ErrCorrupt, id)
		}
		c := &d.components[index]
		next = index + 1
		if err := d.assign(c, out, dcTable, acTable); err != nil {
			return err
		}
		out.parts[i] = part{c, c.H, c.V}
		blocks += c.H * c.V
	}
	out.wide, out.rows = ceil(d.header.Width, 8*d.maxH), ceil(d.header.Height, 8*d.maxV)
	if out.count == 1 { // MCUs are the blocks that hold samples of the image (T.81, A.2.2)
		p := &out.parts[0]
		p.across, p.down, out.wide, out.rows = 1, 1, p.wide, p.high
	} else if blocks > 10 {
		return fmt.Errorf("%w: a scan with %d blocks in an MCU", ErrCorrupt, blocks)
	}
	return nil
}

// readBand reads which coefficients and bits a progressive scan has.
func (s *scan) readBand(band []byte) error {
	s.first, s.last, s.high, s.low = int(band[0]), int(band[1]), uint(band[2]>>4), uint(band[2]&15)
	if s.first > s.last || s.last > 63 || s.first == 0 && s.last != 0 || s.first > 0 && s.count > 1 ||
		s.low > 13 || s.high != 0 && s.high != s.low+1 {
		return fmt.Errorf("%w: a scan of coefficients %d to %d, bits %d to %d", ErrCorrupt, s.first, s.last, s.high, s.low)
	}
	return nil
}

// component returns the index of the first component with an identifier, from next on, or -1. A
// scan has components in the order of the frame (T.81, B.2.3), which resolves repeated identifiers.
func (d *Decoder) component(id byte, next int) int {
	for i := next; i < len(d.components); i++ {
		if d.components[i].ID == id {
			return i
		}
	}
	return -1
}

// assign gives a component the tables of a scan.
func (d *Decoder) assign(c *component, s *scan, dc, ac byte) error {
	c.dc, c.ac = d.table(0, dc), d.table(1, ac)
	needsDC, needsAC := s.first == 0 && s.high == 0, s.last > 0
	if needsDC && c.dc == nil || needsAC && c.ac == nil || !d.hasQuant[c.Quant] {
		return fmt.Errorf("%w: a scan of component %d whose tables (%d and %d, quantization %d) are not defined", ErrCorrupt, c.ID, dc, ac, c.Quant)
	}
	if needsDC && (c.dc.fault != nil || c.dc.wide) {
		return fmt.Errorf("%w: DC table %d is no Huffman table of values of 0 to 15 bits", ErrCorrupt, dc)
	}
	if needsAC && c.ac.fault != nil {
		return fmt.Errorf("%w: AC table %d: %v", ErrCorrupt, ac, c.ac.fault)
	}
	if needsAC && d.header.Process != sof2 {
		c.ac.pairUp()
	}
	if c.quant == nil {
		c.latched = d.quant[c.Quant]
		c.quant = &c.latched
		if c.fast = d.options.FastDCT; c.fast {
			c.quantFast = fastQuant(c.quant)
		}
	}
	return nil
}

// table returns the Huffman table of a class and number, the standard one if the file defines
// none, or nil.
func (d *Decoder) table(class int, n byte) *table {
	if n > 3 {
		return nil
	}
	if d.defined[class][n] {
		return &d.tables[class][n]
	}
	if standard := standardTables(); standard.defined[class][n] {
		return &standard.tables[class][n]
	}
	return nil
}

// decodeScan decodes the MCUs of a scan.
func (d *Decoder) decodeScan(s *scan, file []byte) error {
	decode := d.mcuDecoder(s)
	for i := range s.count {
		s.parts[i].predicted = 0
	}
	progress := progress{first: s.first, last: s.last, low: s.low}
	restarts, untilRestart, lacking := 0, d.interval, false
	for y := range s.rows {
		row := y / s.rowsOfMCU()
		for x := 0; x < s.wide; {
			if !lacking { // as libjpeg, before a restart marker that may end the lack
				d.lastGood = row
			}
			if d.interval > 0 && untilRestart == 0 {
				if err := d.fault(lacking); err != nil {
					return err
				}
				intact, err := d.restart(s, file, restarts)
				if err != nil {
					return err
				}
				lacking = lacking && !intact
				progress.eobRun, untilRestart = 0, d.interval
				restarts++
			}
			n := s.wide - x
			if d.interval > 0 {
				n = min(n, untilRestart)
			}
			if lacking {
				d.skip(s, x, y, n)
			} else {
				n = decode(s, &progress, x, y, n)
				if n > 1 { // the second MCU behind a restart marker that ended the lack
					d.lastGood = row
				}
				if d.bits.short() {
					lacking = true
					d.damage.Segments++
				}
			}
			x, untilRestart = x+n, untilRestart-n
		}
		if err := d.fault(lacking); err != nil {
			return err
		}
		if lacking && d.interval == 0 && !d.direct {
			return nil
		}
	}
	return nil
}

// rowsOfMCU returns the number of rows of this scan's MCUs in an MCU of all components.
func (s *scan) rowsOfMCU() int {
	if s.count == 1 {
		return s.parts[0].V
	}
	return 1
}

// fault returns an error if the bits read so far were missing or damaged.
func (d *Decoder) fault(lacking bool) error {
	r := &d.bits
	switch {
	case d.options.Lenient || !lacking && r.bad == 0:
		return nil
	case r.bad > 0:
		return fmt.Errorf("%w: a Huffman code that is not defined, before byte %d", ErrCorrupt, r.at)
	case r.marker != 0 && r.marker != eoi:
		return fmt.Errorf("%w: marker %#x at byte %d in the middle of a scan", ErrCorrupt, r.marker, r.at)
	}
	return fmt.Errorf("%w: the coded data end before the image", ErrTruncated)
}

// restart goes to the segment behind the next restart marker. It reports whether the segment can
// have data.
func (d *Decoder) restart(s *scan, file []byte, restarts int) (intact bool, err error) {
	r := &d.bits
	d.damage.Leftover += r.leftover()
	for i := range s.count {
		s.parts[i].predicted = 0
	}
	want := byte(restarts % 8)
	if r.marker != rst0+want {
		if !d.options.Lenient {
			return false, d.misplaced(rst0 + want)
		}
		d.damage.Restarts++
		if !r.resynchronize(file, want) {
			r.empty()
			return false, nil
		}
	}
	r.load(file, r.behind)
	return true, nil
}

func (d *Decoder) misplaced(want byte) error {
	if r := &d.bits; r.marker != 0 {
		return fmt.Errorf("%w: marker %#x at byte %d in place of restart marker %#x", ErrCorrupt, r.marker, r.at, want)
	}
	return fmt.Errorf("%w: the coded data end before the image", ErrTruncated)
}

// resynchronize decides what to do at a marker that is not the expected restart marker, as libjpeg
// does (jdmarker.c, jpeg_resync_to_restart). It returns false to stay before the marker: the
// segment in between is missing. Otherwise decoding resumes behind r.marker.
func (r *bitReader) resynchronize(file []byte, want byte) bool {
	for {
		switch ahead := (r.marker - rst0 - want) % 8; {
		case r.marker == 0: // the end of the file
			return false
		case r.marker < sof0, r.marker >= rst0 && r.marker <= rst7 && ahead >= 6: // an earlier one
			r.load(file, r.behind)
		case r.marker < rst0 || r.marker > rst7 || ahead == 1 || ahead == 2:
			return false
		default: // too far away to be trusted
			return true
		}
	}
}

// mcuDecoder returns the function that decodes up to n MCUs of row y, from column x on, and returns
// how many it decoded: at least one, and fewer than n if the last of them lacks data. Progressive
// scans add to the coefficients of earlier ones.
func (d *Decoder) mcuDecoder(s *scan) func(s *scan, p *progress, x, y, n int) int {
	switch {
	case d.direct:
		return d.transform
	case d.header.Process != sof2:
		return d.store
	case s.first == 0 && s.high == 0:
		return d.firstDC
	case s.first == 0:
		return d.refineDC
	case s.high == 0:
		return d.firstAC
	}
	return d.refineAC
}

// transform decodes the blocks of sequential MCUs and computes their samples.
func (d *Decoder) transform(s *scan, _ *progress, x, y, n int) int {
	var decoded decodedBlock
	b := (*[64]int16)(decoded[:64])
	for end := x + n; x < end; x++ {
		for i := range s.count {
			p := &s.parts[i]
			for v := range p.down {
				for h := range p.across {
					difference, last := d.bits.block(&decoded, p.dc, p.ac)
					p.predicted += difference
					b[0] = int16(p.predicted)
					if !d.checks {
						p.inverse(x*p.across+h, y*p.down+v, b, last)
					}
					if last == 0 {
						b[0] = 0
					} else {
						*b = [64]int16{}
					}
				}
			}
		}
		if d.bits.short() {
			return n - (end - x - 1)
		}
	}
	return n
}

// store decodes the blocks of sequential MCUs into coefficients.
func (d *Decoder) store(s *scan, _ *progress, x, y, n int) int {
	return d.each(s, x, y, n, func(c *component, b *[64]int16) {
		var decoded decodedBlock
		difference, _ := d.bits.block(&decoded, c.dc, c.ac)
		copy(b[1:], decoded[1:])
		c.predicted += difference
		b[0] = int16(c.predicted)
	})
}

// each calls do for each block of up to n MCUs of row y, from column x on, until data lack. It
// returns the number of MCUs.
func (d *Decoder) each(s *scan, x, y, n int, do func(*component, *[64]int16)) int {
	for m := range n {
		for i := range s.count {
			p := &s.parts[i]
			for v := range p.down {
				blocks := p.coefficients[(y*p.down+v)*p.stride+(x+m)*p.across:][:p.across]
				for h := range blocks {
					do(p.component, &blocks[h])
				}
			}
		}
		if d.bits.short() {
			return m + 1
		}
	}
	return n
}

// skip leaves the blocks of n MCUs grey.
func (d *Decoder) skip(s *scan, x, y, n int) {
	if !d.direct || d.checks {
		return
	}
	var grey [64]int16
	for i := range s.count {
		p := &s.parts[i]
		for v := range p.down {
			for h := range n * p.across {
				p.inverse(x*p.across+h, y*p.down+v, &grey, 0)
			}
		}
	}
}

// standardTables returns the Huffman tables of ITU-T T.81, annex K.3. Decoders use them for files
// that define none, such as the frames of Motion JPEG (webcams, AVI).
var standardTables = sync.OnceValue(func() (d *Decoder) {
	d = &Decoder{}
	for _, segment := range []string{standardDC0, standardDC1, standardAC0, standardAC1} {
		if err := d.readTables([]byte(segment)); err != nil {
			panic(err)
		}
	}
	for i := range d.tables[1] { // which decoders share
		d.tables[1][i].pairUp()
	}
	return d
})
