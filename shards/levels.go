package shards

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/parquet-go/parquet-go/format"
)

// Parquet stores lists and nulls as two small numbers beside each value, its levels: the repetition level is 0
// where a row begins, 1 at a further element of the row's list; the definition level says down to which
// list, or optional field, something is there. Both are written in a hybrid of runs and packed bits.

// levels says how a column's levels are to be read.
type levels struct {
	kind           format.Type
	size           int // of fixed length byte arrays
	maxRep, maxDef int
	listDef        [3]byte // the definition level from which an element of the n-th list is there
}

// width returns the bytes of a number, or 0 for other columns.
func (l *levels) width() int {
	switch l.kind {
	case format.Int32, format.Float:
		return 4
	case format.Int64, format.Double:
		return 8
	}
	return 0
}

// readLevelsV1 reads the levels in front of a version 1 page's values and returns the values.
func (p *page) readLevelsV1(b []byte, slots int, l *levels) (values []byte, err error) {
	var parts [2][]byte
	for i, highest := range []int{l.maxRep, l.maxDef} {
		if highest == 0 {
			continue
		}
		if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
			return nil, errors.New("levels are cut short")
		}
		n := 4 + int(binary.LittleEndian.Uint32(b))
		parts[i], b = b[4:n], b[n:]
	}
	return b, p.readLevels(parts[0], parts[1], slots, l)
}

// readLevelsV2 reads the levels of a version 2 page.
func (p *page) readLevelsV2(h *header, body []byte, l *levels) error {
	if h.rep < 0 || h.def < 0 || h.rep > len(body) || h.def > len(body)-h.rep || h.values < 0 {
		return fmt.Errorf("levels of %d and %d bytes in a page of %d", h.rep, h.def, len(body))
	}
	p.rows = h.rows
	return p.readLevels(body[:h.rep], body[h.rep:h.rep+h.def], h.values, l)
}

func (p *page) readLevels(rep, def []byte, slots int, l *levels) error {
	var err error
	if level, one := oneRun(rep, slots); l.maxRep > 0 && !(one && level == 0) {
		if p.rep, err = decodeLevels(rep, slots, l.maxRep); err != nil {
			return err
		}
	}
	if level, one := oneRun(def, slots); l.maxDef > 0 && !(one && int(level) == l.maxDef) {
		if p.def, err = decodeLevels(def, slots, l.maxDef); err != nil {
			return err
		}
		highest := byte(l.maxDef)
		for _, d := range p.def {
			if d != highest {
				p.nulls++
			}
		}
	}
	return nil
}

// oneRun returns the level that all slots have, if their levels are written as one run.
func oneRun(b []byte, slots int) (level byte, one bool) {
	header, size := binary.Uvarint(b)
	if size <= 0 || size >= len(b) || header&1 != 0 || header>>1 < uint64(slots) {
		return 0, false
	}
	return b[size], true
}

func decodeLevels(b []byte, slots, highest int) ([]byte, error) {
	if slots < 0 || slots > maxPage {
		return nil, fmt.Errorf("a page of %d values", slots)
	}
	return hybrid(make([]byte, slots), b, bits.Len(uint(highest)), highest+1)
}

// rowStarts finds where each row begins.
func (p *page) rowStarts(slots int) error {
	if p.rep == nil {
		p.rows = slots
		return nil
	}
	if slots > 0 && p.rep[0] != 0 {
		return errors.New("a page begins within a row")
	}
	p.starts = make([]int32, 0, min(max(p.rows, 0), slots)+1)
	for i, r := range p.rep {
		if r == 0 {
			p.starts = append(p.starts, int32(i))
		}
	}
	p.rows = len(p.starts)
	p.starts = append(p.starts, int32(slots))
	return nil
}

// hybrid fills out with what Parquet's RLE and bit-packing hybrid holds; every value must be below limit.
func hybrid[T byte | int32](out []T, b []byte, width, limit int) ([]T, error) {
	for n := 0; n < len(out); {
		header, size := binary.Uvarint(b)
		if size <= 0 {
			return nil, fmt.Errorf("%d values, want %d", n, len(out))
		}
		b = b[size:]
		if header&1 == 0 {
			if len(b) < (width+7)/8 || header == 0 {
				return nil, errors.New("a run is cut short")
			}
			var v uint32
			for i := range (width + 7) / 8 {
				v |= uint32(b[i]) << (8 * i)
			}
			b = b[(width+7)/8:]
			if int64(v) >= int64(limit) {
				return nil, fmt.Errorf("value %d, the limit is %d", v, limit)
			}
			run := int(min(header>>1, uint64(len(out)-n)))
			for i := range run {
				out[n+i] = T(v)
			}
			n += run
			continue
		}
		groups := header >> 1
		if groups > uint64(len(out)) || int(groups)*width > len(b) || groups == 0 {
			return nil, errors.New("packed values are cut short")
		}
		got, err := unpack(out[n:], b[:int(groups)*width], width, limit)
		if err != nil {
			return nil, err
		}
		n, b = n+min(int(groups)*8, got), b[int(groups)*width:]
	}
	return out, nil
}

// unpack fills out with bit-packed values, as many as are there, and returns how many it could hold.
func unpack[T byte | int32](out []T, b []byte, width, limit int) (int, error) {
	n := len(out)
	if width > 0 {
		n = min(n, len(b)*8/width)
	}
	var window uint64
	have, mask := 0, uint64(1)<<width-1
	for i := range n {
		for have < width {
			window |= uint64(b[0]) << have
			b, have = b[1:], have+8
		}
		v := window & mask
		if int64(v) >= int64(limit) {
			return 0, fmt.Errorf("value %d, the limit is %d", v, limit)
		}
		out[i], window, have = T(v), window>>width, have-width
	}
	return n, nil
}
