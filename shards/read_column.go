package shards

import (
	"fmt"
	"iter"
	"unsafe"

	"github.com/parquet-go/parquet-go/format"

	"github.com/pali3/pali3/internal/parquet/pages"
)

// Values are consecutive values of a text column, laid out like Arrow strings: value i is
// Bytes[Offsets[i]:Offsets[i+1]]. They are valid until the iterator advances.
type Values struct {
	Bytes   []byte
	Offsets []uint32
	first   int     // row of the first value's row in the dataset
	rows    []int32 // of each value, from first on; nil where every row has one
}

// Len returns the number of values.
func (v *Values) Len() int { return len(v.Offsets) - 1 }

// At returns value i, which shares memory with Bytes.
func (v *Values) At(i int) string {
	from, to := v.Offsets[i], v.Offsets[i+1]
	if from == to {
		return ""
	}
	return unsafe.String(&v.Bytes[from], int(to-from))
}

// Row returns the row of the dataset that has value i. If the column is in a list, a row may have
// no value or several.
func (v *Values) Row(i int) int {
	if v.rows != nil {
		i = int(v.rows[i])
	}
	return v.first + i
}

// Column yields all values of a text column in order, many at a time. It is the fastest way to read
// one column. The column is named as in FORMAT.md, for example "texts.value". Nulls are left out.
// The iteration ends after an error.
func (d *Dataset) Column(name string) iter.Seq2[*Values, error] {
	return func(yield func(*Values, error) bool) {
		column := columnOf(name)
		if column < 0 || columns[column].numbers {
			yield(nil, fmt.Errorf("no text column %q", name))
			return
		}
		err := d.all.groups(true, func(n int, r *room) error { return d.readValues(n, column, r) }, func(r *room) bool {
			for i := range r.values {
				if !yield(&r.values[i], nil) {
					return false
				}
			}
			return true
		})
		if err != nil {
			yield(nil, err)
		}
	}
}

// readValues reads a column of a row group.
func (d *Dataset) readValues(n, column int, r *room) (err error) {
	g := &d.groups[n]
	opened, err := d.usePart(g.part)
	if err != nil {
		return err
	}
	defer d.leavePart(opened)
	p := opened.part
	defer recovered(&err, "reading row group %d of %s", g.number, p.name)
	r.values = r.values[:0]
	if p.groups[g.number].chunks[column].size == 0 {
		return nil
	}
	chosen := make([]bool, len(columns))
	chosen[column] = true
	chunks, err := p.readChunks(g.number, chosen, r, true)
	if err != nil {
		return err
	}
	decoded, err := p.readChunk(g.number, column, chunks[column])
	if err != nil {
		return err
	}
	for _, page := range decoded {
		v := valuesOf(page, &p.levels[column])
		v.first = int(g.first) + page.First
		r.values = append(r.values, v)
	}
	return nil
}

// valuesOf returns the values of a page, in place if they are consecutive.
func valuesOf(p *pages.Page, l *pages.Levels) (v Values) {
	v.Bytes, v.Offsets = p.Texts()
	if p.OneEach() && p.Nulls == 0 || l.Kind != format.ByteArray && l.Kind != format.FixedLenByteArray {
		return v
	}
	v.rows = make([]int32, 0, v.Len())
	at := place{row: -1}
	_, slots := p.Slots(0, p.Rows)
	for slot := range slots {
		at.move(p, slot, l)
		if p.Nulls == 0 || int(p.Def[slot]) == l.MaxDef {
			v.rows = append(v.rows, int32(at.row))
		}
	}
	return v
}
