package imagefile

import (
	"encoding/binary"
	"fmt"
)

// Compressions of a BMP.
const (
	bmpRaw = iota
	bmpRLE8
	bmpRLE4
	bmpMasks
)

// BMPFile is the header of a BMP (Windows BITMAPINFOHEADER and its variants, OS/2
// BITMAPCOREHEADER).
type BMPFile struct {
	Width, Height int
	Bits          int        // per pixel
	Palette       [][3]uint8 // red, green, blue; for up to 8 bits
	Masks         [4]uint32  // red, green, blue, alpha; for 16 bits and more
	topDown       bool
	compression   int
	data          []byte // from the first pixel
}

// ReadBMP reads the header and checks that no pixels are missing. It ignores the sizes of file and
// data in the header.
func ReadBMP(b []byte) (*BMPFile, error) {
	size := int(binary.LittleEndian.Uint32(b[14:]))
	if len(b) < 14+size {
		return nil, fmt.Errorf("%w: a header of %d bytes in a file of %d", ErrTruncated, size, len(b))
	}
	f := &BMPFile{}
	h := b[14:]
	word := func(at int) int { return int(binary.LittleEndian.Uint16(h[at:])) }
	long := func(at int) uint32 { return binary.LittleEndian.Uint32(h[at:]) }
	colors, entry := uint32(0), 4
	if size == 12 {
		f.Width, f.Height, f.Bits, entry = word(4), word(6), word(10), 3
	} else {
		f.Width, f.Height, f.Bits = int(int32(long(4))), int(int32(long(8))), word(14)
		if size >= 20 {
			f.compression = int(int32(long(16)))
		}
		if size >= 36 {
			colors = long(32)
		}
	}
	if f.Height < 0 {
		f.Height, f.topDown = -f.Height, true
	}
	if f.Width <= 0 || f.Height <= 0 {
		return nil, fmt.Errorf("%w: size %dx%d", ErrCorrupt, f.Width, f.Height)
	}
	if err := CheckSize(len(b), f.Width, f.Height); err != nil {
		return f, nil // only its size is reported
	}
	after := 14 + size
	after, err := f.readMasks(b, size, after)
	if err != nil {
		return nil, err
	}
	if f.Bits <= 8 {
		after = f.readPalette(b, after, colors, entry)
	}
	first := int64(binary.LittleEndian.Uint32(b[10:]))
	if first < int64(14+size) || f.Bits <= 8 && first == int64(14+size) {
		first = int64(after) // the header has no offset of the pixels, or one that points at the palette
	}
	if first > int64(len(b)) {
		return nil, fmt.Errorf("%w: pixels at byte %d of %d", ErrTruncated, first, len(b))
	}
	f.data = b[first:]
	return f, f.enough()
}

// readMasks finds out which bits hold each colour, and returns where the header ends.
func (f *BMPFile) readMasks(b []byte, size, after int) (int, error) {
	const alphaMasks = 6 // BI_ALPHABITFIELDS of Windows CE
	switch {
	case f.compression == alphaMasks || f.compression == bmpMasks:
		f.compression = bmpMasks
		at, n := 14+40, 3
		if size >= 56 {
			n = 4
		}
		if size == 40 {
			after += 12
		}
		if f.Bits < 16 || len(b) < at+4*n {
			return 0, fmt.Errorf("%w: colour masks for %d bits a pixel", ErrCorrupt, f.Bits)
		}
		for i := range n {
			f.Masks[i] = binary.LittleEndian.Uint32(b[at+4*i:])
		}
		for _, m := range f.Masks {
			if m != 0 && (m/(m&-m)+1)&(m/(m&-m)) != 0 {
				return 0, fmt.Errorf("%w: BMP with colour mask %#x", ErrUnsupported, m)
			}
		}
		if f.Masks == [4]uint32{} && f.Bits == 32 {
			f.Masks = [4]uint32{0xff0000, 0xff00, 0xff, 0xff000000}
		}
	case f.Bits == 16:
		f.Masks = [4]uint32{0x7c00, 0x3e0, 0x1f}
	default:
		f.Masks = [4]uint32{0xff0000, 0xff00, 0xff}
	}
	legal := f.compression == bmpRaw || f.compression == bmpMasks ||
		f.compression == bmpRLE8 && f.Bits == 8 || f.compression == bmpRLE4 && f.Bits == 4
	switch f.Bits {
	case 1, 2, 4, 8, 16, 24, 32:
	default:
		legal = false
	}
	if !legal {
		return 0, fmt.Errorf("%w: BMP of %d bits a pixel with compression %d", ErrUnsupported, f.Bits, f.compression)
	}
	return after, nil
}

// readPalette reads the palette at a byte of the file and returns where it ends.
func (f *BMPFile) readPalette(b []byte, at int, colors uint32, entry int) int {
	n := 1 << f.Bits
	if colors > 0 && colors <= 1<<16 {
		n = int(colors)
	}
	for i := range n {
		if from := at + i*entry; from+3 <= len(b) && len(f.Palette) < 256 {
			f.Palette = append(f.Palette, [3]uint8{b[from+2], b[from+1], b[from]})
		}
	}
	return at + n*entry
}

// stride returns the size of a row in bytes, a multiple of four.
func (f *BMPFile) stride() int { return (f.Width*f.Bits + 31) / 32 * 4 }

// enough returns an error if pixels are missing. The last row may lack its padding.
func (f *BMPFile) enough() error {
	need := int64(f.stride())*int64(f.Height-1) + int64(f.Width*f.Bits+7)/8
	if f.compression == bmpRLE8 || f.compression == bmpRLE4 {
		need = 2 // decoding the runs shows it
	}
	if int64(len(f.data)) < need {
		return fmt.Errorf("%w: %d bytes of pixels, %d are needed", ErrTruncated, len(f.data), need)
	}
	return nil
}
