package imagefile

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"math/bits"

	"golang.org/x/image/tiff/lzw"
)

// Decode decodes the page to red, green and blue, [H,W,3], and alpha, [H,W], which is nil if there
// is none. Of samples of 16 bits it keeps the upper byte. It needs memory for the results and one
// row.
func (f *TIFFFile) Decode() (rgb, alpha []byte, err error) {
	if err := CheckSize(len(f.file), f.Width, f.Height); err != nil {
		return nil, nil, err
	}
	rgb = make([]byte, 3*f.Width*f.Height)
	if f.alpha >= 0 {
		alpha = make([]byte, f.Width*f.Height)
	}
	for block := range f.offsets {
		if err := f.decodeBlock(block, rgb, alpha); err != nil {
			return nil, nil, fmt.Errorf("number %d of its %s: %w", block+1, f.blocks(), err)
		}
	}
	if f.multiplied {
		unmultiply(rgb, alpha)
	}
	return rgb, alpha, nil
}

// Image decodes the page and turns it upright.
func (f *TIFFFile) Image() (*image.NRGBA, error) {
	rgb, alpha, err := f.Decode()
	if err != nil {
		return nil, err
	}
	return Info{Width: f.Width, Height: f.Height, Orientation: f.Orientation}.Image(rgb, alpha), nil
}

// decodeBlock decodes a strip or tile into its position. It skips the part of a tile beyond the
// image.
func (f *TIFFFile) decodeBlock(block int, rgb, alpha []byte) error {
	coded, err := f.coded(block)
	if err != nil {
		return err
	}
	r, err := f.open(coded)
	if err != nil {
		return tiffFault(err)
	}
	plane, x, y := block/(f.across*f.down), block%f.across*f.blockWidth, block/f.across%f.down*f.blockHeight
	width, height := min(f.blockWidth, f.Width-x), min(f.blockHeight, f.Height-y)
	row := make([]byte, f.rowBytes())
	samples := make([]byte, f.blockWidth*f.Samples/f.planes)
	for i := range height {
		if _, err := io.ReadFull(r, row); err != nil {
			return tiffFault(err)
		}
		if f.predictor == 2 {
			f.undoDifferences(row)
		}
		at := (y+i)*f.Width + x
		f.put(f.bytesOf(row, samples), plane, rgb[3*at:][:3*width], alpha[min(at, len(alpha)):])
	}
	rest := int64(len(row)) * int64(f.rows(block)-height)
	if _, err := io.CopyN(io.Discard, r, rest+1); errors.Is(err, zlib.ErrChecksum) {
		return fmt.Errorf("%w: pixel data: %v", ErrCorrupt, err)
	}
	return nil
}

// open returns a reader of a block's decoded bytes.
func (f *TIFFFile) open(coded []byte) (io.Reader, error) {
	var r byteReader = bytes.NewReader(coded)
	if f.reversed {
		r = reversedBits{r}
	}
	switch f.compression {
	case tiffLZW:
		return lzw.NewReader(r, lzw.MSB, 8), nil
	case tiffDeflate, tiffOldDeflate:
		return zlib.NewReader(r)
	case tiffPackBits:
		return &packBits{from: r}, nil
	}
	return r, nil
}

func tiffFault(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: pixels are missing", ErrTruncated)
	}
	return fmt.Errorf("%w: pixel data: %v", ErrCorrupt, err)
}

// undoDifferences undoes the horizontal predictor: it adds to each sample that of the pixel before
// it (TIFF 6.0, section 14).
func (f *TIFFFile) undoDifferences(row []byte) {
	n := f.Samples / f.planes
	if f.Bits == 8 {
		for i := n; i < len(row); i++ {
			row[i] += row[i-n]
		}
		return
	}
	for i := 2 * n; i+1 < len(row); i += 2 {
		f.order.PutUint16(row[i:], f.order.Uint16(row[i:])+f.order.Uint16(row[i-2*n:]))
	}
}

