package jpeg

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// Options tell how to decode.
type Options struct {
	// Scale divides the size of the image: 1, 2, 4 or 8; 0 is 1. The transform computes the small
	// image from the lower frequencies, which is much faster than to decode and to resize. The
	// result is that of libjpeg, and of Pillow's Image.draft.
	Scale int

	// FastDCT takes the fast integer transform in place of the accurate one for blocks of 8 by 8
	// samples. It is TensorFlow's default (dct_method), and not faster here.
	FastDCT bool

	// Lenient decodes damaged files as libjpeg does: missing data leave grey or smoothed blocks,
	// and restart markers resume the decoding. Image.Damage tells what was found. Otherwise a file
	// whose pixels are not all there is an error.
	Lenient bool

	// MaxPixels limits the size of the file's image; 0 is 178,956,970, as in Pillow. Decode refuses
	// larger images before it allocates memory: 1 to 4 bytes a pixel at the full scale, and twice
	// that for the coefficients of files of several scans.
	MaxPixels int
}

const defaultMaxPixels = 178_956_970

// Plane holds the samples of a component. Below and to the right of Width x Height it has samples
// that fill the last blocks.
type Plane struct {
	Pix           []byte
	Stride        int
	Width, Height int // without the samples that fill the last blocks
	H, V          int // pixels that a sample covers in each direction
}

// Image is a decoded file. With Options.Scale, all sizes are those of the scaled image.
type Image struct {
	Width, Height int
	Model         Model
	Planes        []Plane
	Damage        Damage

	fancy bool // interpolate planes of half the resolution
	rows  rowMemory
}

// Damage counts what is wrong with a file. Without Options.Lenient, it can only be what leaves the
// pixels readable: Leftover, Truncated and Smoothed.
type Damage struct {
	Codes      int  // that no Huffman table defines
	Segments   int  // of coded data that end too early
	Restarts   int  // restart markers that are missing or out of order
	Leftover   int  // bytes of coded data that belong to no block
	Truncated  bool // no end marker
	Components int  // without any scan
	Smoothed   bool // a progressive file lacks scans, and blocks were smoothed instead
}

// Any reports whether there is any damage.
func (d Damage) Any() bool { return d != Damage{} }

// Decode decodes a file. It accepts a file without an end marker if the coded data are complete:
// each block of each component, and in a progressive file all bits of each coefficient. Otherwise
// the error wraps [ErrTruncated]. Damaged data are an error, too, unless the options are
// lenient: Decode never fills in pixels in silence.
func Decode(file []byte, o Options) (*Image, error) { return new(Decoder).Decode(file, o) }

// Check returns the error that Decode would return. It skips the inverse transform of sequential
// files, which halves the time.
func Check(file []byte) error {
	d := Decoder{checks: true}
	_, err := d.Decode(file, Options{})
	return err
}

// Decoder decodes one file after another with the same memory. Its zero value is ready. It serves
// one goroutine at a time.
type Decoder struct {
	state
	checks bool // samples are not needed
	tables [2][4]table
	bits   bitReader
	pix    []byte
	all    [][64]int16 // coefficients
	masks  []uint64    // the components' nonzero
	image  Image
}

// state is what belongs to one file.
type state struct {
	header     Header
	options    Options
	scale      int // the size of a block in the finest component: 8, 4, 2 or 1
	components []component
	defined    [2][4]bool   // Huffman tables, of DC and AC
	quant      [4][64]int16 // in natural order
	hasQuant   [4]bool
	interval   int // MCUs between restart markers, 0 for none
	maxH, maxV int
	direct     bool // samples are computed while a scan is decoded
	damage     Damage
	lastGood   int // the last row of MCUs of all components that had data
}

// component is a component while its scans are decoded.
type component struct {
	Component
	plane        Plane
	size         int         // of a block in samples: 8, 4, 2 or 1
	wide, high   int         // blocks that hold samples of the image
	stride, rows int         // blocks, including those that fill the last MCU
	coefficients [][64]int16 // unless samples are computed directly, in natural order
	nonzero      []uint64    // of a progressive file: a bit for each AC coefficient that is not zero, in the order of zigzag
	quant        *[64]int16  // defined at the component's first scan
	latched      [64]int16
	fast         bool // quantFast is set, for the fast transform
	quantFast    [64]int16
	left         [64]int8 // number of lowest bits that scans have not set yet; -1 if none was set
	before       [64]int8 // left before the last scan
	seen         bool     // a scan was decoded
	dc, ac       *table   // of the current scan
	predicted    int32    // DC
}

