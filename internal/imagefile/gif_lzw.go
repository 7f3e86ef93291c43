package imagefile

import "fmt"

// lzwDecoder decodes the variable-length codes of a GIF (GIF89a, appendix F). Like other readers,
// it accepts root codes of 1 to 11 bits (compress/lzw: 2 to 8), a first code that does not clear
// the table, and a table that stays full.
type lzwDecoder struct {
	prefix [1 << lzwMaxBits]uint16
	suffix [1 << lzwMaxBits]byte
	first  [1 << lzwMaxBits]byte   // the first index of a code's string
	length [1 << lzwMaxBits]uint16 // of a code's string
}

const lzwMaxBits = 12

// decode fills to with palette indices and ignores the data behind them. rootBits is the size of
// the codes for single indices.
func (d *lzwDecoder) decode(to []byte, from *subBlocks, rootBits int) error {
	clearCode := 1 << rootBits
	for i := range clearCode {
		d.suffix[i], d.first[i], d.length[i] = byte(i), byte(i), 1
	}
	const none = -1
	width, next, last := rootBits+1, clearCode+2, none
	bits, count := uint32(0), 0
	for at := 0; at < len(to); {
		for ; count < width; count += 8 {
			b, err := from.ReadByte()
			if err != nil {
				return fmt.Errorf("%w: pixels are missing", ErrTruncated)
			}
			bits |= uint32(b) << count
		}
		code := int(bits & (1<<width - 1))
		bits, count = bits>>width, count-width
		switch {
		case code == clearCode:
			width, next, last = rootBits+1, clearCode+2, none
			continue
		case code == clearCode+1:
			return fmt.Errorf("%w: pixels are missing", ErrTruncated)
		case code > next, code == next && (last == none || next == 1<<lzwMaxBits):
			return fmt.Errorf("%w: pixel data: code %d where the table has %d", ErrCorrupt, code, next)
		}
		if last != none && next < 1<<lzwMaxBits { // a new code: the string of the last one and the first index of this one
			d.prefix[next], d.first[next], d.length[next] = uint16(last), d.first[last], d.length[last]+1
			d.suffix[next] = d.first[code]
			next++
		}
		if next == 1<<width && width < lzwMaxBits {
			width++
		}
		at += d.put(to[at:], code)
		last = code
	}
	return nil
}

// put writes the indices of a code as far as there is room, and returns their number.
func (d *lzwDecoder) put(to []byte, code int) int {
	n := int(d.length[code])
	for i := n - 1; i > 0; i-- {
		if i < len(to) {
			to[i] = d.suffix[code]
		}
		code = int(d.prefix[code])
	}
	to[0] = d.suffix[code]
	return min(n, len(to))
}
