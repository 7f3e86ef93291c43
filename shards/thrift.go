package shards

import (
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/parquet-go/parquet-go/format"
)

// Parquet writes what it says of pages in Thrift's compact protocol. A reader of single rows reads thousands of
// page headers and offset indexes a second, and one who opens parts their footers, so these are read here, without reflection.
//
// Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md

// Types of fields in the compact protocol.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// compact reads the compact protocol from a buffer. Past its end it is bad, and everything is zero.
type compact struct {
	b   []byte
	at  int
	bad bool
}

func (c *compact) byte() byte {
	if c.at >= len(c.b) {
		c.bad = true
		return 0
	}
	c.at++
	return c.b[c.at-1]
}

func (c *compact) uvarint() (v uint64) {
	for shift := 0; shift < 64; shift += 7 {
		b := c.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	c.bad = true
	return 0
}

// int reads a zigzag varint, as all integers are written.
func (c *compact) int() int64 {
	v := c.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (c *compact) advance(n uint64) {
	if n > uint64(len(c.b)-c.at) {
		c.bad, n = true, uint64(len(c.b)-c.at)
	}
	c.at += int(n)
}

// binary reads a string, which shares memory with the buffer.
func (c *compact) binary() []byte {
	size := c.uvarint()
	from := c.at
	c.advance(size)
	return c.b[from:c.at]
}

// field goes on to the next field of a struct after the one numbered id; its kind is 0 at the struct's end.
func (c *compact) field(id *int) (kind byte) {
	head := c.byte()
	if c.bad || head&15 == 0 {
		return 0
	}
	if step := int(head >> 4); step > 0 {
		*id += step
	} else {
		*id = int(c.int())
	}
	return head & 15
}

// isInt reports whether a field is an integer of 16, 32 or 64 bits.
func isInt(kind byte) bool { return kind > thriftByte && kind <= thriftI64 }

// list reads the head of a list.
func (c *compact) list() (size uint64, kind byte) {
	head := c.byte()
	if size = uint64(head >> 4); size == 15 {
		size = c.uvarint()
	}
	return size, head & 15
}

// skip passes over a value; depth bounds how deep it is nested.
func (c *compact) skip(kind byte, depth int) {
	if depth == 0 {
		c.bad = true
	}
	if c.bad {
		return
	}
	switch kind {
	case thriftTrue, thriftFalse: // the field's kind is its value
	case thriftByte:
		c.advance(1)
	case thriftDouble:
		c.advance(8)
	case thriftBinary:
		c.advance(c.uvarint())
	case thriftList, thriftSet:
		size, element := c.list()
		for i := uint64(0); i < size && !c.bad; i++ {
			c.skipElement(element, depth)
		}
	case thriftMap:
		size := c.uvarint()
		var kinds byte
		if size > 0 {
			kinds = c.byte()
		}
		for i := uint64(0); i < size && !c.bad; i++ {
			c.skipElement(kinds>>4, depth)
			c.skipElement(kinds&15, depth)
		}
	case thriftStruct:
		for id := 0; ; {
			inner := c.field(&id)
			if inner == 0 {
				return
			}
			c.skip(inner, depth-1)
		}
	default:
		if kind > thriftI64 {
			c.bad = true
		}
		c.uvarint()
	}
}

// skipElement passes over an element of a list: there a bool is a byte.
func (c *compact) skipElement(kind byte, depth int) {
	if kind == thriftTrue || kind == thriftFalse {
		kind = thriftByte
	}
	c.skip(kind, depth-1)
}

// header is what a page says of itself.
type header struct {
	kind         format.PageType
	uncompressed int // bytes of the decoded page
	size         int // bytes of the page in the file, behind the header
	crc          uint32
	hasCRC       bool
	described    bool // it has the struct of its kind, which gives the following
	values, rows int
	encoding     format.Encoding
	rep, def     int  // version 2: bytes of the levels
	plain        bool // version 2: the values are not compressed
}

// structs are the fields of a page header that describe a page of each kind.
var structs = map[format.PageType]int{format.DataPage: 5, format.IndexPage: 6, format.DictionaryPage: 7, format.DataPageV2: 8}

var errHeader = errors.New("page header: cut short or damaged")

// readHeader reads a page header and returns its length.
func readHeader(b []byte) (h header, n int, err error) {
	c := compact{b: b}
	described := 0
	for id := 0; ; {
		kind := c.field(&id)
		if kind == 0 {
			break
		}
		switch {
		case kind == thriftStruct && id >= 5 && id <= 8 && id != 6:
			h.describe(&c, id)
			described = id
		case id == 1 && isInt(kind):
			h.kind = format.PageType(c.int())
		case id == 2 && isInt(kind):
			h.uncompressed = int(c.int())
		case id == 3 && isInt(kind):
			h.size = int(c.int())
		case id == 4 && isInt(kind):
			h.crc, h.hasCRC = uint32(c.int()), true
		default:
			c.skip(kind, 8)
		}
	}
	if c.bad {
		return h, 0, errHeader
	}
	h.described = described != 0 && structs[h.kind] == described
	return h, c.at, nil
}

// describe reads one of the structs that describe a page; which is the number of its field.
func (h *header) describe(c *compact, which int) {
	const dictionary, version2 = 7, 8
	for id := 0; ; {
		kind := c.field(&id)
		if kind == 0 {
			return
		}
		if kind <= thriftFalse && which == version2 && id == 7 {
			h.plain = kind == thriftFalse
			continue
		}
		if !isInt(kind) {
			c.skip(kind, 8)
			continue
		}
		switch v := int(c.int()); {
		case id == 1:
			h.values = v
		case id == 2 && which != version2, id == 4 && which == version2:
			h.encoding = format.Encoding(v)
		case id == 3 && which == version2:
			h.rows = v
		case id == 5 && which == version2:
			h.def = v
		case id == 6 && which == version2:
			h.rep = v
		}
	}
}

// parsePage splits a page at its header. The header's sizes are checked against b.
func parsePage(b []byte) (h header, body, rest []byte, err error) {
	h, n, err := readHeader(b)
	if err != nil {
		return h, nil, nil, err
	}
	b = b[n:]
	if h.size < 0 || h.size > len(b) || h.uncompressed < 0 || h.uncompressed > maxPage {
		return h, nil, nil, fmt.Errorf("page header: sizes %d and %d with %d bytes left", h.size, h.uncompressed, len(b))
	}
	return h, b[:h.size], b[h.size:], nil
}

// check compares a page's checksum, if it has one.
func (h *header) check(body []byte) error {
	if h.hasCRC && crc32.ChecksumIEEE(body) != h.crc {
		return errors.New("the page's CRC-32 is another")
	}
	return nil
}

// location is where a page lies.
type location struct {
	at    int64
	size  int32
	first int32 // row within the group
}

// readLocations reads an offset index: where the pages of a chunk lie, all of them within it.
func (c *chunk) readLocations(b []byte) (pages []location, err error) {
	in := compact{b: b}
	for id := 0; ; {
		kind := in.field(&id)
		if kind == 0 {
			break
		}
		if id != 1 || kind != thriftList || pages != nil {
			in.skip(kind, 8)
			continue
		}
		size, element := in.list()
		if element != thriftStruct || size > uint64(len(b)) {
			return nil, errors.New("offset index: not a list of pages")
		}
		pages = make([]location, size)
		for i := range pages {
			if err := c.readLocation(&in, pages, i); err != nil {
				return nil, err
			}
		}
	}
	if in.bad || len(pages) == 0 {
		return nil, errors.New("offset index: cut short or damaged")
	}
	return pages, nil
}

func (c *chunk) readLocation(in *compact, pages []location, i int) error {
	var at, size, first int64
	for id := 0; ; {
		kind := in.field(&id)
		if kind == 0 {
			break
		}
		if !isInt(kind) {
			in.skip(kind, 8)
			continue
		}
		switch v := in.int(); id {
		case 1:
			at = v
		case 2:
			size = v
		case 3:
			first = v
		}
	}
	if at < c.at || size < 0 || size > c.at+c.size-at || size > maxPage || first < 0 || first > 1<<31-1 ||
		i == 0 && first != 0 || i > 0 && int32(first) < pages[i-1].first {
		return fmt.Errorf("offset index: page %d has %d bytes at %d and row %d", i, size, at, first)
	}
	pages[i] = location{at, int32(size), int32(first)}
	return nil
}