// Decode is the function of that name. The planes are valid until the decoder's next call.
func (d *Decoder) Decode(file []byte, o Options) (*Image, error) {
	if o.MaxPixels == 0 {
		o.MaxPixels = defaultMaxPixels
	}
	d.state = state{options: o, components: d.components[:0]}
	d.bits.bad = 0
	if err := d.decode(file); err != nil {
		return nil, err
	}
	d.image = Image{Planes: d.image.Planes[:0], Width: ceil(d.header.Width*d.scale, 8), Height: ceil(d.header.Height*d.scale, 8), Model: d.header.Model(),
		Damage: d.damage, fancy: d.scale > 1, rows: d.image.rows}
	d.image.rows.ready = false
	for i := range d.components {
		d.image.Planes = append(d.image.Planes, d.components[i].plane)
	}
	return &d.image, nil
}

func (d *Decoder) decode(file []byte) (err error) {
	switch d.options.Scale {
	case 0, 1, 2, 4, 8:
		d.scale = 8 / max(d.options.Scale, 1)
	default:
		return fmt.Errorf("a JPEG can be scaled by 1/1, 1/2, 1/4 and 1/8, not by 1/%d", d.options.Scale)
	}
	if d.header, err = ReadHeader(file); err != nil {
		return err
	}
	if err := d.header.Supported(); err != nil {
		return err
	}
	if w, h := d.header.Width, d.header.Height; w*h > d.options.MaxPixels {
		return fmt.Errorf("%w: JPEG of %d x %d pixels, more than %d", ErrTooLarge, w, h, d.options.MaxPixels)
	}
	if err := d.layOut(len(file)); err != nil {
		return err
	}
	return d.segments(file)
}

// layOut allocates the components' planes and coefficients, after refusing files too small to hold
// their blocks.
func (d *Decoder) layOut(fileSize int) error {
	h := &d.header
	d.maxH, d.maxV = h.Sampling()
	mcusWide, mcusHigh := ceil(h.Width, 8*d.maxH), ceil(h.Height, 8*d.maxV)
	d.direct = h.Process != sof2 && h.Whole
	blocks, stored, samples := 0, 0, 0
	for _, c := range h.Components[:h.Count] {
		k := component{Component: c, stride: mcusWide * c.H, rows: mcusHigh * c.V}
		k.scale(d.scale, d.maxH, d.maxV)
		k.plane.Width, k.plane.Height = ceil(h.Width*c.H*k.size, 8*d.maxH), ceil(h.Height*c.V*k.size, 8*d.maxV)
		k.plane.Stride = k.size * k.stride
		k.wide, k.high = ceil(ceil(h.Width*c.H, d.maxH), 8), ceil(ceil(h.Height*c.V, d.maxV), 8)
		for i := range k.left {
			k.left[i], k.before[i] = -1, -1
		}
		blocks += k.wide * k.high
		stored += k.stride * k.rows
		samples += k.stride * k.rows * k.size * k.size
		d.components = append(d.components, k)
	}
	if !d.options.Lenient && fileSize < blocks/8 { // a block takes at least a bit
		return fmt.Errorf("%w: %d bytes for %d blocks", ErrTruncated, fileSize, blocks)
	}
	if !d.checks {
		d.pix = resized(d.pix, samples)
	}
	if !d.direct {
		d.all = resized(d.all, stored)
		clear(d.all)
	}
	if h.Process == sof2 {
		d.masks = resized(d.masks, stored)
		clear(d.masks)
	}
	d.distribute()
	return nil
}

// scale sets the size of the component's blocks. Like libjpeg (jdmaster.c), it takes larger blocks
// for components of lower resolution, which saves upsampling.
func (c *component) scale(size, maxH, maxV int) {
	c.size = size
	for c.size < 8 && maxH*size%(c.H*c.size*2) == 0 && maxV*size%(c.V*c.size*2) == 0 {
		c.size *= 2
	}
	c.plane.H, c.plane.V = maxH*size/(c.H*c.size), maxV*size/(c.V*c.size)
}

// resized returns a slice of a length, of the same memory if that suffices.
func resized[T any](s []T, length int) []T {
	if cap(s) < length {
		return make([]T, length)
	}
	return s[:length]
}

// distribute gives each component its part of the memory.
func (d *Decoder) distribute() {
	pix, all, masks := d.pix, d.all, d.masks
	for i := range d.components {
		c := &d.components[i]
		if n := c.stride * c.rows; !d.direct {
			c.coefficients, all = all[:n:n], all[n:]
			if d.header.Process == sof2 {
				c.nonzero, masks = masks[:n:n], masks[n:]
			}
		}
		if n := c.stride * c.rows * c.size * c.size; !d.checks {
			c.plane.Pix, pix = pix[:n:n], pix[n:]
		}
	}
}

func ceil(n, by int) int { return (n + by - 1) / by }

// segments decodes the marker segments and scans in their order.
func (d *Decoder) segments(file []byte) error {
	d.header = Header{} // read again, now including the segments between scans
	for at := 2; ; {
		m, err := nextMarker(file, at)
		if err != nil || m.kind == eoi {
			return d.finish(err)
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
			at, err = d.readScan(file, m)
		}
		if err != nil {
			return err
		}
	}
}

