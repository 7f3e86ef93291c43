package shards

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/parquet-go/parquet-go/format"

	"github.com/pali3/pali3/internal/parquet/pages"
)

// Filter keeps the rows in which a value of Column is between Low and High, both included; nil is
// no bound. In a list, one such value is enough. Bounds are strings, int, float64, or time.Time for
// provenance.fetched_at.
type Filter struct {
	Column    string // as in FORMAT.md, for example "split" or "images.width"
	Low, High any
}

// Equal returns a filter for the rows in which a value of the column is v.
func Equal(column string, v any) Filter { return Filter{column, v, v} }

func (f *Filter) check() error {
	n := columnOf(f.Column)
	if n < 0 || columns[n].large {
		return fmt.Errorf("no column %q to filter by", f.Column)
	}
	for _, bound := range []any{f.Low, f.High} {
		switch bound.(type) {
		case nil:
		case string:
			if columns[n].numbers {
				return fmt.Errorf("column %s has numbers, but its bound is a string", f.Column)
			}
		case int, float64, time.Time:
			if !columns[n].numbers {
				return fmt.Errorf("column %s has text, but its bound is %v", f.Column, bound)
			}
		default:
			return fmt.Errorf("column %s: its bound has the unsupported type %T", f.Column, bound)
		}
	}
	return nil
}

// keeps reports whether v is within the bounds.
func (f *Filter) keeps(v pages.Value, kind format.Type) bool {
	return (f.Low == nil || compare(v, kind, f.Low) >= 0) && (f.High == nil || compare(v, kind, f.High) <= 0)
}

func compare(v pages.Value, kind format.Type, bound any) int {
	switch b := bound.(type) {
	case string:
		return compareAny(v.Text, b)
	case int:
		if kind == format.Float || kind == format.Double {
			return compareAny(number(v, kind), float64(b))
		}
		return compareAny(int64(v.Bits), int64(b))
	case time.Time:
		return compareAny(int64(v.Bits), b.UnixMilli())
	case float64:
		return compareAny(number(v, kind), b)
	}
	return 0
}

func compareAny[T string | int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// number returns a value of a column of the given kind.
func number(v pages.Value, kind format.Type) float64 {
	switch kind {
	case format.Float:
		return float64(v.Float32())
	case format.Double:
		return v.Float64()
	}
	return float64(int64(v.Bits))
}

// decodeBound decodes a bound of Parquet statistics.
func decodeBound(b string, kind format.Type) (v pages.Value, ok bool) {
	switch {
	case kind == format.ByteArray || kind == format.FixedLenByteArray:
		return pages.Value{Text: b}, true
	case (kind == format.Int32) && len(b) == 4:
		return pages.Value{Bits: uint64(int64(int32(binary.LittleEndian.Uint32([]byte(b)))))}, true
	case kind == format.Float && len(b) == 4:
		return pages.Value{Bits: uint64(binary.LittleEndian.Uint32([]byte(b)))}, true
	case (kind == format.Int64 || kind == format.Double) && len(b) == 8:
		return pages.Value{Bits: binary.LittleEndian.Uint64([]byte(b))}, true
	}
	return pages.Value{}, false
}

// excludes reports whether the bounds of a chunk show that the filter keeps none of its values.
func (f *Filter) excludes(b *bounds, kind format.Type) bool {
	if b == nil {
		return false
	}
	low, ok := decodeBound(b.low, kind)
	high, ok2 := decodeBound(b.high, kind)
	if !ok || !ok2 {
		return false
	}
	return f.Low != nil && compare(high, kind, f.Low) < 0 || f.High != nil && compare(low, kind, f.High) > 0
}

// cutBound is the length at which bounds in the manifest are cut.
const cutBound = 64

// excludedPart reports whether the manifest shows that the filters keep no row of a part.
func (v *View) excludedPart(n int) bool {
	for _, f := range v.filters {
		c, ok := v.d.manifest.Files[n].Columns[columns[columnOf(f.Column)].path]
		if !ok || c.Max == "" {
			continue
		}
		low, isText := f.Low.(string)
		if isText && len(c.Max) < cutBound-4 && c.Max < low {
			return true
		}
		if high, isText := f.High.(string); isText && c.Min > high {
			return true
		}
	}
	return false
}

// matches returns which rows of a row group the filters keep, and whether they keep any. Without
// filters, keep is nil. It reads only the filtered columns.
func (v *View) matches(p *part, group int) (keep []bool, some bool, err error) {
	if len(v.filters) == 0 {
		return nil, true, nil
	}
	for i := range v.filters {
		n := columnOf(v.filters[i].Column)
		c := &p.groups[group].chunks[n]
		if c.size == 0 || v.filters[i].excludes(c.bounds, p.levels[n].Kind) {
			return nil, false, nil
		}
	}
	for i := range v.filters {
		kept, err := p.kept(group, &v.filters[i])
		if err != nil {
			return nil, false, err
		}
		some = false
		for row := range kept {
			kept[row] = kept[row] && (keep == nil || keep[row])
			some = some || kept[row]
		}
		if keep = kept; !some {
			return nil, false, nil
		}
	}
	return keep, true, nil
}

// kept returns which rows of a row group one filter keeps.
func (p *part) kept(group int, f *Filter) ([]bool, error) {
	n := columnOf(f.Column)
	chosen := make([]bool, len(columns))
	chosen[n] = true
	chunks, err := p.readChunks(group, chosen, new(room), false)
	if err != nil {
		return nil, err
	}
	decoded, err := p.readChunk(group, n, chunks[n])
	if err != nil {
		return nil, err
	}
	l, kept := &p.levels[n], make([]bool, p.groups[group].rows)
	for _, page := range decoded {
		at, next := place{row: page.First - 1}, 0
		_, slots := page.Slots(0, page.Rows)
		for slot := range slots {
			at.move(page, slot, l)
			if page.Nulls > 0 && int(page.Def[slot]) != l.MaxDef {
				continue
			}
			kept[at.row] = kept[at.row] || f.keeps(page.Value(next), l.Kind)
			next++
		}
	}
	return kept, nil
}

// IsNumber reports whether a column's values are numbers.
func IsNumber(column string) bool {
	n := columnOf(column)
	return n >= 0 && columns[n].numbers
}
