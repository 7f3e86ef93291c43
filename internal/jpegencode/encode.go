// Package jpegencode writes baseline JPEG files, with the tables of image/jpeg, faster than that.
package jpegencode

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"math/bits"
	"sync"
)

// encoder writes baseline JPEG files faster than image/jpeg. It computes the entropy-coded data;
// the header (quantization tables, Huffman tables, components) is that of image/jpeg at the same
// quality, with the size replaced.
type encoder struct {
	header []byte // up to the data
	size   int    // offset of the height in the header; the width follows
	scale  [2][64]float32
	quant  [2][64]uint8 // in natural order
	codes  [4]codes     // luma DC, luma AC, chroma DC, chroma AC

	integer divisorTables // of [Libjpeg]
}

// codes is a Huffman table by symbol: the code in the upper bits and its length in the lowest byte.
type codes [256]uint32

var encoders sync.Map // quality -> *encoder

// encoderOf returns the encoder for a quality.
func encoderOf(quality int) (*encoder, error) {
	if e, ok := encoders.Load(quality); ok {
		return e.(*encoder), nil
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewYCbCr(image.Rect(0, 0, 16, 16), image.YCbCrSubsampleRatio420), &jpeg.Options{Quality: quality}); err != nil {
		return nil, err
	}
	e := &encoder{}
	if err := e.readHeader(b.Bytes()); err != nil {
		return nil, err
	}
	encoders.Store(quality, e)
	return e, nil
}

// readHeader reads the tables at the beginning of a file.
func (e *encoder) readHeader(file []byte) error {
	at := 2
	for at+4 <= len(file) {
		marker, n := file[at+1], int(binary.BigEndian.Uint16(file[at+2:]))
		segment := file[at+4 : at+2+n]
		switch marker {
		case 0xdb: // quantization
			for len(segment) >= 65 {
				e.setQuant(int(segment[0]&1), segment[1:65])
				segment = segment[65:]
			}
		case 0xc0:
			e.size = at + 5
		case 0xc4: // Huffman
			for len(segment) >= 17 {
				segment = segment[17+e.setCodes(int(segment[0]&1)*2+int(segment[0]>>4), segment):]
			}
		case 0xda:
			e.header = bytes.Clone(file[:at+2+n])
			return nil
		}
		at += 2 + n
	}
	return fmt.Errorf("image/jpeg wrote a header that ends after %d bytes", len(file))
}

// setQuant sets a quantization table, given in zigzag order. The fast DCT leaves each coefficient
// scaled by factors for its row and column (Arai, Agui, Nakajima), which the table compensates.
func (e *encoder) setQuant(table int, quant []byte) {
	for i, q := range quant {
		at := naturalOrder[i]
		e.quant[table][at] = q
		e.scale[table][at] = 1 / (float32(q) * 8 * aanFactor[at/8] * aanFactor[at%8])
	}
}

// setCodes sets a Huffman table and returns the number of its symbols. The codes of each length are
// consecutive numbers (ITU T.81, annex C).
func (e *encoder) setCodes(table int, segment []byte) (symbols int) {
	code := uint32(0)
	for length := 1; length <= 16; length++ {
		for range segment[length] {
			e.codes[table][segment[17+symbols]] = code<<8 | uint32(length)
			code++
			symbols++
		}
		code <<= 1
	}
	return symbols
}

// bitWriter writes bits, most significant first.
type bitWriter struct {
	out   []byte
	bits  uint64
	count uint // of bits, in the low end
}

func (w *bitWriter) put(value uint32, n uint) {
	w.bits = w.bits<<n | uint64(value)
	if w.count += n; w.count >= 32 {
		w.flush32()
	}
}

// flush32 writes 32 bits. It adds a zero after a byte 0xff, because markers begin with 0xff.
func (w *bitWriter) flush32() {
	w.count -= 32
	word := uint32(w.bits >> w.count)
	if ones := word & (word&0x7f7f7f7f + 0x01010101) & 0x80808080; ones == 0 {
		w.out = binary.BigEndian.AppendUint32(w.out, word)
		return
	}
	for shift := 24; shift >= 0; shift -= 8 {
		b := byte(word >> shift)
		if w.out = append(w.out, b); b == 0xff {
			w.out = append(w.out, 0)
		}
	}
}

