package shards

import (
	"fmt"
	"sort"
	"sync"

	"github.com/parquet-go/parquet-go/format"

	"github.com/pali3/pali3/internal/parquet/pages"
)

// Row returns row i of the dataset with the columns of the view. It ignores the filters.
func (v *View) Row(i int) (Sample, error) {
	d := v.d
	if i < 0 || i >= d.Len() {
		return Sample{}, fmt.Errorf("no row %d: dataset %s has %d rows", i, d.dir, d.Len())
	}
	n := sort.Search(len(d.groups), func(g int) bool { return d.groups[g].first+d.groups[g].rows > int64(i) })
	g := &d.groups[n]
	opened, err := d.usePart(g.part)
	if err != nil {
		return Sample{}, err
	}
	defer d.leavePart(opened)
	row, kept := i-int(g.first), d.cache.pages.get(inDataset{d, n})
	m := makers.Get().(*rowMaker)
	defer m.leave()
	if err := v.assemble(m, opened.part, g.number, row, kept); err != nil {
		return Sample{}, fmt.Errorf("reading row %d of row group %d of %s: %w", row, g.number, opened.part.name, err)
	}
	return m.sample[0], nil
}

// rowMaker assembles one row.
type rowMaker struct {
	sample [1]Sample
	batch  batch
	filler filler
}

var makers = sync.Pool{New: func() any { return new(rowMaker) }}

// begin prepares the maker for a row of a part.
func (m *rowMaker) begin(p *part) {
	m.batch = batch{samples: m.sample[:]}
	m.filler = filler{b: &m.batch, part: p, sizes: m.filler.sizes[:0], sized: m.filler.sized[:0]}
}

// leave releases the row and returns the maker to the pool.
func (m *rowMaker) leave() {
	m.sample[0], m.batch, m.filler.part = Sample{}, batch{}, nil
	makers.Put(m)
}

// assemble sets the columns of one row of a row group in the sample of the maker.
func (v *View) assemble(m *rowMaker, p *part, group, row int, kept *cachedGroup) (err error) {
	defer recovered(&err, "row group %d", group)
	m.begin(p)
	b, f := &m.batch, &m.filler
	for i, chosen := range v.chosen {
		chunk := &p.groups[group].chunks[i]
		if !chosen || chunk.size == 0 {
			continue
		}
		if chunk.constant && b.setConstant(i, chunk, p.levels[i].Kind) {
			continue
		}
		page, err := v.d.page(p, group, i, row, kept)
		if err != nil {
			return fmt.Errorf("column %s: %w", columns[i].name, err)
		}
		if err := f.fill(i, f.begin(i), &p.levels[i], page, row-page.First, row-page.First+1, 0); err != nil {
			return fmt.Errorf("column %s: %w", columns[i].name, err)
		}
	}
	return nil
}

// page returns the page of a column that contains a row, from the cache or the file.
func (d *Dataset) page(p *part, group, column, row int, kept *cachedGroup) (*pages.Page, error) {
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
		kept.locations[column], kept.pages[column] = locations, make([]*pages.Page, len(locations))
		kept.grew(int64(len(locations)) * 24)
	}
	locations, decodedPages := kept.locations[column], kept.pages[column]
	n := sort.Search(len(locations), func(i int) bool { return int(locations[i].First) > row }) - 1
	if decodedPages[n] == nil {
		if c.dictionary > 0 && kept.dictionaries[column] == nil {
			dictionary, err := p.readDictionary(c, column, nil)
			if err != nil {
				return nil, err
			}
			kept.dictionaries[column] = dictionary
			kept.grew(dictionary.Size())
		}
		decoded, err := p.readPage(c, column, locations[n], kept.dictionaries[column])
		if err != nil {
			return nil, err
		}
		if row-decoded.First >= decoded.Rows {
			return nil, fmt.Errorf("the page at row %d has %d rows", decoded.First, decoded.Rows)
		}
		decodedPages[n] = decoded
		kept.grew(decoded.Size())
	}
	return decodedPages[n], nil
}

// pageOfWhole is [Dataset.page] for a chunk without an offset index, which is read whole.
func (d *Dataset) pageOfWhole(p *part, group, column, row int, kept *cachedGroup) (found *pages.Page, err error) {
	c := &p.groups[group].chunks[column]
	if kept.pages[column] == nil {
		b := make([]byte, c.size)
		if _, err := p.r.ReadAt(b, c.at); err != nil {
			return nil, err
		}
		if kept.pages[column], err = p.readChunk(group, column, b); err != nil {
			return nil, err
		}
		kept.grew(int64(len(b)))
	}
	all := kept.pages[column]
	return all[sort.Search(len(all), func(i int) bool { return all[i].First > row })-1], nil
}

// locations reads the offset index of a chunk.
func (p *part) locations(c *chunk) ([]pages.Location, error) {
	b := make([]byte, c.indexSize)
	if _, err := p.r.ReadAt(b, c.index); err != nil {
		return nil, err
	}
	return pages.ReadLocations(b, c.at, c.size)
}

// A page of more than whole bytes is not read whole if its values can be read one by one: only its
// first bytes are, which say where the values are.
const whole = 64 << 10

// readPage reads and decodes one page of a chunk.
func (p *part) readPage(c *chunk, column int, at pages.Location, dictionary *pages.Page) (*pages.Page, error) {
	singly := c.codec == format.Uncompressed && p.levels[column].Kind == format.ByteArray
	if singly && at.Size > whole {
		if found, err := pages.ReadDirectory(p.r, at, &p.levels[column]); found != nil || err != nil {
			return found, err
		}
	}
	b := make([]byte, at.Size)
	if _, err := p.r.ReadAt(b, at.At); err != nil {
		return nil, err
	}
	h, body, _, err := pages.Split(b)
	if err != nil {
		return nil, err
	}
	if err := h.Check(body); err != nil {
		return nil, err
	}
	var decoded *pages.Page
	if singly {
		decoded, err = pages.Directory(&h, body, &p.levels[column])
	}
	if decoded == nil && err == nil {
		decoded, err = pages.DecodeRows(&h, body, c.codec, &p.levels[column], dictionary, pages.MaxPage)
	}
	if err != nil {
		return nil, err
	}
	decoded.First = int(at.First)
	return decoded, nil
}