// bytesOf converts each sample of a row to a byte: a palette index, or a level from 0 to 255.
func (f *TIFFFile) bytesOf(row, samples []byte) []byte {
	switch f.Bits {
	case 8:
		return row
	case 16:
		upper := 0
		if f.order == binary.LittleEndian {
			upper = 1
		}
		for i := range samples {
			samples[i] = row[2*i+upper]
		}
		return samples
	}
	most := byte(1<<f.Bits - 1)
	scale := 255 / most
	if f.photometric == tiffIsPalette {
		scale = 1
	}
	perByte := 8 / f.Bits
	for i := range samples {
		samples[i] = row[i/perByte] >> (8 - f.Bits*(i%perByte+1)) & most * scale
	}
	return samples
}

// put writes a row of samples, of all planes or of one, into pixels.
func (f *TIFFFile) put(row []byte, plane int, rgb, alpha []byte) {
	each := f.Samples / f.planes
	if f.photometric == tiffIsRGB && each == 3 {
		copy(rgb, row)
		return
	}
	invert := byte(0)
	if f.photometric == tiffWhiteIsZero {
		invert = 255
	}
	for s := range each {
		sample := plane + s
		switch {
		case sample == f.alpha:
			for x := range len(rgb) / 3 {
				alpha[x] = row[each*x+s]
			}
		case f.photometric == tiffIsCMYK && sample == 3:
			for x := range len(rgb) / 3 {
				inkToLight((*[3]byte)(rgb[3*x:]), row[each*x+s])
			}
		case (f.photometric == tiffIsRGB || f.photometric == tiffIsCMYK) && sample < 3:
			for x := range len(rgb) / 3 {
				rgb[3*x+sample] = row[each*x+s]
			}
		case f.photometric == tiffIsPalette && sample == 0:
			for x := range len(rgb) / 3 {
				copy(rgb[3*x:][:3], f.palette[3*int(row[each*x+s]):])
			}
		case sample == 0:
			for x := range len(rgb) / 3 {
				v := row[each*x+s] ^ invert
				rgb[3*x], rgb[3*x+1], rgb[3*x+2] = v, v, v
			}
		}
	}
}

// inkToLight converts cyan, magenta and yellow, under black, to red, green and blue, as Pillow does
// (Convert.c, cmyk2rgb). It takes no profile into account.
func inkToLight(inks *[3]byte, black byte) {
	paper := uint32(255 - black)
	for c, ink := range inks {
		t := uint32(ink)*paper + 128
		inks[c] = byte(paper - (t>>8+t)>>8)
	}
}

// unmultiply divides colours by alpha, as Pillow does.
func unmultiply(rgb, alpha []byte) {
	for i, a := range alpha {
		for c := range 3 {
			switch p := &rgb[3*i+c]; a {
			case 0:
				*p = 0
			case 255:
			default:
				*p = byte(min(255, 255*int(*p)/int(a)))
			}
		}
	}
}

type byteReader interface {
	io.Reader
	io.ByteReader
}

// reversedBits reverses the bits of each byte (FillOrder 2).
type reversedBits struct{ from byteReader }

func (r reversedBits) Read(to []byte) (int, error) {
	n, err := r.from.Read(to)
	for i := range to[:n] {
		to[i] = bits.Reverse8(to[i])
	}
	return n, err
}

func (r reversedBits) ReadByte() (byte, error) {
	b, err := r.from.ReadByte()
	return bits.Reverse8(b), err
}

// packBits decodes runs and literals (TIFF 6.0, section 9).
type packBits struct {
	from     io.ByteReader
	run      byte
	runs     int // remaining bytes of the run
	literals int // remaining bytes of the literal
}

func (p *packBits) Read(to []byte) (n int, err error) {
	for n < len(to) {
		switch {
		case p.runs > 0:
			to[n] = p.run
			p.runs--
			n++
		case p.literals > 0:
			if to[n], err = p.from.ReadByte(); err != nil {
				return n, err
			}
			p.literals--
			n++
		default:
			if err = p.next(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// next reads the header of a run or literal.
func (p *packBits) next() error {
	const nothing = -128
	b, err := p.from.ReadByte()
	if err != nil {
		return err
	}
	switch h := int(int8(b)); {
	case h >= 0:
		p.literals = h + 1
	case h != nothing:
		if p.run, err = p.from.ReadByte(); err != nil {
			return err
		}
		p.runs = 1 - h
	}
	return nil
}
