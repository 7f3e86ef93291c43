package shards

import (
	"slices"

	"github.com/pali3/pali3/internal/parquet/pages"
)

// filler sets values into a batch.
type filler struct {
	b     *batch
	sizes []int32    // reused
	sized []*listing // lists whose length is set
	part  *part      // to read values from that were not read with their page
}

// begin must be called before the pages of a column. It reports whether the column is the first of
// its list, which makes the lists.
func (f *filler) begin(column int) (lead bool) {
	list := columns[column].list
	if list == nil || slices.Contains(f.sized, list) {
		return false
	}
	f.sized = append(f.sized, list)
	return true
}

// resize makes the lists of the samples for rows a to b of a page.
func (f *filler) resize(column int, l *pages.Levels, p *pages.Page, a, b, first int) {
	f.sizes = f.sizes[:0]
	for row := a; row < b; row++ {
		from, to := p.Slots(row, row+1)
		n := int32(0)
		for slot := from; slot < to; slot++ {
			if (p.Rep == nil || p.Rep[slot] < 2) && (p.Def == nil || p.Def[slot] >= l.ListDef[0]) {
				n++
			}
		}
		f.sizes = append(f.sizes, n)
	}
	columns[column].list.resize(f.b, first, f.sizes)
}

// fill sets the values of rows a to b of a page, beginning with sample first of the batch. Lead is
// what begin returned.
func (f *filler) fill(column int, lead bool, l *pages.Levels, p *pages.Page, a, b, first int) error {
	c := &columns[column]
	from, to := p.Slots(a, b)
	if lead {
		f.resize(column, l, p, a, b, first)
	}
	next := from // value number
	if p.Nulls > 0 {
		next = 0
		for _, d := range p.Def[:from] {
			if int(d) == l.MaxDef {
				next++
			}
		}
	}
	at := place{row: first - 1}
	for slot := from; slot < to; slot++ {
		at.move(p, slot, l)
		if p.Nulls > 0 && int(p.Def[slot]) != l.MaxDef {
			continue
		}
		if p.Singly() {
			v, err := p.ReadValue(f.part.r, next)
			if err != nil {
				return err
			}
			c.set(f.b, at, v)
		} else {
			c.set(f.b, at, p.Value(next))
		}
		next++
	}
	return nil
}

// move advances to the place of a slot.
func (at *place) move(p *pages.Page, slot int, l *pages.Levels) {
	switch {
	case p.Rep == nil || p.Rep[slot] == 0:
		at.row, at.element, at.inner = at.row+1, 0, 0
	case p.Rep[slot] == 1:
		at.element, at.inner = at.element+1, 0
	default:
		at.inner++
	}
}