// finish computes the samples of a file whose coefficients were stored. The error is that of
// looking for a further marker, nil at the end marker.
func (d *Decoder) finish(end error) error {
	if d.header.Scans == 0 {
		return fmt.Errorf("%w: no scan", ErrTruncated)
	}
	d.damage.Truncated = end != nil
	if !d.options.Lenient {
		if err := d.complete(end == nil); err != nil {
			return err
		}
	}
	if d.checks {
		return nil
	}
	smooth := d.lacksFrequencies()
	d.damage.Smoothed = smooth
	for i := range d.components {
		c := &d.components[i]
		switch {
		case !c.seen:
			d.damage.Components++
			fill(c.plane.Pix, 128)
		case smooth:
			d.smooth(c)
		case !d.direct:
			c.reconstruct()
		}
	}
	return nil
}

// complete returns an error if scans are missing. In a file with an end marker, each component
// needs a scan, and the first component of a progressive file needs all bits of its lowest
// frequencies. Otherwise the file was truncated and then closed, and decoders that guess the
// missing bits, such as libjpeg, return other pixels.
func (d *Decoder) complete(ended bool) error {
	for i := range d.components {
		c := &d.components[i]
		if !c.seen {
			return fmt.Errorf("%w: no scan of component %d", ErrTruncated, i)
		}
		if d.header.Process != sof2 {
			continue
		}
		for k := range c.left {
			if !ended && c.left[k] != 0 {
				return fmt.Errorf("%w: no end marker, and no scan of the last bits", ErrTruncated)
			}
		}
		for k := 1; i == 0 && k < smoothed; k++ {
			if c.left[k] != 0 {
				return fmt.Errorf("%w: no scan of the low frequencies", ErrTruncated)
			}
		}
	}
	return nil
}

// zigzag maps the order in which coefficients are coded to their positions in a block. Further
// entries make damaged runs end at the last coefficient.
var zigzag = func() (order [128]uint8) {
	copy(order[:], []uint8{
		0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
		35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
	})
	fill(order[64:], 63)
	return order
}()

func fill(s []byte, v byte) {
	for i := range s {
		s[i] = v
	}
}

func (d *Decoder) readQuant(s []byte) error {
	for len(s) > 0 {
		precision, n := int(s[0]>>4), int(s[0]&15)
		size := 64 * (1 + precision)
		if s = s[1:]; precision > 1 || n > 3 || len(s) < size {
			return fmt.Errorf("%w: quantization table %d of %d bytes", ErrCorrupt, n, len(s))
		}
		for i := range 64 {
			v := int16(s[i])
			if precision == 1 {
				v = int16(binary.BigEndian.Uint16(s[2*i:]))
			}
			d.quant[n][zigzag[i]] = v
		}
		d.hasQuant[n] = true
		s = s[size:]
	}
	return nil
}

func (d *Decoder) readTables(s []byte) error {
	for len(s) > 0 {
		if len(s) < 17 || s[0]&15 > 3 || s[0]>>4 > 1 {
			return fmt.Errorf("%w: a Huffman table of %d bytes", ErrCorrupt, len(s))
		}
		symbols := 0
		for _, n := range s[1:17] {
			symbols += int(n)
		}
		if symbols > 256 || len(s) < 17+symbols {
			return fmt.Errorf("%w: a Huffman table of %d symbols in %d bytes", ErrCorrupt, symbols, len(s))
		}
		class, n := s[0]>>4, s[0]&15
		d.tables[class][n].define(s[1:17], s[17:17+symbols])
		d.defined[class][n] = true
		s = s[17+symbols:]
	}
	return nil
}

// reconstruct computes the samples from the coefficients.
func (c *component) reconstruct() {
	for y := range c.high {
		row := y * c.stride
		for x := range c.wide {
			last := 63
			if c.nonzero != nil {
				last = bits.Len64(c.nonzero[row+x]|1) - 1
			}
			c.inverse(x, y, &c.coefficients[row+x], last)
		}
	}
}

// inverse computes the samples of the block at column x and row y. The coefficients from last on,
// in the order of zigzag, are zero.
func (c *component) inverse(x, y int, b *[64]int16, last int) {
	to := c.plane.Pix[y*c.size*c.plane.Stride+x*c.size:]
	switch c.size {
	case 8:
		if c.fast {
			inverseFast(to, c.plane.Stride, b, &c.quantFast, last)
			return
		}
		inverse8x8(to, c.plane.Stride, b, c.quant, last)
	case 4:
		inverse4x4(to, c.plane.Stride, b, c.quant, last)
	case 2:
		inverse2x2(to, c.plane.Stride, b, c.quant, last)
	default:
		to[0] = inverse1x1(b, c.quant)
	}
}
