package pages

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/format"
)

// decodePlain reads values as they are: numbers in little endian, booleans a bit each, byte arrays
// behind their lengths.
func (p *Page) decodePlain(b []byte, n int, l *Levels) error {
	switch l.Kind {
	case format.ByteArray:
		return p.findPlain(b, n)
	case format.Boolean:
		if (n+7)/8 > len(b) {
			return fmt.Errorf("%d bytes of values, want %d bits", len(b), n)
		}
		if err := p.take(n, 1); err != nil {
			return err
		}
		p.flags = make([]byte, n)
		return unpack(p.flags, b, 1, 2)
	case format.FixedLenByteArray, format.Int96:
		size := l.fixed()
		if size > 0 && n > len(b)/size {
			return fmt.Errorf("%d bytes of values, want %d of %d", len(b), n, size)
		}
		return p.sameLength(b[:n*size], n, size)
	}
	width := l.Width()
	if n > len(b)/width {
		return fmt.Errorf("%d bytes of values, want %d of %d", len(b), n, width)
	}
	p.fixed, p.kind = b[:n*width], l.Kind
	return nil
}

// sameLength takes n values of one length.
func (p *Page) sameLength(text []byte, n, size int) error {
	if err := p.take(n+1, 4); err != nil {
		return err
	}
	p.text, p.offsets = text, make([]uint32, n+1)
	for i := range p.offsets {
		p.offsets[i] = uint32(i * size)
	}
	return nil
}

// findPlain finds the n values of a PLAIN page of byte arrays, each behind its length; the values
// stay where they are.
func (p *Page) findPlain(b []byte, n int) error {
	if n > len(b)/4 {
		return fmt.Errorf("%d bytes of values, want %d", len(b), n)
	}
	if err := p.take(n+1, 4); err != nil {
		return err
	}
	p.text, p.gap, p.offsets = b, 4, make([]uint32, n+1)
	at := 0
	for i := range n {
		if len(b)-at < 4 {
			return fmt.Errorf("value %d is cut short", i)
		}
		length := binary.LittleEndian.Uint32(b[at:])
		if uint64(length) > uint64(len(b)-at-4) {
			return fmt.Errorf("value %d of %d bytes with %d left", i, length, len(b)-at-4)
		}
		at += 4 + int(length)
		p.offsets[i+1] = uint32(at)
	}
	return nil
}

// decodeFlags reads booleans in runs, behind the length of these.
func (p *Page) decodeFlags(b []byte, n int) (err error) {
	p.flags = []byte{}
	if n == 0 {
		return nil
	}
	if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
		return errors.New("runs of booleans are cut short")
	}
	if err := p.take(n, 1); err != nil {
		return err
	}
	p.flags, err = hybrid(make([]byte, n), b[4:][:binary.LittleEndian.Uint32(b)], 1, 2)
	return err
}

// decodeStreams reads BYTE_STREAM_SPLIT: the first bytes of all values, then the second ones, and
// so on.
func (p *Page) decodeStreams(b []byte, n int, l *Levels) error {
	width := l.Width()
	if l.Kind == format.FixedLenByteArray {
		width = l.Size
	}
	if width == 0 || n > len(b)/width {
		return fmt.Errorf("%d bytes of values, want %d of %d", len(b), n, width)
	}
	if err := p.take(n, width); err != nil {
		return err
	}
	values, each := make([]byte, n*width), len(b)/width
	for k := range width {
		for i, v := range b[k*each:][:n] {
			values[i*width+k] = v
		}
	}
	if l.Kind == format.FixedLenByteArray {
		return p.sameLength(values, n, width)
	}
	p.fixed, p.kind = values, l.Kind
	return nil
}
