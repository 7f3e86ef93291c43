package shards

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go/format"

	"github.com/pali3/pali3/internal/parquet/pages"
)

// part is an open Parquet file of samples. It keeps only the locations of the pages, not the whole
// footer, so that thousands of parts can be open.
type part struct {
	name   string
	r      io.ReaderAt
	memory *mapping // of a mapped file, or nil
	size   int64
	levels []pages.Levels // of each of columns
	groups []partGroup
	reads  *readCounts // may be nil
}

// bytes returns about how much memory the footer takes.
func (p *part) bytes() int64 {
	const ofChunk = 128 // with bounds
	return int64(len(columns)) * int64(64+ofChunk*len(p.groups))
}

// partGroup is a row group.
type partGroup struct {
	rows   int
	chunks []chunk // of each of columns
}

// chunk is one column of a row group.
type chunk struct {
	at, size   int64 // of all its pages; size is 0 if there is nothing to read
	dictionary int64 // offset of the dictionary page, or 0
	data       int64 // offset of the first data page
	codec      format.CompressionCodec
	index      int64 // offset of the offset index; without one the chunk is read whole
	indexSize  int32
	bounds     *bounds // nil if not known
	constant   bool    // every value equals the bounds, and none is null
}

// maxBounds is the largest size of the bounds of a chunk that are kept.
const maxBounds = 256

// maxRows is how many rows a row group may have whatever its size. Beyond that each row needs at
// least a bit, because its key is unique.
const maxRows = 1 << 20

// bounds are the minimum and maximum of a chunk, as Parquet writes them.
type bounds struct{ low, high string }

// openPart reads the footer of a part.
func openPart(name string, r io.ReaderAt, size int64) (p *part, err error) {
	defer recovered(&err, "opening %s", name)
	file, err := pages.ReadFooter(r, size)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", name, err)
	}
	p = &part{name: name, r: r, size: size, levels: make([]pages.Levels, len(columns))}
	if local, ok := fileBelow(r).(*localFile); ok && local.mapping != nil && int64(len(local.mapping.b)) == size {
		p.memory = local.mapping
	}
	leaves := make([]int, len(columns)) // in the file; -1 if it lacks the column
	for i := range columns {
		if leaves[i], err = findLeaf(file, &columns[i]); err != nil {
			return nil, fmt.Errorf("opening %s: %w", name, err)
		}
		if leaves[i] >= 0 {
			p.levels[i] = file.Leaves[leaves[i]].Levels
		}
	}
	p.groups = make([]partGroup, len(file.Groups))
	chunks := make([]chunk, len(columns)*len(file.Groups))
	for g := range file.Groups {
		group := &p.groups[g]
		group.rows = int(file.Groups[g].Rows)
		group.chunks, chunks = chunks[:len(columns):len(columns)], chunks[len(columns):]
		bytes := int64(0)
		for i, leaf := range leaves {
			if leaf < 0 {
				continue
			}
			if err := group.chunks[i].locate(&file.Groups[g].Chunks[leaf], size); err != nil {
				return nil, fmt.Errorf("opening %s: row group %d, column %s: %w", name, g, columns[i].name, err)
			}
			bytes += group.chunks[i].size
		}
		if int64(group.rows) > maxRows+8*bytes {
			return nil, fmt.Errorf("opening %s: row group %d has %d rows in %d bytes", name, g, group.rows, bytes)
		}
	}
	return p, nil
}

// fileBelow returns the reader whose reads are counted.
func fileBelow(r io.ReaderAt) io.ReaderAt {
	if counted, ok := r.(*countedReader); ok {
		return counted.ReaderAt
	}
	return r
}

// recovered turns a panic into an error: some decoders panic on damaged input.
func recovered(err *error, format string, args ...any) {
	if p := recover(); p != nil {
		*err = fmt.Errorf(format+": damaged: %v", append(args, p)...)
	}
}

// findLeaf returns the index of a column among the leaves of the file, or -1.
func findLeaf(f *pages.Footer, c *column) (int, error) {
	for i := range f.Leaves {
		l := &f.Leaves[i]
		if l.Path != c.path {
			continue
		}
		numbers := l.Width() > 0
		if isText := l.Kind == format.ByteArray || l.Kind == format.FixedLenByteArray; numbers != c.numbers || isText == c.numbers {
			return -1, fmt.Errorf("column %s has type %d", c.name, l.Kind)
		}
		if l.MaxRep > len(l.ListDef) {
			return -1, fmt.Errorf("column %s: too deeply nested", c.name)
		}
		return i, nil
	}
	for i := range f.Leaves {
		if strings.HasPrefix(f.Leaves[i].Path, c.path+".") {
			return -1, fmt.Errorf("column %s is a group", c.name)
		}
	}
	return -1, nil
}

