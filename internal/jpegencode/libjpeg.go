package jpegencode

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"sync"
)

// Libjpeg encodes 8-bit pixels, [height, width, 3], with the coefficients of libjpeg-turbo at its
// defaults: the accurate integer transform, chroma at half the height and width. The coded data are
// those of Pillow's Image.save and of TensorFlow's encode_jpeg, byte for byte.
func Libjpeg(pix []uint8, height, width, quality int) ([]byte, error) {
	if height > mostSide || width > mostSide {
		return nil, fmt.Errorf("a JPEG has at most %d rows and columns, not %dx%d (height x width)", mostSide, height, width)
	}
	e, err := encoderOf(quality)
	if err != nil {
		return nil, err
	}
	l := libjpeg{encoder: e, divisors: e.libjpegDivisors()}
	return l.encode(pix, height, width), nil
}

// mostSide is libjpeg's limit (JPEG_MAX_DIMENSION); the format's is 65535.
const mostSide = 65500

type libjpeg struct {
	*encoder
	divisors *[2][64]divisor
}

// divisor divides by a multiplication (jcdctmgr.c, compute_reciprocal).
type divisor struct {
	reciprocal, correction uint32
	shift                  uint8
}

// divisorTables holds those of a quality, in natural order.
type divisorTables struct {
	once sync.Once
	of   [2][64]divisor
}

// libjpegDivisors returns what the transform's coefficients, which are scaled by 8, are divided by.
func (e *encoder) libjpegDivisors() *[2][64]divisor {
	e.integer.once.Do(func() {
		for table := range e.quant {
			for i, q := range e.quant[table] {
				e.integer.of[table][i] = divideBy(8 * uint32(q))
			}
		}
	})
	return &e.integer.of
}

// divideBy makes the divisor that rounds to the nearest, halves away from zero, for values of up to
// 16 bits.
func divideBy(d uint32) divisor {
	shift := 16 + bits.Len32(d) - 1
	quotient, rest := uint32(1<<shift)/d, uint32(1<<shift)%d
	correction := d / 2
	switch {
	case rest == 0:
		quotient, shift = quotient/2, shift-1
	case rest <= d/2:
		correction++
	default:
		quotient++
	}
	return divisor{quotient, correction, uint8(shift)}
}

func (d divisor) divide(v int32) int32 {
	if v < 0 {
		return -int32((uint32(-v) + d.correction) * d.reciprocal >> d.shift)
	}
	return int32((uint32(v) + d.correction) * d.reciprocal >> d.shift)
}

// encode codes MCUs of 16 by 16 pixels. Blocks beyond the last that holds pixels repeat the DC
// value before them (jccoefct.c).
func (l libjpeg) encode(pix []uint8, height, width int) []byte {
	w := &bitWriter{out: make([]byte, 0, len(l.header)+width*height/2+64)}
	w.out = append(w.out, l.header...)
	binary.BigEndian.PutUint16(w.out[l.size:], uint16(height))
	binary.BigEndian.PutUint16(w.out[l.size+2:], uint16(width))
	planes := libjpegPlanes(pix, height, width)
	var before [3]int32 // DC values
	for top := 0; top < height; top += 16 {
		for left := 0; left < width; left += 16 {
			for i := range 4 {
				before[0] = l.block(w, &planes[0], left+i%2*8, top+i/2*8, 0, before[0])
			}
			before[1] = l.block(w, &planes[1], left/2, top/2, 1, before[1])
			before[2] = l.block(w, &planes[2], left/2, top/2, 1, before[2])
		}
	}
	w.end()
	return append(w.out, 0xff, 0xd9)
}

// block transforms, quantizes and writes 8 by 8 samples, and returns their DC value.
func (l libjpeg) block(w *bitWriter, p *plane, left, top, table int, before int32) int32 {
	var values [64]int32
	nonzero := uint64(0)
	if left < p.width && top < p.height {
		integerTransform(&values, p.pix[top*p.stride+left:], p.stride)
		for i, d := range &l.divisors[table] {
			if values[i] = d.divide(values[i]); values[i] != 0 {
				nonzero |= 1 << i
			}
		}
	} else {
		values[0] = before
	}
	w.symbol(&l.codes[2*table], 0, values[0]-before)
	w.rest(&l.codes[2*table+1], &values, zigzag(nonzero&^1))
	return values[0]
}

