package jpeg

import (
	"encoding/binary"
	"fmt"

	"github.com/pali3/pali3/internal/imagefile/fault"
)

// Plane holds the samples of a component. Below and to the right of Width x Height it has samples
// that fill the last blocks.
type Plane struct {
	Pix           []byte
	Stride        int
	Width, Height int // without the samples that fill the last blocks
	H, V          int // pixels of the finest component that a sample covers in each direction
}

// Image is a decoded file.
type Image struct {
	Width, Height int
	Model         Model
	Planes        []Plane
}

// Decode decodes a file. It accepts a file without an end marker if the coded data are complete:
// each block of each component, and in a progressive file all bits of each coefficient. Otherwise
// the error wraps fault.ErrTruncated. Damaged data are an error, too: Decode never fills in pixels.
func Decode(data []byte) (*Image, error) {
	d := decoder{bits: bitReader{data: data}}
	if err := d.decode(); err != nil {
		return nil, err
	}
	h := &d.header
	m := &Image{Width: h.Width, Height: h.Height, Model: h.Model()}
	for i := range d.components {
		c := &d.components[i]
		if c.coefficients != nil {
			c.reconstruct()
		}
		m.Planes = append(m.Planes, c.plane)
	}
	return m, nil
}

// Check returns the error that Decode would return. It skips the inverse transform of sequential
// files, which halves the time.
func Check(data []byte) error {
	d := decoder{bits: bitReader{data: data}, checks: true}
	return d.decode()
}

func (d *decoder) decode() (err error) {
	if d.header, err = ReadHeader(d.bits.data, false); err != nil {
		return err
	}
	if err := d.header.Supported(); err != nil {
		return err
	}
	if err := d.layOut(); err != nil {
		return err
	}
	return d.segments(d.bits.data)
}

// decoder holds what the segments of a file define.
type decoder struct {
	header     Header
	components []component
	quant      [4][64]int32 // in natural order
	hasQuant   [4]bool
	dc, ac     [4]*table
	interval   int // MCUs between restart markers, 0 for none
	bits       bitReader
	maxH, maxV int
	eobRun     int32 // following blocks whose band has no further codes
	checks     bool  // samples are not needed
}

// component is a component while its scans are decoded.
type component struct {
	Component
	plane        Plane
	wide, high   int         // blocks that hold samples of the image
	stride       int         // blocks in a row, including those that fill the last MCU
	coefficients [][64]int16 // of a progressive file, in natural order
	quant        *[64]int32  // defined at the component's first scan
	left         [64]int8    // number of lowest bits that scans have not set yet; -1 if none was set
	seen         bool        // a scan was decoded
	predicted    int32       // DC
	dc, ac       *table      // of the current scan
}

// layOut allocates the components' planes, after refusing files too small to hold their blocks.
func (d *decoder) layOut() error {
	h := &d.header
	d.maxH, d.maxV = h.Sampling()
	mcusWide, mcusHigh := ceil(h.Width, 8*d.maxH), ceil(h.Height, 8*d.maxV)
	blocks := 0
	for _, c := range h.Components[:h.Count] {
		k := component{Component: c}
		k.plane.Width, k.plane.Height = ceil(h.Width*c.H, d.maxH), ceil(h.Height*c.V, d.maxV)
		k.plane.H, k.plane.V = d.maxH/c.H, d.maxV/c.V
		k.wide, k.high = ceil(k.plane.Width, 8), ceil(k.plane.Height, 8)
		k.stride = mcusWide * c.H
		k.plane.Stride = 8 * k.stride
		for i := range k.left {
			k.left[i] = -1
		}
		blocks += k.wide * k.high
		d.components = append(d.components, k)
	}
	if len(d.bits.data) < blocks/8 { // a block takes at least a bit
		return fmt.Errorf("%w: %d bytes for %d blocks", fault.ErrTruncated, len(d.bits.data), blocks)
	}
	for i := range d.components {
		c := &d.components[i]
		rows := mcusHigh * c.V
		if !d.checks {
			c.plane.Pix = make([]byte, c.plane.Stride*8*rows)
		}
		if h.Process == sof2 {
			c.coefficients = make([][64]int16, c.stride*rows)
		}
	}
	return nil
}

