package shards

import (
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go/format"
)

// part is an open Parquet file of samples: where the pages of its columns lie. Of its footer only that is
// kept, so that thousands of parts can be open.
type part struct {
	name   string
	r      io.ReaderAt
	memory *mapping // of a file of a folder, or nil
	size   int64
	levels []levels // of each of columns
	groups []partGroup
}

// partGroup is a row group.
type partGroup struct {
	rows   int
	chunks []chunk // of each of columns
}

// chunk is a column's part of a row group.
type chunk struct {
	at, size   int64 // of all its pages; size is 0 if there is nothing to read
	dictionary int64 // offset of the dictionary page, or 0
	data       int64 // offset of the first data page
	codec      format.CompressionCodec
	index      int64 // offset of the offset index; without one the chunk is read as a whole
	indexSize  int32
	bounds     *bounds // nil if not known
	constant   bool    // every value is the bounds' one, and none is null
}

// maxBounds is up to which size a chunk's bounds are kept.
const maxBounds = 256

// bounds are the least and the greatest value of a chunk, as Parquet writes them.
type bounds struct{ low, high string }

// openPart reads the footer of a part.
func openPart(name string, r io.ReaderAt, size int64) (p *part, err error) {
	defer recovered(&err, "opening %s", name)
	file, err := readFooter(r, size)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", name, err)
	}
	p = &part{name: name, r: r, size: size, levels: make([]levels, len(columns))}
	if local, ok := r.(*localFile); ok && local.mapping != nil && int64(len(local.mapping.b)) == size {
		p.memory = local.mapping
	}
	leaves := make([]int, len(columns)) // in the file; -1 if it lacks the column
	for i := range columns {
		if leaves[i], err = file.find(&columns[i]); err != nil {
			return nil, fmt.Errorf("opening %s: %w", name, err)
		}
		if leaves[i] >= 0 {
			p.levels[i] = file.leaves[leaves[i]].levels
		}
	}
	p.groups = make([]partGroup, len(file.groups))
	chunks := make([]chunk, len(columns)*len(file.groups))
	for g := range file.groups {
		group := &p.groups[g]
		group.rows = int(file.groups[g].rows)
		group.chunks, chunks = chunks[:len(columns):len(columns)], chunks[len(columns):]
		for i, leaf := range leaves {
			if leaf < 0 {
				continue
			}
			if err := group.chunks[i].locate(&file.groups[g].chunks[leaf], size); err != nil {
				return nil, fmt.Errorf("opening %s: row group %d, column %s: %w", name, g, columns[i].name, err)
			}
		}
	}
	return p, nil
}

// recovered makes a panic of a decoder an error: damaged input makes some panic.
func recovered(err *error, format string, args ...any) {
	if p := recover(); p != nil {
		*err = fmt.Errorf(format+": damaged: %v", append(args, p)...)
	}
}

// find returns the number of a column among the file's leaves, -1 if it has none.
func (f *footer) find(c *column) (int, error) {
	for i := range f.leaves {
		l := &f.leaves[i]
		if l.path != c.path {
			continue
		}
		numbers := l.width() > 0
		if isText := l.kind == format.ByteArray || l.kind == format.FixedLenByteArray; numbers != c.numbers || isText == c.numbers {
			return -1, fmt.Errorf("column %s is of type %d", c.name, l.kind)
		}
		if l.maxRep > len(l.listDef) {
			return -1, fmt.Errorf("column %s: too deeply nested", c.name)
		}
		return i, nil
	}
	for i := range f.leaves {
		if strings.HasPrefix(f.leaves[i].path, c.path+".") {
			return -1, fmt.Errorf("column %s is a group", c.name)
		}
	}
	return -1, nil
}

// locate notes where a chunk and its offset index lie, both within the file.
func (c *chunk) locate(m *chunkInfo, size int64) error {
	c.codec = m.codec
	if m.hasLow && m.hasHigh && len(m.low)+len(m.high) <= maxBounds {
		c.bounds = &bounds{string(m.low), string(m.high)}
		c.constant = c.bounds.low == c.bounds.high && m.hasNull && m.nulls == 0 && !m.cut
	}
	if m.values == m.nulls {
		return nil // every list is empty, every value is null
	}
	c.data, c.size, c.dictionary = m.data, m.size, m.dictionary
	if c.at = c.data; c.dictionary > 0 && c.dictionary < c.at {
		c.at = c.dictionary
	}
	if c.at < 0 || c.size < 0 || c.at > size || c.size > size-c.at || c.data > c.at+c.size {
		return fmt.Errorf("%d bytes at %d of a file of %d", c.size, c.at, size)
	}
	if m.index > 0 && m.index <= size && m.indexSize > 0 && m.indexSize <= min(size-m.index, maxPage) {
		c.index, c.indexSize = m.index, int32(m.indexSize)
	}
	return nil
}

// readDictionary reads the dictionary of a chunk from the chunk's bytes, or from the file if b is nil.
func (p *part) readDictionary(c *chunk, column int, b []byte) (*page, error) {
	if c.dictionary == 0 {
		return nil, nil
	}
	if b == nil {
		if c.data < c.dictionary {
			return nil, fmt.Errorf("a dictionary at %d behind its pages", c.dictionary)
		}
		b = make([]byte, c.data-c.dictionary)
		if _, err := p.r.ReadAt(b, c.dictionary); err != nil {
			return nil, err
		}
	} else {
		b = b[c.dictionary-c.at:]
	}
	h, body, _, err := parsePage(b)
	if err != nil {
		return nil, err
	}
	if err := h.check(body); err != nil {
		return nil, err
	}
	return decodeDictionary(&h, body, c.codec, &p.levels[column])
}

// damage is an error of a page.
type damage struct {
	row int // of the row group, the page's first
	err error
}

func (d *damage) Error() string { return d.err.Error() }
func (d *damage) Unwrap() error { return d.err }

// readChunk decodes all pages of a chunk from its bytes.
func (p *part) readChunk(group, column int, b []byte) (pages []*page, err error) {
	defer recovered(&err, "row group %d, column %s of %s", group, columns[column].name, p.name)
	c := &p.groups[group].chunks[column]
	dictionary, err := p.readDictionary(c, column, b)
	row := 0
	for n := 0; err == nil && len(b) > 0 && row < p.groups[group].rows; n++ {
		var h header
		var body []byte
		if h, body, b, err = parsePage(b); err != nil {
			break
		}
		if h.kind == format.DictionaryPage || h.kind == format.IndexPage {
			continue
		}
		if err = h.check(body); err != nil {
			break
		}
		var decoded *page
		if decoded, err = decodePage(&h, body, c.codec, &p.levels[column], dictionary); err == nil {
			decoded.first = row
			row += decoded.rows
			pages = append(pages, decoded)
		}
	}
	if err == nil && row != p.groups[group].rows {
		err = fmt.Errorf("%d rows, want %d", row, p.groups[group].rows)
	}
	if err != nil {
		return nil, &damage{row, fmt.Errorf("reading row group %d, column %s of %s: row %d: %w", group, columns[column].name, p.name, row, err)}
	}
	return pages, nil
}

// agrees checks the part's row groups against its manifest's.
func (p *part) agrees(rows []int64) error {
	if len(p.groups) != len(rows) {
		return fmt.Errorf("%s has %d row groups, its manifest says %d", p.name, len(p.groups), len(rows))
	}
	for i := range p.groups {
		if int64(p.groups[i].rows) != rows[i] {
			return fmt.Errorf("row group %d of %s has %d rows, its manifest says %d", i, p.name, p.groups[i].rows, rows[i])
		}
	}
	return nil
}
