package pages

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unsafe"

	"github.com/parquet-go/parquet-go/format"
)

// Page is one decoded page of a column. Of the fields of values those are set that its encoding
// calls for.
type Page struct {
	First, Rows int    // its rows within the row group; -1 rows where they were not counted
	Rep, Def    []byte // levels of each slot; nil where they are all zero, or all the column's highest
	Nulls       int    // slots without a value

	slots      int
	starts     []int32  // the slot at which each row begins, and the end; nil where every row has one slot
	text       []byte   // the values of a byte array column, one after another
	offsets    []uint32 // and where each begins, and the end
	extents    *extents // or where each is found, singly
	at         int64    // place in the file of values that were not read
	gap        uint32   // bytes in front of each value that do not belong to it
	fixed      []byte   // the values of a number column as the file has them
	kind       format.Type
	bits       []uint64 // or as they were decoded
	flags      []byte   // of a boolean column, a byte each
	dictionary *Page    // the values, if index numbers them
	index      []int32
	left       int // bytes of memory that the page may still take
}

// Value is one value: text and bytes, or the bits of a number.
type Value struct {
	Text string
	Bits uint64
}

// Bytes returns the bytes of a value, which share memory with its page: they must not be changed.
func (v Value) Bytes() []byte { return unsafe.Slice(unsafe.StringData(v.Text), len(v.Text)) }

// Int32 returns a number of an INT32 column.
func (v Value) Int32() int32 { return int32(v.Bits) }

// Float32 returns a number of a FLOAT column.
func (v Value) Float32() float32 { return math.Float32frombits(uint32(v.Bits)) }

// Float64 returns a number of a DOUBLE column.
func (v Value) Float64() float64 { return math.Float64frombits(v.Bits) }

// DecodeRows decodes a data page that begins with a row and ends with one, as all of version 2 do.
// What it returns may share memory with body. The page takes memory of at most grant bytes beside
// it.
func DecodeRows(h *Header, body []byte, codec format.CompressionCodec, l *Levels, dictionary *Page, grant int) (*Page, error) {
	return decode(h, body, codec, l, dictionary, grant, true)
}

// DecodeSlots is [DecodeRows] of a page that may begin and end within a row. Its rows are not
// counted.
func DecodeSlots(h *Header, body []byte, codec format.CompressionCodec, l *Levels, dictionary *Page, grant int) (*Page, error) {
	return decode(h, body, codec, l, dictionary, grant, false)
}

func decode(h *Header, body []byte, codec format.CompressionCodec, l *Levels, dictionary *Page, grant int, rows bool) (p *Page, err error) {
	if h.Values < 0 || h.Values > MaxPage || l.MaxRep > math.MaxUint8 || l.MaxDef > math.MaxUint8 {
		return nil, fmt.Errorf("a page of %d values", h.Values)
	}
	p = &Page{Rows: -1, slots: h.Values, left: grant}
	var values []byte
	switch {
	case h.Kind == format.DataPageV2 && h.Described:
		if err := p.readLevelsV2(h, body, l); err != nil {
			return nil, err
		}
		values = body[h.Rep+h.Def:]
		if !h.Plain {
			values, err = p.decompress(codec, values, h.Uncompressed-h.Rep-h.Def)
		}
	case h.Kind == format.DataPage && h.Described:
		if values, err = p.decompress(codec, body, h.Uncompressed); err == nil {
			values, err = p.readLevelsV1(h, values, l)
		}
	default:
		return nil, fmt.Errorf("a page of type %d", h.Kind)
	}
	if err == nil && rows {
		err = p.findRows()
	}
	if err != nil {
		return nil, err
	}
	return p, p.decodeValues(h.Encoding, values, h.Values-p.Nulls, l, dictionary)
}

// DecodeDictionary decodes a dictionary page.
func DecodeDictionary(h *Header, body []byte, codec format.CompressionCodec, l *Levels, grant int) (*Page, error) {
	if h.Kind != format.DictionaryPage || !h.Described || h.Values < 0 || h.Values > MaxPage {
		return nil, fmt.Errorf("a page of type %d where the dictionary is to be", h.Kind)
	}
	p := &Page{left: grant}
	values, err := p.decompress(codec, body, h.Uncompressed)
	if err != nil {
		return nil, err
	}
	return p, p.decodeValues(format.Plain, values, h.Values, l, nil)
}

// plainDictionary is what writers of the first version call RLE_DICTIONARY in data pages.
const plainDictionary format.Encoding = 2

