package pages

// Parquet writes what it says of pages in Thrift's compact protocol. A reader of single rows reads
// thousands of page headers and offset indexes a second, and one who opens parts their footers, so
// these are read here, without reflection.
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

// field advances to the next field of a struct after the one numbered id; its kind is 0 at the
// struct's end.
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
