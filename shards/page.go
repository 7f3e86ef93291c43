package shards

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// maxPage bounds the decoded size of one page.
const maxPage = 1 << 30

// plainDictionary is what writers of the first version call RLE_DICTIONARY in data pages.
const plainDictionary format.Encoding = 2

// page is one decoded data page of a column.
type page struct {
	first, rows int      // its rows within the row group; -1 rows until a page of version 1 is decoded
	starts      []int32  // the slot at which each row begins, and the end; nil where every row has one slot
	rep, def    []byte   // levels of each slot; nil where they are all zero, or all the column's highest
	text        []byte   // the values of a byte array column, one after another
	offsets     []uint32 // and where each begins, and the end
	gap         uint32   // bytes in front of each value that do not belong to it
	fixed       []byte   // the values of a number column as the file has them
	kind        format.Type
	bits        []uint64 // or as they were decoded
	dictionary  *page    // the values, if index numbers them
	index       []int32
	nulls       int
	at          int64 // where text lies in the file, if it was not read
}

// decodePage decodes a data page. What it returns may share memory with body.
func decodePage(h *header, body []byte, codec format.CompressionCodec, l *levels, dictionary *page) (*page, error) {
	if h.values < 0 || h.values > maxPage {
		return nil, fmt.Errorf("a page of %d values", h.values)
	}
	p := &page{rows: -1}
	var values []byte
	var err error
	switch {
	case h.kind == format.DataPageV2 && h.described:
		if err := p.readLevelsV2(h, body, l); err != nil {
			return nil, err
		}
		values = body[h.rep+h.def:]
		if !h.plain {
			values, err = decompress(codec, values, h.uncompressed-h.rep-h.def)
		}
	case h.kind == format.DataPage && h.described:
		if values, err = decompress(codec, body, h.uncompressed); err == nil {
			values, err = p.readLevelsV1(values, h.values, l)
		}
	default:
		return nil, fmt.Errorf("a page of type %d", h.kind)
	}
	if err != nil {
		return nil, err
	}
	if err := p.rowStarts(h.values); err != nil {
		return nil, err
	}
	return p, p.decodeValues(h.encoding, values, h.values-p.nulls, l, dictionary)
}

// decodeValues decodes n values.
func (p *page) decodeValues(encoding format.Encoding, b []byte, n int, l *levels, dictionary *page) error {
	switch encoding {
	case format.RLEDictionary, plainDictionary:
		return p.decodeIndex(b, n, l, dictionary)
	case format.DeltaLengthByteArray:
		return p.decodeLengths(b, n)
	case format.Plain:
		if width := l.width(); width > 0 {
			return p.keepFixed(b, n, width, l.kind)
		}
		if l.kind == format.ByteArray {
			return p.findPlain(b, n)
		}
	}
	if encoding == format.DeltaBinaryPacked || encoding == format.DeltaByteArray {
		if err := deltaCount(b, n); err != nil {
			return err
		}
	}
	e := parquet.LookupEncoding(encoding)
	var got int
	var err error
	switch l.kind {
	case format.ByteArray:
		if p.text, p.offsets, err = e.DecodeByteArray(nil, b, make([]uint32, 0, min(n, len(b))+1)); err == nil {
			got = max(len(p.offsets)-1, 0)
		}
	case format.FixedLenByteArray:
		if p.text, err = e.DecodeFixedLenByteArray(nil, b, l.size); err == nil && l.size > 0 {
			got = len(p.text) / l.size
			p.offsets = make([]uint32, got+1)
			for i := range p.offsets {
				p.offsets[i] = uint32(i * l.size)
			}
		}
	case format.Int32:
		got, err = numbers(p, b, e.DecodeInt32, func(v int32) uint64 { return uint64(int64(v)) })
	case format.Int64:
		got, err = numbers(p, b, e.DecodeInt64, func(v int64) uint64 { return uint64(v) })
	case format.Float:
		got, err = numbers(p, b, e.DecodeFloat, func(v float32) uint64 { return uint64(*(*uint32)(unsafe.Pointer(&v))) })
	case format.Double:
		got, err = numbers(p, b, e.DecodeDouble, func(v float64) uint64 { return *(*uint64)(unsafe.Pointer(&v)) })
	default:
		return fmt.Errorf("values of type %d", l.kind)
	}
	if err == nil && got < n {
		err = fmt.Errorf("%d values, want %d", got, n)
	}
	return err
}

