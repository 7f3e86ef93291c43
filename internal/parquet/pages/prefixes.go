package pages

import (
	"encoding/binary"
	"fmt"

	"github.com/parquet-go/parquet-go/format"
)

// decodeDeltas reads n integers in the encoding DELTA_BINARY_PACKED.
func (p *Page) decodeDeltas(b []byte, n int, kind format.Type) error {
	if err := deltaCount(b, n); err != nil {
		return err
	}
	if err := p.take(n, 8); err != nil {
		return err
	}
	p.bits = make([]uint64, n)
	_, err := eachDelta(b, n, func(i int, v int64) error {
		if kind == format.Int32 {
			v = int64(int32(v))
		}
		p.bits[i] = uint64(v)
		return nil
	})
	return err
}

// deltaCount checks that a sequence has n values and bytes for them, before room is made.
func deltaCount(b []byte, n int) error {
	if n == 0 {
		return nil
	}
	d, size, err := readDeltas(b)
	if err == nil && d.total != n {
		return fmt.Errorf("%d deltas, want %d", d.total, n)
	}
	if err == nil && n-1 > (len(b)-size)*d.perMini {
		return errShort // a miniblock has at least its width
	}
	return err
}

// eachDelta goes through the n values of a sequence, and returns how many bytes it takes. Sums
// wrap, as writers' do.
func eachDelta(b []byte, n int, do func(i int, v int64) error) (size int, err error) {
	if n == 0 && len(b) == 0 {
		return 0, nil
	}
	d, size, err := readDeltas(b)
	if err != nil || n == 0 {
		return size, err
	}
	v, i := d.first, 1
	if err := do(0, v); err != nil {
		return 0, err
	}
	for i < n {
		least, used := binary.Varint(b[size:])
		if used <= 0 || len(b)-size-used < d.minis {
			return 0, errShort
		}
		size += used
		widths := b[size:][:d.minis]
		size += d.minis
		for _, width := range widths {
			if i == n {
				break
			}
			packed := d.perMini / 8 * int(width)
			if width > 64 || packed > len(b)-size {
				return 0, errShort
			}
			mini := b[size:][:packed]
			for k := range min(d.perMini, n-i) {
				v += least + int64(wide(mini, k*int(width), int(width)))
				if err := do(i, v); err != nil {
					return 0, err
				}
				i++
			}
			size += packed
		}
	}
	return size, nil
}

// wide returns the width bits, up to 64, that begin at a bit.
func wide(b []byte, bit, width int) uint64 {
	v := window(b, bit/8) >> (bit & 7)
	if width+bit&7 > 64 && bit/8+8 < len(b) {
		v |= uint64(b[bit/8+8]) << (64 - bit&7)
	}
	if width == 64 {
		return v
	}
	return v & (1<<width - 1)
}

// decodePrefixes reads DELTA_BYTE_ARRAY: of each value how many bytes it has in common with the one
// before it, all of these numbers first, and then the rest of each, as DELTA_LENGTH_BYTE_ARRAY.
func (p *Page) decodePrefixes(b []byte, n int, l *Levels) error {
	if err := deltaCount(b, n); err != nil {
		return err
	}
	if err := p.take(n, 4); err != nil {
		return err
	}
	prefixes, total := make([]uint32, n), int64(0)
	size, err := eachDelta(b, n, func(i int, v int64) error {
		if total += v; v < 0 || total > maxSize {
			return fmt.Errorf("value %d has %d bytes in common with the one before it", i, v)
		}
		prefixes[i] = uint32(v)
		return nil
	})
	if err != nil {
		return err
	}
	if err := p.decodeLengths(b[size:], n); err != nil {
		return err
	}
	if total += int64(len(p.text)); total > maxSize {
		return fmt.Errorf("values of %d bytes", total)
	}
	return p.join(prefixes, int(total), l)
}

// join puts the page's values, all of them rests, behind the bytes that they have in common with
// the one before.
func (p *Page) join(prefixes []uint32, total int, l *Levels) error {
	if err := p.take(total, 1); err != nil {
		return err
	}
	text, offsets, last := make([]byte, 0, total), make([]uint32, 1, len(prefixes)+1), 0
	if err := p.take(len(prefixes)+1, 4); err != nil {
		return err
	}
	for i, prefix := range prefixes {
		at := len(text)
		if int(prefix) > at-last {
			return fmt.Errorf("value %d has %d bytes in common with one of %d", i, prefix, at-last)
		}
		text = append(text, text[last:][:prefix]...)
		text = append(text, p.text[p.offsets[i]:p.offsets[i+1]]...)
		if l.Kind == format.FixedLenByteArray && len(text)-at != l.Size {
			return fmt.Errorf("value %d of %d bytes, want %d", i, len(text)-at, l.Size)
		}
		offsets, last = append(offsets, uint32(len(text))), at
	}
	p.text, p.offsets = text, offsets
	return nil
}
