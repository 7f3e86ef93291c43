package shards

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/bits"
	"unsafe"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/thrift"
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
	bits        []uint64 // the values of a number column
	dictionary  *page    // the values, if index numbers them
	index       []int32
	nulls       int
	at          int64 // where text lies in the file, if it was not read
}

// levels says how a column's levels are to be read.
type levels struct {
	kind           format.Type
	size           int // of fixed length byte arrays
	maxRep, maxDef int
	listDef        [3]byte // the definition level from which an element of the n-th list is there
}

// parsePage splits a page at its header. The header's sizes are checked against b.
func parsePage(b []byte) (h *format.PageHeader, body, rest []byte, err error) {
	reader := new(thrift.CompactProtocol).NewReaderFromBytes(b)
	h = new(format.PageHeader)
	if err := thrift.NewDecoder(reader).Decode(h); err != nil {
		return nil, nil, nil, fmt.Errorf("page header: %w", err)
	}
	b = b[reader.BytesRead():]
	if h.CompressedPageSize < 0 || int(h.CompressedPageSize) > len(b) || h.UncompressedPageSize < 0 || h.UncompressedPageSize > maxPage {
		return nil, nil, nil, fmt.Errorf("page header: sizes %d and %d with %d bytes left", h.CompressedPageSize, h.UncompressedPageSize, len(b))
	}
	return h, b[:h.CompressedPageSize], b[h.CompressedPageSize:], nil
}

// checkCRC compares a page's checksum, if it has one.
func checkCRC(h *format.PageHeader, body []byte) error {
	if h.CRC != 0 && crc32.ChecksumIEEE(body) != uint32(h.CRC) {
		return errors.New("the page's CRC-32 is another")
	}
	return nil
}

// decodePage decodes a data page. What it returns may share memory with body.
func decodePage(h *format.PageHeader, body []byte, codec format.CompressionCodec, l *levels, dictionary *page) (*page, error) {
	p := &page{rows: -1}
	var slots int
	var encoding format.Encoding
	var values []byte
	var err error
	switch {
	case h.Type == format.DataPageV2 && h.DataPageHeaderV2.Valid:
		v2 := &h.DataPageHeaderV2.V
		slots, encoding, p.rows = int(v2.NumValues), v2.Encoding, int(v2.NumRows)
		rep, def := int(v2.RepetitionLevelsByteLength), int(v2.DefinitionLevelsByteLength)
		if rep < 0 || def < 0 || rep > len(body) || def > len(body)-rep || slots < 0 {
			return nil, fmt.Errorf("levels of %d and %d bytes in a page of %d", rep, def, len(body))
		}
		if err := p.readLevels(body[:rep], body[rep:rep+def], slots, l); err != nil {
			return nil, err
		}
		values = body[rep+def:]
		if !v2.IsCompressed.Valid || v2.IsCompressed.V {
			values, err = decompress(codec, values, int(h.UncompressedPageSize)-rep-def)
		}
	case h.Type == format.DataPage && h.DataPageHeader.Valid:
		slots, encoding = int(h.DataPageHeader.V.NumValues), h.DataPageHeader.V.Encoding
		if values, err = decompress(codec, body, int(h.UncompressedPageSize)); err == nil {
			values, err = p.readLevelsV1(values, slots, l)
		}
	default:
		return nil, fmt.Errorf("a page of type %d", h.Type)
	}
	if err != nil {
		return nil, err
	}
	if err := p.rowStarts(slots); err != nil {
		return nil, err
	}
	return p, p.decodeValues(encoding, values, slots-p.nulls, l, dictionary)
}

// readLevelsV1 reads the levels in front of a version 1 page's values and returns the values.
func (p *page) readLevelsV1(b []byte, slots int, l *levels) (values []byte, err error) {
	var parts [2][]byte
	for i, highest := range []int{l.maxRep, l.maxDef} {
		if highest == 0 {
			continue
		}
		if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
			return nil, errors.New("levels are cut short")
		}
		n := 4 + int(binary.LittleEndian.Uint32(b))
		parts[i], b = b[4:n], b[n:]
	}
	return b, p.readLevels(parts[0], parts[1], slots, l)
}

