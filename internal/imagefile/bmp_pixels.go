package imagefile

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"math/bits"
)

// Decode decodes the pixels, to an *image.Paletted for up to 8 bits, else to an *image.NRGBA.
func (f *BMPFile) Decode() (image.Image, error) {
	if f.Bits > 8 {
		return f.decodeMasks(), nil
	}
	m := image.NewPaletted(image.Rect(0, 0, f.Width, f.Height), nil)
	for _, c := range f.Palette {
		m.Palette = append(m.Palette, color.NRGBA{c[0], c[1], c[2], 255})
	}
	for len(m.Palette) < 1<<f.Bits {
		m.Palette = append(m.Palette, color.NRGBA{A: 255})
	}
	if f.compression == bmpRLE8 || f.compression == bmpRLE4 {
		return m, f.decodeRuns(m)
	}
	perByte := 8 / f.Bits
	for y := range f.Height {
		row, to := f.row(y), m.Pix[y*m.Stride:][:f.Width]
		for x := range to {
			to[x] = row[x/perByte] >> (8 - f.Bits*(x%perByte+1)) & (1<<f.Bits - 1)
		}
	}
	return m, nil
}

// row returns the bytes of row y, counted from the top.
func (f *BMPFile) row(y int) []byte {
	if !f.topDown {
		y = f.Height - 1 - y
	}
	return f.data[y*f.stride():]
}

func (f *BMPFile) decodeMasks() image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, f.Width, f.Height))
	plain := f.Bits >= 24 && f.Masks == [4]uint32{0xff0000, 0xff00, 0xff}
	size := f.Bits / 8
	for y := range f.Height {
		row, to := f.row(y), m.Pix[y*m.Stride:]
		for x := range f.Width {
			from, p := row[size*x:][:size], to[4*x:][:4]
			if plain {
				p[0], p[1], p[2], p[3] = from[2], from[1], from[0], 255
				continue
			}
			var v uint32
			switch size {
			case 2:
				v = uint32(binary.LittleEndian.Uint16(from))
			case 3:
				v = uint32(from[0]) | uint32(from[1])<<8 | uint32(from[2])<<16
			default:
				v = binary.LittleEndian.Uint32(from)
			}
			for i, mask := range f.Masks {
				p[i] = masked(v, mask)
			}
			if f.Masks[3] == 0 {
				p[3] = 255
			}
		}
	}
	return m
}

// masked scales the bits of the mask to 0 to 255.
func masked(v, mask uint32) uint8 {
	if mask == 0 {
		return 0
	}
	shift := bits.TrailingZeros32(mask)
	return uint8(uint64((v&mask)>>shift) * 255 / uint64(mask>>shift))
}

// decodeRuns decodes RLE8 and RLE4. Pixels that no run sets before the end of the bitmap get index
// 0; a file that ends before that is truncated.
func (f *BMPFile) decodeRuns(m *image.Paletted) error {
	x, y, rest := 0, 0, f.data
	put := func(v byte) {
		if x < f.Width && y < f.Height {
			row := y
			if !f.topDown {
				row = f.Height - 1 - y
			}
			m.Pix[row*m.Stride+x] = v
		}
		x++
	}
	// pixel returns pixel i of the bytes, two per byte in RLE4; a run repeats its byte.
	pixel := func(from []byte, i int) byte {
		if f.compression == bmpRLE8 {
			return from[i%len(from)]
		}
		return from[i/2%len(from)] >> (4 * (1 - i%2)) & 15
	}
	for y < f.Height && (y < f.Height-1 || x < f.Width) {
		if len(rest) < 2 {
			return fmt.Errorf("%w: pixels are missing", ErrTruncated)
		}
		count, code := int(rest[0]), int(rest[1])
		run := rest[1:2]
		rest = rest[2:]
		switch {
		case count > 0:
			for i := range count {
				put(pixel(run, i))
			}
		case code == 0:
			x, y = 0, y+1
		case code == 1:
			return nil
		case code == 2:
			if len(rest) < 2 {
				return fmt.Errorf("%w: pixels are missing", ErrTruncated)
			}
			x, y, rest = x+int(rest[0]), y+int(rest[1]), rest[2:]
		default:
			size := code
			if f.compression == bmpRLE4 {
				size = (code + 1) / 2
			}
			if len(rest) < size {
				return fmt.Errorf("%w: pixels are missing", ErrTruncated)
			}
			for i := range code {
				put(pixel(rest[:size], i))
			}
			rest = rest[min(size+size%2, len(rest)):]
		}
	}
	return nil
}
