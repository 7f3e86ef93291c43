package pages

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/format"
)

// Footer is what a reader needs of a Parquet file's metadata: the schema, where each row group has
// the chunks of its columns, and what the writer noted. It shares memory with what was read.
type Footer struct {
	Root   *Node
	Leaves []Leaf // in order of the schema
	Groups []Group
	notes  []note
	paths  int // bytes of names that the paths of leaves may still take
}

// note is a key and its value.
type note struct{ key, value []byte }

// Group is a row group.
type Group struct {
	Rows   int64
	Chunks []Chunk // of each leaf
}

// Chunk is what the footer says of a column chunk.
type Chunk struct {
	Codec                    format.CompressionCodec
	Values, Nulls            int64
	Size, Data, Dictionary   int64 // bytes of the pages; where they begin; where the dictionary lies, or 0
	Low, High                []byte
	Index, IndexSize         int64 // of the offset index
	HasLow, HasHigh, HasNull bool
	Cut                      bool // the bounds are not values of the chunk: they were cut
	Elsewhere                bool // it is encrypted, or lies in another file
	has                      byte // of the fields that every chunk has, a bit each
}

// maxFooter bounds a footer: one of a million columns has less.
const maxFooter = 1 << 30

// ReadFooter reads the footer, the end of a Parquet file: the metadata, its length as 4 bytes, and
// "PAR1". It takes memory of no more than some 20 times the footer's bytes, and 1 GiB for the
// schema.
func ReadFooter(r io.ReaderAt, size int64) (*Footer, error) {
	const tail = 8
	last := make([]byte, max(0, min(size, 64<<10))) // the whole footer of most files
	if _, err := r.ReadAt(last, size-int64(len(last))); err != nil && err != io.EOF {
		return nil, err
	}
	if len(last) >= tail+4 && string(last[len(last)-4:]) == "PARE" {
		return nil, errors.New("an encrypted Parquet file")
	}
	if len(last) < tail+4 || string(last[len(last)-4:]) != "PAR1" {
		return nil, errors.New("not a Parquet file: it does not end with PAR1")
	}
	length := int64(binary.LittleEndian.Uint32(last[len(last)-tail:]))
	if length > size-tail || length > maxFooter {
		return nil, fmt.Errorf("a footer of %d bytes in a file of %d", length, size)
	}
	if length <= int64(len(last)-tail) {
		return parseFooter(last[int64(len(last)-tail)-length : len(last)-tail])
	}
	b := make([]byte, length)
	if _, err := r.ReadAt(b, size-tail-length); err != nil {
		return nil, err
	}
	return parseFooter(b)
}

func parseFooter(b []byte) (*Footer, error) {
	f, c := &Footer{paths: 1<<16 + 16*len(b)}, &compact{b: b}
	for id := 0; ; {
		kind := c.field(&id)
		if kind == 0 {
			break
		}
		switch {
		case id == 2 && kind == thriftList && f.Root == nil:
			if err := f.readSchema(c); err != nil {
				return nil, err
			}
		case id == 4 && kind == thriftList && f.Root != nil && f.Groups == nil:
			size, _ := c.list()
			for i := uint64(0); i < size && !c.bad; i++ {
				if err := f.readGroup(c); err != nil {
					return nil, fmt.Errorf("row group %d: %w", i, err)
				}
			}
		case id == 5 && kind == thriftList && f.notes == nil:
			f.readNotes(c)
		default:
			c.skip(kind, 16)
		}
	}
	if c.bad || f.Root == nil {
		return nil, errors.New("the footer is cut short or damaged")
	}
	return f, nil
}

func (f *Footer) readNotes(c *compact) {
	size, _ := c.list()
	for i := uint64(0); i < size && !c.bad; i++ {
		var n note
		for id := 0; ; {
			kind := c.field(&id)
			if kind == 0 {
				break
			}
			switch {
			case id == 1 && kind == thriftBinary:
				n.key = c.binary()
			case id == 2 && kind == thriftBinary:
				n.value = c.binary()
			default:
				c.skip(kind, 8)
			}
		}
		f.notes = append(f.notes, n)
	}
}