func (p *page) readLevels(rep, def []byte, slots int, l *levels) error {
	var err error
	if l.maxRep > 0 {
		if p.rep, err = decodeLevels(rep, slots, l.maxRep); err != nil {
			return err
		}
	}
	if l.maxDef > 0 {
		if p.def, err = decodeLevels(def, slots, l.maxDef); err != nil {
			return err
		}
		highest := byte(l.maxDef)
		for _, d := range p.def {
			if d != highest {
				p.nulls++
			}
		}
	}
	return nil
}

func decodeLevels(b []byte, slots, highest int) ([]byte, error) {
	if slots > maxPage {
		return nil, fmt.Errorf("a page of %d values", slots)
	}
	return hybrid(make([]byte, slots), b, bits.Len(uint(highest)), highest+1)
}

// rowStarts finds where each row begins.
func (p *page) rowStarts(slots int) error {
	if p.rep == nil {
		p.rows = slots
		return nil
	}
	if slots > 0 && p.rep[0] != 0 {
		return errors.New("a page begins within a row")
	}
	p.starts = make([]int32, 0, min(max(p.rows, 0), slots)+1)
	for i, r := range p.rep {
		if r == 0 {
			p.starts = append(p.starts, int32(i))
		}
	}
	p.rows = len(p.starts)
	p.starts = append(p.starts, int32(slots))
	return nil
}

