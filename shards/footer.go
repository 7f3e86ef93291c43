package shards

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go/format"
)

// footer is what a reader of columns needs of a Parquet file's metadata: the leaves of the schema, and where each
// row group has the chunks of them.
type footer struct {
	leaves []leaf
	groups []footerGroup
}

// leaf is a column of the file.
type leaf struct {
	path string // of its names, joined by dots
	levels
}

type footerGroup struct {
	rows   int64
	chunks []chunkInfo // of each leaf
}

// chunkInfo is what the footer says of a column chunk.
type chunkInfo struct {
	codec                    format.CompressionCodec
	values, nulls            int64
	size, data, dictionary   int64 // bytes of the pages; where they begin; where the dictionary lies
	low, high                []byte
	index, indexSize         int64 // of the offset index
	hasLow, hasHigh, hasNull bool
	cut                      bool // the bounds are not values of the chunk: they were cut
}

// maxFooter bounds a footer: one of a million columns has less.
const maxFooter = 1 << 30

// readFooter reads the footer, the end of a Parquet file: the metadata, its length as 4 bytes, and "PAR1".
func readFooter(r io.ReaderAt, size int64) (*footer, error) {
	const tail = 8
	last := make([]byte, min(size, 64<<10)) // the whole footer of most files
	if _, err := r.ReadAt(last, size-int64(len(last))); err != nil && err != io.EOF {
		return nil, err
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

func parseFooter(b []byte) (*footer, error) {
	f, c := &footer{}, &compact{b: b}
	for id := 0; ; {
		kind := c.field(&id)
		if kind == 0 {
			break
		}
		switch {
		case id == 2 && kind == thriftList && f.leaves == nil:
			if err := f.readSchema(c); err != nil {
				return nil, err
			}
		case id == 4 && kind == thriftList && f.leaves != nil && f.groups == nil:
			size, _ := c.list()
			for i := uint64(0); i < size && !c.bad; i++ {
				if err := f.readGroup(c); err != nil {
					return nil, fmt.Errorf("row group %d: %w", i, err)
				}
			}
		default:
			c.skip(kind, 16)
		}
	}
	if c.bad || f.leaves == nil {
		return nil, errors.New("the footer is cut short or damaged")
	}
	return f, nil
}

// element is one of the schema, which lists the tree with every group in front of its children.
type element struct {
	name                       string
	kind, size, repetition     int64
	children                   int64
	hasKind, isOptional, isRep bool
}

func (c *compact) element() (e element) {
	for id := 0; ; {
		kind := c.field(&id)
		switch {
		case kind == 0:
			e.isOptional, e.isRep = e.repetition == 1, e.repetition == 2
			return e
		case id == 1 && isInt(kind):
			e.kind, e.hasKind = c.int(), true
		case id == 2 && isInt(kind):
			e.size = c.int()
		case id == 3 && isInt(kind):
			e.repetition = c.int()
		case id == 4 && kind == thriftBinary:
			e.name = string(c.binary())
		case id == 5 && isInt(kind):
			e.children = c.int()
		default:
			c.skip(kind, 8)
		}
	}
}

func (f *footer) readSchema(c *compact) error {
	size, _ := c.list()
	if size == 0 || size > uint64(len(c.b)) {
		return fmt.Errorf("a schema of %d elements", size)
	}
	elements := make([]element, size)
	for i := range elements {
		elements[i] = c.element()
	}
	root := elements[0]
	rest := elements[1:]
	for range root.children {
		var err error
		if rest, err = f.addElement(rest, nil, levels{}, 0); err != nil {
			return err
		}
	}
	return nil
}

// addElement adds the leaves of the first of the elements, and returns the elements behind it.
func (f *footer) addElement(elements []element, path []string, above levels, lists int) ([]element, error) {
	if len(elements) == 0 || len(path) > 32 {
		return nil, errors.New("the schema is cut short, or nested too deeply")
	}
	e, rest := elements[0], elements[1:]
	path = append(path[:len(path):len(path)], e.name)
	if e.isOptional || e.isRep {
		above.maxDef++
	}
	if e.isRep {
		above.maxRep++
		if lists < len(above.listDef) {
			above.listDef[lists] = byte(above.maxDef)
		}
		lists++
	}
	if e.hasKind {
		above.kind, above.size = format.Type(e.kind), int(e.size)
		f.leaves = append(f.leaves, leaf{strings.Join(path, "."), above})
		return rest, nil
	}
	for range e.children {
		var err error
		if rest, err = f.addElement(rest, path, above, lists); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

func (f *footer) readGroup(c *compact) error {
	g := footerGroup{chunks: make([]chunkInfo, 0, len(f.leaves))}
	for id := 0; ; {
		kind := c.field(&id)
		if kind == 0 {
			break
		}
		switch {
		case id == 1 && kind == thriftList:
			size, _ := c.list()
			for i := uint64(0); i < size && !c.bad; i++ {
				if len(g.chunks) == len(f.leaves) {
					return fmt.Errorf("more than %d column chunks", len(f.leaves))
				}
				g.chunks = append(g.chunks, c.chunk())
			}
		case id == 3 && isInt(kind):
			g.rows = c.int()
		default:
			c.skip(kind, 8)
		}
	}
	if len(g.chunks) != len(f.leaves) || g.rows < 0 || g.rows > 1<<31-1 {
		return fmt.Errorf("%d rows and %d column chunks of %d columns", g.rows, len(g.chunks), len(f.leaves))
	}
	f.groups = append(f.groups, g)
	return nil
}

func (c *compact) chunk() (info chunkInfo) {
	for id := 0; ; {
		kind := c.field(&id)
		switch {
		case kind == 0:
			return info
		case id == 3 && kind == thriftStruct:
			info.describe(c)
		case id == 4 && isInt(kind):
			info.index = c.int()
		case id == 5 && isInt(kind):
			info.indexSize = c.int()
		default:
			c.skip(kind, 8)
		}
	}
}

// describe reads a ColumnMetaData.
func (info *chunkInfo) describe(c *compact) {
	for id := 0; ; {
		kind := c.field(&id)
		switch {
		case kind == 0:
			return
		case id == 4 && isInt(kind):
			info.codec = format.CompressionCodec(c.int())
		case id == 5 && isInt(kind):
			info.values = c.int()
		case id == 7 && isInt(kind):
			info.size = c.int()
		case id == 9 && isInt(kind):
			info.data = c.int()
		case id == 11 && isInt(kind):
			info.dictionary = c.int()
		case id == 12 && kind == thriftStruct:
			info.statistics(c)
		default:
			c.skip(kind, 8)
		}
	}
}

func (info *chunkInfo) statistics(c *compact) {
	for id := 0; ; {
		kind := c.field(&id)
		switch {
		case kind == 0:
			return
		case id == 3 && isInt(kind):
			info.nulls, info.hasNull = c.int(), true
		case id == 5 && kind == thriftBinary:
			info.high, info.hasHigh = c.binary(), true
		case id == 6 && kind == thriftBinary:
			info.low, info.hasLow = c.binary(), true
		case (id == 7 || id == 8) && kind <= thriftFalse:
			info.cut = info.cut || kind == thriftFalse
		default:
			c.skip(kind, 8)
		}
	}
}