// locate sets where a chunk and its offset index are, and checks that both are within the file.
func (c *chunk) locate(m *pages.Chunk, size int64) error {
	c.codec = m.Codec
	if m.HasLow && m.HasHigh && len(m.Low)+len(m.High) <= maxBounds {
		c.bounds = &bounds{string(m.Low), string(m.High)}
		c.constant = c.bounds.low == c.bounds.high && m.HasNull && m.Nulls == 0 && !m.Cut
	}
	if m.Elsewhere {
		return errors.New("it is encrypted or in another file")
	}
	if m.Values == m.Nulls {
		return nil // every list is empty, every value is null
	}
	c.data, c.size, c.dictionary = m.Data, m.Size, m.Dictionary
	if c.at = c.data; c.dictionary > 0 && c.dictionary < c.at {
		c.at = c.dictionary
	}
	if c.at < 0 || c.size < 0 || c.at > size || c.size > size-c.at || c.data > c.at+c.size {
		return fmt.Errorf("%d bytes at %d of a file of %d", c.size, c.at, size)
	}
	if m.Index > 0 && m.Index <= size && m.IndexSize > 0 && m.IndexSize <= min(size-m.Index, pages.MaxPage) {
		c.index, c.indexSize = m.Index, int32(m.IndexSize)
	}
	return nil
}

// readDictionary reads the dictionary of a chunk from b, the bytes of the chunk, or from the file
// if b is nil.
func (p *part) readDictionary(c *chunk, column int, b []byte) (*pages.Page, error) {
	if c.dictionary == 0 {
		return nil, nil
	}
	if b == nil {
		if c.data < c.dictionary {
			return nil, fmt.Errorf("its dictionary at %d comes after its pages", c.dictionary)
		}
		b = make([]byte, c.data-c.dictionary)
		if _, err := p.r.ReadAt(b, c.dictionary); err != nil {
			return nil, err
		}
	} else {
		b = b[c.dictionary-c.at:]
	}
	h, body, _, err := pages.Split(b)
	if err != nil {
		return nil, err
	}
	if err := h.Check(body); err != nil {
		return nil, err
	}
	return pages.DecodeDictionary(&h, body, c.codec, &p.levels[column], pages.MaxPage)
}

// damage is the error of a damaged page.
type damage struct {
	row int // first row of the page in its row group
	err error
}

func (d *damage) Error() string { return d.err.Error() }
func (d *damage) Unwrap() error { return d.err }

// readChunk decodes all pages of a chunk from its bytes.
func (p *part) readChunk(group, column int, b []byte) (all []*pages.Page, err error) {
	defer recovered(&err, "row group %d, column %s of %s", group, columns[column].name, p.name)
	c := &p.groups[group].chunks[column]
	dictionary, err := p.readDictionary(c, column, b)
	row, left := 0, pages.MaxPage+pages.Expansion*len(b) // bytes of memory for all pages of the chunk
	for n := 0; err == nil && len(b) > 0 && row < p.groups[group].rows; n++ {
		var h pages.Header
		var body []byte
		if h, body, b, err = pages.Split(b); err != nil {
			break
		}
		if h.Kind == format.DictionaryPage || h.Kind == format.IndexPage {
			continue
		}
		if err = h.Check(body); err != nil {
			break
		}
		var decoded *pages.Page
		if decoded, err = pages.DecodeRows(&h, body, c.codec, &p.levels[column], dictionary, min(left, pages.MaxPage)); err == nil {
			left -= int(decoded.Size())
			decoded.First = row
			row += decoded.Rows
			all = append(all, decoded)
		}
	}
	if err == nil && row != p.groups[group].rows {
		err = fmt.Errorf("%d rows, want %d", row, p.groups[group].rows)
	}
	if err != nil {
		return nil, &damage{row, fmt.Errorf("reading row group %d, column %s of %s: row %d: %w", group, columns[column].name, p.name, row, err)}
	}
	return all, nil
}

// agrees compares the row groups of the part with the manifest.
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