// end pads the last byte with ones.
func (w *bitWriter) end() {
	w.put(0x7f, 7)
	for w.count >= 8 {
		w.count -= 8
		b := byte(w.bits >> w.count)
		if w.out = append(w.out, b); b == 0xff {
			w.out = append(w.out, 0)
		}
	}
}

// encode encodes an image with chroma at half the height and width.
func (e *encoder) encode(m *image.YCbCr) []byte {
	width, height := m.Rect.Dx(), m.Rect.Dy()
	w := &bitWriter{out: make([]byte, 0, len(e.header)+width*height/2+64)}
	w.out = append(w.out, e.header...)
	binary.BigEndian.PutUint16(w.out[e.size:], uint16(height))
	binary.BigEndian.PutUint16(w.out[e.size+2:], uint16(width))
	chromaWidth, chromaHeight := (width+1)/2, (height+1)/2
	planes := [3]plane{{m.Y, m.YStride, width, height}, {m.Cb, m.CStride, chromaWidth, chromaHeight}, {m.Cr, m.CStride, chromaWidth, chromaHeight}}
	var before [3]int32 // DC values
	for top := 0; top < height; top += 16 {
		for left := 0; left < width; left += 16 {
			for i := range 4 {
				before[0] = e.block(w, &planes[0], left+i%2*8, top+i/2*8, 0, before[0])
			}
			before[1] = e.block(w, &planes[1], left/2, top/2, 1, before[1])
			before[2] = e.block(w, &planes[2], left/2, top/2, 1, before[2])
		}
	}
	w.end()
	return append(w.out, 0xff, 0xd9)
}

// plane is one component of an image.
type plane struct {
	pix                   []uint8
	stride, width, height int
}

// block transforms, quantizes and writes 8 by 8 samples, and returns their DC value.
func (e *encoder) block(w *bitWriter, p *plane, left, top, table int, before int32) int32 {
	var values [64]int32
	var nonzero uint64
	if left+8 <= p.width && top+8 <= p.height {
		nonzero = transform(&values, p.pix[top*p.stride+left:], p.stride, &e.scale[table])
	} else {
		var edge [64]uint8
		p.pad(&edge, left, top)
		nonzero = transform(&values, edge[:], 8, &e.scale[table])
	}
	w.symbol(&e.codes[2*table], 0, values[0]-before)
	w.rest(&e.codes[2*table+1], &values, zigzag(nonzero&^1))
	return values[0]
}

// pad copies 8 by 8 samples and repeats the last ones beyond the edges.
func (p *plane) pad(to *[64]uint8, left, top int) {
	for y := range 8 {
		row := p.pix[min(top+y, p.height-1)*p.stride:]
		for x := range 8 {
			to[8*y+x] = row[min(left+x, p.width-1)]
		}
	}
}

// zigzag converts a set of coefficients from natural order to zigzag order.
func zigzag(natural uint64) (bitset uint64) {
	for ; natural != 0; natural &= natural - 1 {
		bitset |= 1 << zigzagOrder[bits.TrailingZeros64(natural)]
	}
	return bitset
}

// rest writes the coefficients after the first. bitset marks those that are not zero, in zigzag
// order.
func (w *bitWriter) rest(ac *codes, values *[64]int32, bitset uint64) {
	last := 0
	for ; bitset != 0; bitset &= bitset - 1 {
		i := bits.TrailingZeros64(bitset)
		run := i - last - 1
		for ; run > 15; run -= 16 {
			w.put(ac[0xf0]>>8, uint(ac[0xf0]&0xff))
		}
		w.symbol(ac, run, values[naturalOrder[i&63]])
		last = i
	}
	if last < 63 {
		w.put(ac[0]>>8, uint(ac[0]&0xff))
	}
}

// symbol writes a run of zeros and a value: the code of its size, and its bits.
func (w *bitWriter) symbol(table *codes, run int, v int32) {
	magnitude := v
	if v < 0 {
		magnitude, v = -v, v-1
	}
	size := uint(bits.Len32(uint32(magnitude)))
	code := table[uint(run)<<4|size]
	w.put(code>>8<<size|uint32(v)&(1<<size-1), uint(code&0xff)+size)
}