func ceil(n, by int) int { return (n + by - 1) / by }

// segments decodes the marker segments and scans in their order.
func (d *decoder) segments(data []byte) error {
	d.header = Header{} // read again, now including the segments between scans
	for at := 2; ; {
		m, err := nextMarker(data, at)
		if err != nil || m.kind == eoi {
			return d.complete(err == nil)
		}
		at = m.end
		if err := d.header.read(m); err != nil {
			return err
		}
		switch m.kind {
		case dqt:
			err = d.readQuant(m.segment)
		case dht:
			err = d.readTables(m.segment)
		case dri:
			if len(m.segment) >= 2 {
				d.interval = int(binary.BigEndian.Uint16(m.segment))
			}
		case sos:
			at, err = d.readScan(m)
		}
		if err != nil {
			return err
		}
	}
}

// smoothed is the last coefficient that libjpeg examines to decide whether to smooth blocks
// (jdcoefct.c, SAVED_COEFS).
const smoothed = 9

// complete returns an error if scans are missing. In a file with an end marker, each component
// needs a scan, and the first component of a progressive file needs all bits of its lowest
// frequencies. Otherwise the file was truncated and then closed, and decoders that guess the
// missing bits, such as libjpeg, return other pixels.
func (d *decoder) complete(ended bool) error {
	for i := range d.components {
		c := &d.components[i]
		if !c.seen {
			return fmt.Errorf("%w: no scan of component %d", fault.ErrTruncated, i)
		}
		for k := range c.left {
			if !ended && c.coefficients != nil && c.left[k] != 0 {
				return fmt.Errorf("%w: no end marker, and no scan of the last bits", fault.ErrTruncated)
			}
		}
		for k := 1; i == 0 && c.coefficients != nil && k <= smoothed; k++ {
			if c.left[k] != 0 {
				return fmt.Errorf("%w: no scan of the low frequencies", fault.ErrTruncated)
			}
		}
	}
	return nil
}

// zigzag maps the order in which coefficients are coded to their positions in a block. Its 16
// further entries make damaged runs end at the last coefficient.
var zigzag = [64 + 16]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
	63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
}

func (d *decoder) readQuant(s []byte) error {
	for len(s) > 0 {
		precision, n := int(s[0]>>4), int(s[0]&15)
		size := 64 * (1 + precision)
		if s = s[1:]; precision > 1 || n > 3 || len(s) < size {
			return fmt.Errorf("%w: quantization table %d of %d bytes", fault.ErrCorrupt, n, len(s))
		}
		for i := range 64 {
			v := int32(s[i])
			if precision == 1 {
				v = int32(binary.BigEndian.Uint16(s[2*i:]))
			}
			d.quant[n][zigzag[i]] = v
		}
		d.hasQuant[n] = true
		s = s[size:]
	}
	return nil
}

func (d *decoder) readTables(s []byte) error {
	for len(s) > 0 {
		if len(s) < 17 || s[0]&15 > 3 || s[0]>>4 > 1 {
			return fmt.Errorf("%w: a Huffman table of %d bytes", fault.ErrCorrupt, len(s))
		}
		symbols := 0
		for _, n := range s[1:17] {
			symbols += int(n)
		}
		if symbols > 256 || len(s) < 17+symbols {
			return fmt.Errorf("%w: a Huffman table of %d symbols in %d bytes", fault.ErrCorrupt, symbols, len(s))
		}
		t, err := newTable(s[1:17], s[17:17+symbols])
		if err != nil {
			return err
		}
		if s[0]>>4 == 0 {
			d.dc[s[0]&15] = t
		} else {
			d.ac[s[0]&15] = t
		}
		s = s[17+symbols:]
	}
	return nil
}

// reconstruct computes the samples from the coefficients.
func (c *component) reconstruct() {
	for y := range c.high {
		for x := range c.wide {
			inverse(c.plane.Pix[8*y*c.plane.Stride+8*x:], c.plane.Stride, &c.coefficients[y*c.stride+x], c.quant)
		}
	}
	c.coefficients = nil
}