// decodeValues decodes n values.
func (p *Page) decodeValues(encoding format.Encoding, b []byte, n int, l *Levels, dictionary *Page) error {
	switch encoding {
	case format.RLEDictionary, plainDictionary:
		return p.decodeIndex(b, n, l, dictionary)
	case format.DeltaLengthByteArray:
		if l.Kind == format.ByteArray {
			return p.decodeLengths(b, n)
		}
	case format.Plain:
		return p.decodePlain(b, n, l)
	case format.RLE:
		if l.Kind == format.Boolean {
			return p.decodeFlags(b, n)
		}
	case format.DeltaBinaryPacked:
		if l.Kind == format.Int32 || l.Kind == format.Int64 {
			return p.decodeDeltas(b, n, l.Kind)
		}
	case format.DeltaByteArray:
		if l.Kind == format.ByteArray || l.Kind == format.FixedLenByteArray {
			return p.decodePrefixes(b, n, l)
		}
	case format.ByteStreamSplit:
		return p.decodeStreams(b, n, l)
	}
	return fmt.Errorf("encoding %s of a column of type %s", encoding, l.Kind)
}

// decodeIndex reads numbers of values of the dictionary.
func (p *Page) decodeIndex(b []byte, n int, l *Levels, dictionary *Page) error {
	if dictionary == nil {
		return errors.New("the column has no dictionary")
	}
	p.dictionary = dictionary
	if n == 0 {
		return nil
	}
	if len(b) == 0 || b[0] > 32 {
		return fmt.Errorf("%d indexes in %d bytes", n, len(b))
	}
	if err := p.take(n, 4); err != nil {
		return err
	}
	known := max(len(dictionary.offsets)-1, len(dictionary.bits), len(dictionary.flags), len(dictionary.fixed)/max(l.Width(), 1))
	var err error
	p.index, err = hybrid(make([]int32, n), b[1:], int(b[0]), known)
	return err
}

// Value returns value i; nulls do not count.
func (p *Page) Value(i int) Value {
	if p.dictionary != nil {
		p, i = p.dictionary, int(p.index[i])
	}
	if p.offsets == nil {
		return p.number(i)
	}
	from, to := p.offsets[i]+p.gap, p.offsets[i+1]
	if from == to {
		return Value{}
	}
	return Value{Text: unsafe.String(&p.text[from], to-from)}
}

// number returns number i.
func (p *Page) number(i int) Value {
	switch {
	case p.bits != nil:
		return Value{Bits: p.bits[i]}
	case p.flags != nil:
		return Value{Bits: uint64(p.flags[i])}
	}
	switch p.kind {
	case format.Int32:
		return Value{Bits: uint64(int64(int32(binary.LittleEndian.Uint32(p.fixed[4*i:]))))}
	case format.Float:
		return Value{Bits: uint64(binary.LittleEndian.Uint32(p.fixed[4*i:]))}
	}
	return Value{Bits: binary.LittleEndian.Uint64(p.fixed[8*i:])}
}

// Texts returns the values of a page of byte arrays as one run of bytes and where each begins, and
// the end: in place if they lie one after another.
func (p *Page) Texts() (text []byte, offsets []uint32) {
	if p.dictionary == nil && p.gap == 0 {
		return p.text, p.offsets
	}
	n := len(p.index)
	if p.dictionary == nil {
		n = max(len(p.offsets)-1, 0)
	}
	offsets = make([]uint32, 1, n+1)
	for i := range n {
		text = append(text, p.Value(i).Text...)
		offsets = append(offsets, uint32(len(text)))
	}
	return text, offsets
}

// Len returns the number of slots.
func (p *Page) Len() int { return p.slots }

// OneEach reports whether every row has one slot.
func (p *Page) OneEach() bool { return p.starts == nil }

// Slots returns the slots of the page's rows from a to b.
func (p *Page) Slots(a, b int) (from, to int) {
	if p.starts == nil {
		return a, b
	}
	return int(p.starts[a]), int(p.starts[b])
}

// Size returns about how many bytes of memory the page holds.
func (p *Page) Size() int64 {
	size := 0
	if p.extents != nil {
		size = p.extents.memory()
	}
	return int64(size + len(p.text) + 4*(len(p.offsets)+len(p.starts)+len(p.index)) + len(p.Rep) + len(p.Def) + len(p.fixed) + len(p.flags) + 8*len(p.bits) + 192)
}
