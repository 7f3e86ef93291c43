package shards

import (
	"fmt"
	"sort"
	"unsafe"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Row returns row i of the dataset with the view's columns, whether its filters keep it or not.
func (v *View) Row(i int) (Sample, error) {
	d := v.d
	if i < 0 || i >= d.Len() {
		return Sample{}, fmt.Errorf("row %d of dataset %s with %d rows", i, d.dir, d.Len())
	}
	n := sort.Search(len(d.groups), func(g int) bool { return d.groups[g].first+d.groups[g].rows > int64(i) })
	g := &d.groups[n]
	p, err := d.part(g.part)
	if err != nil {
		return Sample{}, err
	}
	b := batch{samples: make([]Sample, 1)}
	row, kept := i-int(g.first), d.pages.get(n)
	if err := v.assemble(&b, p, g.number, row, kept); err != nil {
		return Sample{}, fmt.Errorf("reading row %d of %s: %w", row, p.name, err)
	}
	return b.samples[0], nil
}

// assemble sets the columns of one row of a row group into the batch's one sample.
func (v *View) assemble(b *batch, p *part, group, row int, kept *cachedGroup) (err error) {
	defer recovered(&err, "row group %d", group)
	f := filler{b: b}
	for i, chosen := range v.chosen {
		chunk := &p.groups[group].chunks[i]
		if !chosen || chunk.size == 0 {
			continue
		}
		if chunk.constant && b.setConstant(i, chunk, p.levels[i].kind) {
			continue
		}
		page, err := v.d.page(p, group, i, row, kept)
		if err != nil {
			return fmt.Errorf("column %s: %w", columns[i].name, err)
		}
		f.read = p.r
		if err := f.fill(i, f.begin(i), &p.levels[i], page, row-page.first, row-page.first+1, 0); err != nil {
			return fmt.Errorf("column %s: %w", columns[i].name, err)
		}
	}
	return nil
}

// page returns the page of a column that has a row, from the cache or the file.
func (d *Dataset) page(p *part, group, column, row int, kept *cachedGroup) (*page, error) {
	c := &p.groups[group].chunks[column]
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if c.pages == nil {
		if kept.pages[column] == nil {
			b := make([]byte, c.size)
			if _, err := p.r.ReadAt(b, c.at); err != nil {
				return nil, err
			}
			pages, err := p.readChunk(group, column, b)
			if err != nil {
				return nil, err
			}
			kept.pages[column] = pages
			d.pages.grew(kept, int64(len(b)))
		}
		pages := kept.pages[column]
		return pages[sort.Search(len(pages), func(i int) bool { return pages[i].first > row })-1], nil
	}
	if kept.pages[column] == nil {
		kept.pages[column] = make([]*page, len(c.pages))
	}
	n := c.pageOf(row)
	if kept.pages[column][n] == nil {
		if c.dictionary > 0 && kept.dictionaries[column] == nil {
			dictionary, err := p.readDictionary(c, column, nil)
			if err != nil {
				return nil, err
			}
			kept.dictionaries[column] = dictionary
			d.pages.grew(kept, dictionary.size())
		}
		decoded, err := p.readPage(c, column, n, kept.dictionaries[column])
		if err != nil {
			return nil, err
		}
		if row-decoded.first >= decoded.rows {
			return nil, fmt.Errorf("the page at row %d has %d rows", decoded.first, decoded.rows)
		}
		kept.pages[column][n] = decoded
		d.pages.grew(kept, decoded.size())
	}
	return kept.pages[column][n], nil
}

// prefix is how much of a page of large values is read to learn where they lie.
const prefix = 4096

// readPage reads and decodes page n of a chunk that has an offset index.
func (p *part) readPage(c *chunk, column, n int, dictionary *page) (*page, error) {
	at := c.pages[n]
	if columns[column].large && at.size > prefix {
		if found, err := p.readDirectory(c, at, column); found != nil || err != nil {
			return found, err
		}
	}
	b := make([]byte, at.size)
	if _, err := p.r.ReadAt(b, at.at); err != nil {
		return nil, err
	}
	h, body, _, err := parsePage(b)
	if err != nil {
		return nil, err
	}
	if err := checkCRC(h, body); err != nil {
		return nil, err
	}
	decoded, err := decodePage(h, body, c.codec, &p.levels[column], dictionary)
	if err == nil {
		decoded.first = int(at.first)
	}
	return decoded, err
}

// readDirectory reads where the values of a page lie, so that each can be read by itself; it returns
// nil if the page is not laid out for that.
func (p *part) readDirectory(c *chunk, at location, column int) (*page, error) {
	b := make([]byte, prefix)
	if _, err := p.r.ReadAt(b, at.at); err != nil {
		return nil, err
	}
	reader := new(thrift.CompactProtocol).NewReaderFromBytes(b)
	h := new(format.PageHeader)
	if err := thrift.NewDecoder(reader).Decode(h); err != nil {
		return nil, nil // longer than the prefix
	}
	b = b[reader.BytesRead():]
	v2 := &h.DataPageHeaderV2.V
	if h.Type != format.DataPageV2 || v2.Encoding != format.DeltaLengthByteArray || h.UncompressedPageSize != h.CompressedPageSize ||
		int(h.CompressedPageSize)+reader.BytesRead() != int(at.size) || c.codec != format.Uncompressed {
		return nil, nil
	}
	slots, rep, def := int(v2.NumValues), int(v2.RepetitionLevelsByteLength), int(v2.DefinitionLevelsByteLength)
	lengths := 32 + (slots/128+1)*(32+4*128) // at most: a block's head and its values
	if slots < 0 || rep < 0 || def < 0 || slots > prefix || rep > prefix || def > prefix || rep+def+lengths > len(b) {
		return nil, nil
	}
	found := &page{rows: int(v2.NumRows), first: int(at.first)}
	if err := found.readLevels(b[:rep], b[rep:rep+def], slots, &p.levels[column]); err != nil {
		return nil, err
	}
	if err := found.rowStarts(slots); err != nil {
		return nil, err
	}
	body := int64(h.CompressedPageSize) - int64(rep+def)
	sum, err := found.readLengths(b[rep+def:], slots-found.nulls)
	if err != nil || sum > body {
		return nil, fmt.Errorf("values of %d bytes in %d: %w", sum, body, err)
	}
	found.at = at.at + int64(at.size) - sum
	return found, nil
}

// readValue returns value i of a page of which only the directory was read.
func (f *filler) readValue(p *page, i int) (value, error) {
	from, to := p.offsets[i], p.offsets[i+1]
	if from == to {
		return value{}, nil
	}
	b := make([]byte, to-from)
	if _, err := f.read.ReadAt(b, p.at+int64(from)); err != nil {
		return value{}, err
	}
	return value{text: unsafe.String(&b[0], len(b))}, nil
}