// decodeValues decodes n values.
func (p *page) decodeValues(encoding format.Encoding, b []byte, n int, l *levels, dictionary *page) error {
	switch encoding {
	case format.RLEDictionary, plainDictionary:
		return p.decodeIndex(b, n, dictionary)
	case format.DeltaLengthByteArray:
		return p.decodeLengths(b, n)
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

func numbers[T any](p *page, b []byte, decode func([]T, []byte) ([]T, error), as func(T) uint64) (int, error) {
	decoded, err := decode(nil, b)
	p.bits = make([]uint64, len(decoded))
	for i, v := range decoded {
		p.bits[i] = as(v)
	}
	return len(decoded), err
}

// decodeLengths reads the lengths before the values of a DELTA_LENGTH_BYTE_ARRAY page; the values stay
// where they are.
func (p *page) decodeLengths(b []byte, n int) error {
	sum, err := p.readLengths(b, n)
	if err != nil {
		return err
	}
	if sum > int64(len(b)) {
		return fmt.Errorf("values of %d bytes in a page of %d", sum, len(b))
	}
	p.text = b[int64(len(b))-sum:]
	return nil
}

// readLengths reads n lengths and returns their sum.
func (p *page) readLengths(b []byte, n int) (sum int64, err error) {
	if n == 0 {
		p.offsets = []uint32{0}
		return 0, nil
	}
	if err := deltaCount(b, n); err != nil {
		return 0, err
	}
	lengths, err := new(delta.BinaryPackedEncoding).DecodeInt32(nil, b)
	if err != nil {
		return 0, err
	}
	if len(lengths) < n {
		return 0, fmt.Errorf("%d lengths, want %d", len(lengths), n)
	}
	p.offsets = make([]uint32, n+1)
	for i, length := range lengths[:n] {
		if sum += int64(length); length < 0 || sum > maxPage {
			return 0, fmt.Errorf("value %d of %d bytes", i, length)
		}
		p.offsets[i+1] = uint32(sum)
	}
	return sum, nil
}

// deltaCount checks that a DELTA_BINARY_PACKED sequence says it has n values, before room is made for them.
func deltaCount(b []byte, n int) error {
	var total uint64
	for range 3 { // the block's size, its parts, the number of values
		v, size := binary.Uvarint(b)
		if size <= 0 {
			return errors.New("a sequence of deltas is cut short")
		}
		total, b = v, b[size:]
	}
	if total != uint64(n) {
		return fmt.Errorf("%d deltas, want %d", total, n)
	}
	return nil
}

// decodeIndex reads numbers of values of the dictionary.
func (p *page) decodeIndex(b []byte, n int, dictionary *page) error {
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
	known := max(len(dictionary.offsets)-1, len(dictionary.bits))
	var err error
	p.index, err = hybrid(make([]int32, n), b[1:], int(b[0]), known)
	return err
}

// hybrid fills out with what Parquet's RLE and bit-packing hybrid holds; every value must be below limit.
func hybrid[T byte | int32](out []T, b []byte, width, limit int) ([]T, error) {
	for n := 0; n < len(out); {
		header, size := binary.Uvarint(b)
		if size <= 0 {
			return nil, fmt.Errorf("%d values, want %d", n, len(out))
		}
		b = b[size:]
		if header&1 == 0 {
			if len(b) < (width+7)/8 || header == 0 {
				return nil, errors.New("a run is cut short")
			}
			var v uint32
			for i := range (width + 7) / 8 {
				v |= uint32(b[i]) << (8 * i)
			}
			b = b[(width+7)/8:]
			if int64(v) >= int64(limit) {
				return nil, fmt.Errorf("value %d, the limit is %d", v, limit)
			}
			run := int(min(header>>1, uint64(len(out)-n)))
			for i := range run {
				out[n+i] = T(v)
			}
			n += run
			continue
		}
		groups := header >> 1
		if groups > uint64(len(out)) || int(groups)*width > len(b) || groups == 0 {
			return nil, errors.New("packed values are cut short")
		}
		got, err := unpack(out[n:], b[:int(groups)*width], width, limit)
		if err != nil {
			return nil, err
		}
		n, b = n+min(int(groups)*8, got), b[int(groups)*width:]
	}
	return out, nil
}

// unpack fills out with bit-packed values, as many as are there, and returns how many it could hold.
func unpack[T byte | int32](out []T, b []byte, width, limit int) (int, error) {
	n := len(out)
	if width > 0 {
		n = min(n, len(b)*8/width)
	}
	var window uint64
	have, mask := 0, uint64(1)<<width-1
	for i := range n {
		for have < width {
			window |= uint64(b[0]) << have
			b, have = b[1:], have+8
		}
		v := window & mask
		if int64(v) >= int64(limit) {
			return 0, fmt.Errorf("value %d, the limit is %d", v, limit)
		}
		out[i], window, have = T(v), window>>width, have-width
	}
	return n, nil
}

// decodeDictionary decodes a dictionary page.
func decodeDictionary(h *format.PageHeader, body []byte, codec format.CompressionCodec, l *levels) (*page, error) {
	if h.Type != format.DictionaryPage || !h.DictionaryPageHeader.Valid {
		return nil, fmt.Errorf("a page of type %d where the dictionary is to be", h.Type)
	}
	values, err := decompress(codec, body, int(h.UncompressedPageSize))
	if err != nil {
		return nil, err
	}
	p := &page{}
	return p, p.decodeValues(format.Plain, values, int(h.DictionaryPageHeader.V.NumValues), l, nil)
}

// value returns value i.
func (p *page) value(i int) value {
	if p.dictionary != nil {
		p, i = p.dictionary, int(p.index[i])
	}
	if p.bits != nil {
		return value{bits: p.bits[i]}
	}
	from, to := p.offsets[i], p.offsets[i+1]
	if from == to {
		return value{}
	}
	return value{text: unsafe.String(&p.text[from], to-from)}
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
	return int64(len(p.text) + 4*(len(p.offsets)+len(p.starts)+len(p.index)) + len(p.rep) + len(p.def) + 8*len(p.bits) + 160)
}
