package shards

import (
	"errors"
	"fmt"
	"sort"
	"unsafe"

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
	f := filler{b: b, part: p}
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
	if c.indexSize == 0 {
		return d.pageOfWhole(p, group, column, row, kept)
	}
	if kept.locations[column] == nil {
		locations, err := p.locations(c)
		if err != nil {
			return nil, err
		}
		kept.locations[column], kept.pages[column] = locations, make([]*page, len(locations))
		d.pages.grew(kept, int64(len(locations))*24)
	}
	locations, pages := kept.locations[column], kept.pages[column]
	n := sort.Search(len(locations), func(i int) bool { return int(locations[i].first) > row }) - 1
	if pages[n] == nil {
		if c.dictionary > 0 && kept.dictionaries[column] == nil {
			dictionary, err := p.readDictionary(c, column, nil)
			if err != nil {
				return nil, err
			}
			kept.dictionaries[column] = dictionary
			d.pages.grew(kept, dictionary.size())
		}
		decoded, err := p.readPage(c, column, locations[n], kept.dictionaries[column])
		if err != nil {
			return nil, err
		}
		if row-decoded.first >= decoded.rows {
			return nil, fmt.Errorf("the page at row %d has %d rows", decoded.first, decoded.rows)
		}
		pages[n] = decoded
		d.pages.grew(kept, decoded.size())
	}
	return pages[n], nil
}

// pageOfWhole is [Dataset.page] for a chunk without an offset index, which is read as a whole.
func (d *Dataset) pageOfWhole(p *part, group, column, row int, kept *cachedGroup) (*page, error) {
	c := &p.groups[group].chunks[column]
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

// locations reads where the pages of a chunk lie.
func (p *part) locations(c *chunk) ([]location, error) {
	b := make([]byte, c.indexSize)
	if _, err := p.r.ReadAt(b, c.index); err != nil {
		return nil, err
	}
	return c.readLocations(b)
}

// A page of more than whole bytes is not read whole if its values can be read singly: only its first bytes
// are, which say where they lie.
const (
	whole  = 64 << 10
	prefix = 4 << 10
)

// readPage reads and decodes the page of a chunk that lies at at.
func (p *part) readPage(c *chunk, column int, at location, dictionary *page) (*page, error) {
	if c.codec == format.Uncompressed && at.size > whole && p.levels[column].kind == format.ByteArray {
		if found, err := p.readDirectory(at, column); found != nil || err != nil {
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
	if err := h.check(body); err != nil {
		return nil, err
	}
	decoded, err := decodePage(&h, body, c.codec, &p.levels[column], dictionary)
	if err == nil {
		decoded.first = int(at.first)
	}
	return decoded, err
}

// readDirectory reads where the values of an uncompressed page lie, so that each can be read by itself; it returns
// nil if the page is not laid out for that.
func (p *part) readDirectory(at location, column int) (*page, error) {
	b := make([]byte, prefix)
	if _, err := p.r.ReadAt(b, at.at); err != nil {
		return nil, err
	}
	h, n, err := readHeader(b)
	if err != nil {
		return nil, nil // longer than the prefix
	}
	b = b[n:]
	if h.kind != format.DataPageV2 || !h.described || h.encoding != format.DeltaLengthByteArray || h.uncompressed != h.size || h.size+n != int(at.size) {
		return nil, nil
	}
	if h.values < 0 || h.values > maxDirectory || h.rep < 0 || h.rep > len(b) || h.def < 0 || h.def > len(b)-h.rep {
		return nil, nil
	}
	found := &page{first: int(at.first)}
	if err := found.readLevelsV2(&h, b, &p.levels[column]); err != nil {
		return nil, err
	}
	if err := found.rowStarts(h.values); err != nil {
		return nil, err
	}
	body := int64(h.size - h.rep - h.def)
	sum, used, err := found.readLengths(b[h.rep+h.def:], h.values-found.nulls)
	if errors.Is(err, errShort) {
		rest := make([]byte, min(body, int64(1024+5*h.values)))
		if _, err := p.r.ReadAt(rest, at.at+int64(n+h.rep+h.def)); err != nil {
			return nil, err
		}
		if sum, used, err = found.readLengths(rest, h.values-found.nulls); errors.Is(err, errShort) {
			return nil, nil // in blocks of an unusual size
		}
	}
	if err == nil && sum > body-int64(used) {
		err = fmt.Errorf("values of %d bytes in %d", sum, body-int64(used))
	}
	if err != nil {
		return nil, err
	}
	found.at = at.at + int64(at.size) - sum
	return found, nil
}

// maxDirectory bounds the values of a page that are read singly.
const maxDirectory = 1 << 16

// readValue returns value i of a page of which only the directory was read.
func (p *part) readValue(from *page, i int) (value, error) {
	at, size := from.at+int64(from.offsets[i]), int64(from.offsets[i+1]-from.offsets[i])
	if size == 0 {
		return value{}, nil
	}
	b := make([]byte, size)
	if _, err := p.r.ReadAt(b, at); err != nil {
		return value{}, err
	}
	return value{text: unsafe.String(&b[0], len(b))}, nil
}
