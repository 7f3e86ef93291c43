package pages

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/parquet-go/parquet-go/format"
)

// Parquet stores lists and nulls as two small numbers beside each value, its levels: the repetition
// level is 0 where a row begins, 1 at a further element of the row's list; the definition level
// says down to which list, or optional field, something is there. Both are written in a hybrid of
// runs and packed bits.

// Levels says how a column's levels and values are to be read.
type Levels struct {
	Kind           format.Type
	Size           int // of fixed length byte arrays
	MaxRep, MaxDef int
	ListDef        [3]byte // the definition level from which an element of the n-th list is there
}

// Width returns the bytes of a number, or 0 for other columns.
func (l *Levels) Width() int {
	switch l.Kind {
	case format.Int32, format.Float:
		return 4
	case format.Int64, format.Double:
		return 8
	}
	return 0
}

// fixed returns the bytes of a value that is neither a number nor says its own length.
func (l *Levels) fixed() int {
	if l.Kind == format.Int96 {
		return 12
	}
	return l.Size
}

// readLevelsV1 reads the levels in front of a version 1 page's values and returns the values.
func (p *Page) readLevelsV1(h *Header, b []byte, l *Levels) (values []byte, err error) {
	rep, b, err := cutLevels(b, h.Values, l.MaxRep, h.repEncoding)
	if err != nil {
		return nil, err
	}
	def, b, err := cutLevels(b, h.Values, l.MaxDef, h.defEncoding)
	if err != nil {
		return nil, err
	}
	return b, p.readLevels(rep, def, l)
}

// runs are encoded levels: a hybrid, or, in old files, packed bits alone.
type runs struct {
	b      []byte
	packed bool
}

// cutLevels cuts the levels of the given number of slots from the front of a page.
func cutLevels(b []byte, slots, highest int, encoding format.Encoding) (levels runs, rest []byte, err error) {
	if highest == 0 {
		return runs{}, b, nil
	}
	n, skip := 0, 0
	switch encoding {
	case format.RLE:
		if skip = 4; len(b) < skip || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-skip) {
			return runs{}, nil, errors.New("levels are cut short")
		}
		n = int(binary.LittleEndian.Uint32(b))
	case format.BitPacked:
		if n = (slots*bits.Len(uint(highest)) + 7) / 8; n > len(b) {
			return runs{}, nil, errors.New("levels are cut short")
		}
	default:
		return runs{}, nil, fmt.Errorf("levels in encoding %s", encoding)
	}
	return runs{b[skip:][:n], encoding == format.BitPacked}, b[skip+n:], nil
}

// readLevelsV2 reads the levels of a version 2 page.
func (p *Page) readLevelsV2(h *Header, body []byte, l *Levels) error {
	if h.Rep < 0 || h.Def < 0 || h.Rep > len(body) || h.Def > len(body)-h.Rep {
		return fmt.Errorf("levels of %d and %d bytes in a page of %d", h.Rep, h.Def, len(body))
	}
	p.Rows = h.Rows
	return p.readLevels(runs{b: body[:h.Rep]}, runs{b: body[h.Rep : h.Rep+h.Def]}, l)
}

func (p *Page) readLevels(rep, def runs, l *Levels) (err error) {
	if level, one := rep.same(p.slots); l.MaxRep > 0 && !(one && level == 0) {
		if p.Rep, err = p.decodeLevels(rep, l.MaxRep); err != nil {
			return err
		}
	}
	if level, one := def.same(p.slots); l.MaxDef > 0 && !(one && int(level) == l.MaxDef) {
		if p.Def, err = p.decodeLevels(def, l.MaxDef); err != nil {
			return err
		}
		highest := byte(l.MaxDef)
		for _, d := range p.Def {
			if d != highest {
				p.Nulls++
			}
		}
	}
	return nil
}

// same returns the level that all slots have, if their levels are written as runs and all runs have
// it.
func (r runs) same(slots int) (level byte, one bool) {
	for n, b := uint64(0), r.b; n < uint64(slots); {
		header, size := binary.Uvarint(b)
		if r.packed || size <= 0 || size >= len(b) || header&1 != 0 || header == 0 || n > 0 && b[size] != level {
			return 0, false
		}
		level, n, b = b[size], n+min(header>>1, uint64(slots)), b[size+1:]
	}
	return level, slots > 0
}

func (p *Page) decodeLevels(r runs, highest int) ([]byte, error) {
	if err := p.take(p.slots, 1); err != nil {
		return nil, err
	}
	out, width := make([]byte, p.slots), bits.Len(uint(highest))
	if r.packed {
		return out, unpackOld(out, r.b, width, highest)
	}
	return hybrid(out, r.b, width, highest+1)
}

// unpackOld fills out with levels in the encoding BIT_PACKED, the first bit of which is the highest
// of a byte.
func unpackOld(out, b []byte, width, highest int) error {
	for i := range out {
		v := 0
		for bit := i * width; bit < (i+1)*width; bit++ {
			v = v<<1 | int(b[bit/8]>>(7-bit%8)&1)
		}
		if v > highest {
			return fmt.Errorf("level %d, the highest is %d", v, highest)
		}
		out[i] = byte(v)
	}
	return nil
}

// findRows finds where each row begins.
func (p *Page) findRows() error {
	if p.Rep == nil {
		p.Rows = p.slots
		return nil
	}
	if p.slots > 0 && p.Rep[0] != 0 {
		return errors.New("a page begins within a row")
	}
	if err := p.take(p.slots+1, 4); err != nil {
		return err
	}
	p.starts = make([]int32, 0, min(max(p.Rows, 0), p.slots)+1)
	for i, r := range p.Rep {
		if r == 0 {
			p.starts = append(p.starts, int32(i))
		}
	}
	p.Rows = len(p.starts)
	p.starts = append(p.starts, int32(p.slots))
	return nil
}
