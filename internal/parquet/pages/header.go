package pages

import (
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/parquet-go/parquet-go/format"
)

// Header is what a page says of itself.
type Header struct {
	Kind         format.PageType
	Uncompressed int // bytes of the decoded page
	Size         int // bytes of the page in the file, behind the header
	CRC          uint32
	HasCRC       bool
	Described    bool // it has the struct of its kind, which gives the following
	Values, Rows int  // slots of the levels, nulls too; rows in version 2 only
	Encoding     format.Encoding
	Rep, Def     int  // version 2: bytes of the levels
	Plain        bool // version 2: the values are not compressed

	repEncoding, defEncoding format.Encoding // version 1
}

// structs are the fields of a page header that describe a page of each kind.
var structs = map[format.PageType]int{format.DataPage: 5, format.IndexPage: 6, format.DictionaryPage: 7, format.DataPageV2: 8}

var errHeader = errors.New("page header: cut short or damaged")

// ReadHeader reads a page header and returns its length.
func ReadHeader(b []byte) (h Header, n int, err error) {
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
			h.Kind = format.PageType(c.int())
		case id == 2 && isInt(kind):
			h.Uncompressed = int(c.int())
		case id == 3 && isInt(kind):
			h.Size = int(c.int())
		case id == 4 && isInt(kind):
			h.CRC, h.HasCRC = uint32(c.int()), true
		default:
			c.skip(kind, 8)
		}
	}
	if c.bad {
		return h, 0, errHeader
	}
	h.Described = described != 0 && structs[h.Kind] == described
	return h, c.at, nil
}

// describe reads one of the structs that describe a page; which is the number of its field.
func (h *Header) describe(c *compact, which int) {
	const version1, version2 = 5, 8
	h.repEncoding, h.defEncoding = format.RLE, format.RLE
	for id := 0; ; {
		kind := c.field(&id)
		if kind == 0 {
			return
		}
		if kind <= thriftFalse && which == version2 && id == 7 {
			h.Plain = kind == thriftFalse
			continue
		}
		if !isInt(kind) {
			c.skip(kind, 8)
			continue
		}
		switch v := int(c.int()); {
		case id == 1:
			h.Values = v
		case id == 2 && which != version2, id == 4 && which == version2:
			h.Encoding = format.Encoding(v)
		case id == 3 && which == version1:
			h.defEncoding = format.Encoding(v)
		case id == 4 && which == version1:
			h.repEncoding = format.Encoding(v)
		case id == 3 && which == version2:
			h.Rows = v
		case id == 5 && which == version2:
			h.Def = v
		case id == 6 && which == version2:
			h.Rep = v
		}
	}
}

// Split splits a page at its header. The header's sizes are checked against b and [MaxPage].
func Split(b []byte) (h Header, body, rest []byte, err error) {
	h, n, err := ReadHeader(b)
	if err != nil {
		return h, nil, nil, err
	}
	b = b[n:]
	if err := h.fits(int64(len(b)), MaxPage); err != nil {
		return h, nil, nil, err
	}
	return h, b[:h.Size], b[h.Size:], nil
}

// fits checks a page's sizes: left bytes are there, and most may be decoded.
func (h *Header) fits(left int64, most int) error {
	if h.Size < 0 || int64(h.Size) > left || h.Uncompressed < 0 || h.Uncompressed > most {
		return fmt.Errorf("page header: sizes %d and %d with %d bytes left", h.Size, h.Uncompressed, left)
	}
	return nil
}

// Check compares a page's checksum, if it has one.
func (h *Header) Check(body []byte) error {
	if h.HasCRC && crc32.ChecksumIEEE(body) != h.CRC {
		return errors.New("the page's CRC-32 is another")
	}
	return nil
}

// IsData reports whether the page has values of rows.
func (h *Header) IsData() bool { return h.Kind == format.DataPage || h.Kind == format.DataPageV2 }