// Lookup returns a value of the key-value metadata.
func (f *Footer) Lookup(key string) (value string, ok bool) {
	for _, n := range f.notes {
		if string(n.key) == key {
			return string(n.value), true
		}
	}
	return "", false
}

// Rows returns the number of rows of all row groups.
func (f *Footer) Rows() (n int64) {
	for i := range f.Groups {
		n += f.Groups[i].Rows
	}
	return n
}

func (f *Footer) readGroup(c *compact) error {
	var g Group
	for id := 0; ; {
		kind := c.field(&id)
		if kind == 0 {
			break
		}
		switch {
		case id == 1 && kind == thriftList && g.Chunks == nil:
			size, _ := c.list()
			if size != uint64(len(f.Leaves)) || size > uint64(len(c.b)-c.at)/chunkBytes {
				return fmt.Errorf("%d column chunks of %d columns, in %d bytes", size, len(f.Leaves), len(c.b)-c.at)
			}
			g.Chunks = make([]Chunk, size)
			for i := range g.Chunks {
				if g.Chunks[i].read(c); g.Chunks[i].has != hasAll && !g.Chunks[i].Elsewhere {
					return fmt.Errorf("column chunk %d is cut short", i)
				}
			}
		case id == 3 && isInt(kind):
			g.Rows = c.int()
		default:
			c.skip(kind, 8)
		}
	}
	if len(g.Chunks) != len(f.Leaves) || g.Rows < 0 || g.Rows > 1<<31-1 {
		return fmt.Errorf("%d rows and %d column chunks of %d columns", g.Rows, len(g.Chunks), len(f.Leaves))
	}
	f.Groups = append(f.Groups, g)
	return nil
}

// hasAll are the fields that no chunk is without, and chunkBytes is less than what any takes:
// beside these it has its type, encodings, path, codec and other sizes.
const (
	hasValues = 1 << iota
	hasSize
	hasData
	hasAll     = hasValues | hasSize | hasData
	chunkBytes = 16
)

func (m *Chunk) read(c *compact) {
	for id := 0; ; {
		kind := c.field(&id)
		switch {
		case kind == 0:
			return
		case id == 3 && kind == thriftStruct:
			m.describe(c)
		case id == 4 && isInt(kind):
			m.Index = c.int()
		case id == 5 && isInt(kind):
			m.IndexSize = c.int()
		case id == 1 && kind == thriftBinary:
			m.Elsewhere = len(c.binary()) > 0
		case id == 8 && kind == thriftStruct:
			m.Elsewhere = true
			c.skip(kind, 8)
		default:
			c.skip(kind, 8)
		}
	}
}

// describe reads a ColumnMetaData.
func (m *Chunk) describe(c *compact) {
	for id := 0; ; {
		kind := c.field(&id)
		switch {
		case kind == 0:
			return
		case id == 4 && isInt(kind):
			m.Codec = format.CompressionCodec(c.int())
		case id == 5 && isInt(kind):
			m.Values = c.int()
			m.has |= hasValues
		case id == 7 && isInt(kind):
			m.Size = c.int()
			m.has |= hasSize
		case id == 9 && isInt(kind):
			m.Data = c.int()
			m.has |= hasData
		case id == 11 && isInt(kind):
			m.Dictionary = c.int()
		case id == 12 && kind == thriftStruct:
			m.statistics(c)
		default:
			c.skip(kind, 8)
		}
	}
}

func (m *Chunk) statistics(c *compact) {
	for id := 0; ; {
		kind := c.field(&id)
		switch {
		case kind == 0:
			return
		case id == 3 && isInt(kind):
			m.Nulls, m.HasNull = c.int(), true
		case id == 5 && kind == thriftBinary:
			m.High, m.HasHigh = c.binary(), true
		case id == 6 && kind == thriftBinary:
			m.Low, m.HasLow = c.binary(), true
		case (id == 7 || id == 8) && kind <= thriftFalse:
			m.Cut = m.Cut || kind == thriftFalse
		default:
			c.skip(kind, 8)
		}
	}
}