// keepFixed keeps n numbers of a PLAIN page as they are.
func (p *page) keepFixed(b []byte, n, width int, kind format.Type) error {
	if n > len(b)/width {
		return fmt.Errorf("%d bytes of values, want %d of %d", len(b), n, width)
	}
	p.fixed, p.kind = b[:n*width], kind
	return nil
}

// findPlain finds the n values of a PLAIN page of byte arrays, each behind its length; the values stay where they are.
func (p *page) findPlain(b []byte, n int) error {
	if n > len(b)/4 {
		return fmt.Errorf("%d bytes of values, want %d", len(b), n)
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

func numbers[T any](p *page, b []byte, decode func([]T, []byte) ([]T, error), as func(T) uint64) (int, error) {
	decoded, err := decode(nil, b)
	p.bits = make([]uint64, len(decoded))
	for i, v := range decoded {
		p.bits[i] = as(v)
	}
	return len(decoded), err
}

// decodeIndex reads numbers of values of the dictionary.
func (p *page) decodeIndex(b []byte, n int, l *levels, dictionary *page) error {
	if dictionary == nil {
		return errors.New("the column has no dictionary")
	}
	p.dictionary = dictionary
	if n == 0 {
		return nil
	}
	if n > maxPage || len(b) == 0 || b[0] > 32 {
		return fmt.Errorf("%d indexes in %d bytes", n, len(b))
	}
	known := max(len(dictionary.offsets)-1, len(dictionary.bits), len(dictionary.fixed)/max(l.width(), 1))
	var err error
	p.index, err = hybrid(make([]int32, n), b[1:], int(b[0]), known)
	return err
}

// decodeDictionary decodes a dictionary page.
func decodeDictionary(h *header, body []byte, codec format.CompressionCodec, l *levels) (*page, error) {
	if h.kind != format.DictionaryPage || !h.described || h.values < 0 {
		return nil, fmt.Errorf("a page of type %d where the dictionary is to be", h.kind)
	}
	values, err := decompress(codec, body, h.uncompressed)
	if err != nil {
		return nil, err
	}
	p := &page{}
	return p, p.decodeValues(format.Plain, values, h.values, l, nil)
}

// value returns value i.
func (p *page) value(i int) value {
	if p.dictionary != nil {
		p, i = p.dictionary, int(p.index[i])
	}
	if p.fixed != nil {
		return p.number(i)
	}
	if p.bits != nil {
		return value{bits: p.bits[i]}
	}
	from, to := p.offsets[i]+p.gap, p.offsets[i+1]
	if from == to {
		return value{}
	}
	return value{text: unsafe.String(&p.text[from], to-from)}
}

// number returns number i of those kept as the file has them.
func (p *page) number(i int) value {
	switch p.kind {
	case format.Int32:
		return value{bits: uint64(int64(int32(binary.LittleEndian.Uint32(p.fixed[4*i:]))))}
	case format.Float:
		return value{bits: uint64(binary.LittleEndian.Uint32(p.fixed[4*i:]))}
	}
	return value{bits: binary.LittleEndian.Uint64(p.fixed[8*i:])}
}

// slots returns the slots of the page's rows from a to b.
func (p *page) slots(a, b int) (from, to int) {
	if p.starts == nil {
		return a, b
	}
	return int(p.starts[a]), int(p.starts[b])
}

// size returns about how many bytes of memory the page holds.
func (p *page) size() int64 {
	return int64(len(p.text) + 4*(len(p.offsets)+len(p.starts)+len(p.index)) + len(p.rep) + len(p.def) + len(p.fixed) + 8*len(p.bits) + 192)
}