// libjpegPlanes converts pixels to YCbCr (jccolor.c) and halves chroma (jcsample.c,
// h2v2_downsample, whose rounding alternates from column to column). Planes are whole blocks:
// pixels at the edges are repeated before chroma is halved.
func libjpegPlanes(pix []uint8, height, width int) (planes [3]plane) {
	blocks := func(n int) int { return (n + 7) / 8 * 8 }
	for i := range planes {
		h, w := blocks(height), blocks(width)
		if i > 0 {
			h, w = blocks((height+1)/2), blocks((width+1)/2)
		}
		planes[i] = plane{make([]uint8, h*w), w, w, h}
	}
	luma, cb, cr := &planes[0], &planes[1], &planes[2]
	var full [2][2][]uint8 // chroma of two rows: cb, cr
	for i := range full {
		full[i] = [2][]uint8{make([]uint8, 2*cb.stride), make([]uint8, 2*cb.stride)}
	}
	for y := 0; y < height; y += 2 {
		for i := range full {
			row := min(y+i, height-1)
			convertToYCC(luma.pix[row*luma.stride:][:luma.stride], full[i][0], full[i][1], pix[3*row*width:][:3*width])
		}
		halve(cb.pix[y/2*cb.stride:][:cb.stride], full[0][0], full[1][0])
		halve(cr.pix[y/2*cr.stride:][:cr.stride], full[0][1], full[1][1])
	}
	luma.repeatLastRow(height)
	cb.repeatLastRow((height + 1) / 2)
	cr.repeatLastRow((height + 1) / 2)
	return planes
}

// repeatLastRow fills the rows behind the first ones.
func (p *plane) repeatLastRow(rows int) {
	for y := rows; y < p.height; y++ {
		copy(p.pix[y*p.stride:][:p.stride], p.pix[(rows-1)*p.stride:])
	}
}

// convertToYCC converts a row by JFIF, in fixed point of 16 bits, and repeats the last pixel.
// Chroma can be longer than luma.
func convertToYCC(luma, cb, cr, pix []uint8) {
	width := len(pix) / 3
	for x := range width {
		r, g, b := int32(pix[3*x]), int32(pix[3*x+1]), int32(pix[3*x+2])
		luma[x] = uint8((19595*r + 38470*g + 7471*b + 1<<15) >> 16)
		cb[x] = uint8((-11058*r - 21710*g + 32768*b + 128<<16 + 1<<15 - 1) >> 16)
		cr[x] = uint8((32768*r - 27439*g - 5329*b + 128<<16 + 1<<15 - 1) >> 16)
	}
	for _, row := range [][]uint8{luma, cb, cr} {
		for x := width; x < len(row); x++ {
			row[x] = row[width-1]
		}
	}
}

// halve averages squares of four samples.
func halve(to, above, below []uint8) {
	bias := uint32(1)
	for x := range to {
		to[x] = uint8((uint32(above[2*x]) + uint32(above[2*x+1]) + uint32(below[2*x]) + uint32(below[2*x+1]) + bias) >> 2)
		bias ^= 3
	}
}

// Factors of the transform, in 1/8192 (jfdctint.c).
const (
	fix0298 = 2446
	fix0390 = 3196
	fix0541 = 4433
	fix0765 = 6270
	fix0899 = 7373
	fix1175 = 9633
	fix1501 = 12299
	fix1847 = 15137
	fix1961 = 16069
	fix2053 = 16819
	fix2562 = 20995
	fix3072 = 25172
)

// integerTransform computes the discrete cosine transform of 8 by 8 samples, scaled by 8, as
// libjpeg's accurate integer transform (jfdctint.c; Loeffler, Ligtenberg and Moschytz, ICASSP
// 1989): rows, which leave two fractional bits, then columns.
func integerTransform(values *[64]int32, pix []uint8, stride int) {
	for y := range 8 {
		p, v := pix[y*stride:][:8], values[8*y:][:8]
		dct(v, 1, int32(p[0])-128, int32(p[1])-128, int32(p[2])-128, int32(p[3])-128,
			int32(p[4])-128, int32(p[5])-128, int32(p[6])-128, int32(p[7])-128, 11)
		v[0], v[4] = v[0]<<2, v[4]<<2
	}
	for x := range 8 {
		v := values[x:]
		dct(v, 8, v[0], v[8], v[16], v[24], v[32], v[40], v[48], v[56], 15)
		v[0], v[32] = (v[0]+2)>>2, (v[32]+2)>>2
	}
}

// dct transforms eight values and writes them a step apart. It drops fractional bits of all but the
// first and the fifth, whose factor is 1.
func dct(to []int32, step int, a0, a1, a2, a3, a4, a5, a6, a7 int32, drop uint) {
	half := int32(1) << (drop - 1)
	s0, s1, s2, s3 := a0+a7, a1+a6, a2+a5, a3+a4
	d7, d6, d5, d4 := a0-a7, a1-a6, a2-a5, a3-a4
	even0, even3, even1, even2 := s0+s3, s0-s3, s1+s2, s1-s2
	to[0], to[4*step] = even0+even1, even0-even1
	z := (even2 + even3) * fix0541
	to[2*step] = (z + even3*fix0765 + half) >> drop
	to[6*step] = (z - even2*fix1847 + half) >> drop

	z5 := (d4 + d6 + d5 + d7) * fix1175
	z1, z2 := (d4+d7)*-fix0899, (d5+d6)*-fix2562
	z3, z4 := (d4+d6)*-fix1961+z5, (d5+d7)*-fix0390+z5
	to[7*step] = (d4*fix0298 + z1 + z3 + half) >> drop
	to[5*step] = (d5*fix2053 + z2 + z4 + half) >> drop
	to[3*step] = (d6*fix3072 + z2 + z3 + half) >> drop
	to[step] = (d7*fix1501 + z1 + z4 + half) >> drop
}
