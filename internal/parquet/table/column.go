package table

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/parquet-go/parquet-go/format"

	"github.com/pali3/pali3/internal/parquet/pages"
)

// column goes through the slots of a column of a row group: values, and nulls where there are none.
type column struct {
	leaf  *pages.Leaf
	pages *pages.Reader
	page  *pages.Page
	slot  int // of the page
	slots int
	next  int // value of the page
}

// peek returns the levels of the next slot. Behind the last one there is a row that does not come:
// more is false.
func (c *column) peek() (rep, def int, more bool, err error) {
	if c.slot == c.slots {
		if c.page, err = c.pages.Next(); err != nil {
			c.slot, c.slots = 0, 0
			if err == io.EOF {
				return 0, 0, false, nil
			}
			return 0, 0, false, fmt.Errorf("column %s: %w", c.leaf.Path, err)
		}
		c.slot, c.next, c.slots = 0, 0, c.page.Len()
	}
	def = c.leaf.MaxDef
	if c.page.Def != nil {
		def = int(c.page.Def[c.slot])
	}
	if c.page.Rep != nil {
		rep = int(c.page.Rep[c.slot])
	}
	return rep, def, true, nil
}

// expect is peek of a slot that has to be there, at a repetition level.
func (c *column) expect(rep int) (def int, err error) {
	got, def, more, err := c.peek()
	if err == nil && !more {
		err = fmt.Errorf("column %s has no more values", c.leaf.Path)
	}
	if err == nil && got != rep {
		err = fmt.Errorf("column %s: a value at repetition level %d, the level is %d", c.leaf.Path, got, rep)
	}
	return def, err
}

// pass goes over a slot that was looked at, without a value.
func (c *column) pass() { c.slot++ }

// take returns the value of the slot that was looked at.
func (c *column) take() pages.Value {
	c.slot++
	c.next++
	return c.page.Value(c.next - 1)
}

// skip passes over the slots of n rows.
func (c *column) skip(n int64, budget *pages.Budget) error {
	for n > 0 {
		budget.NextRow()
		_, def, more, err := c.peek()
		if err != nil {
			return err
		}
		if !more {
			return fmt.Errorf("column %s ends %d rows early", c.leaf.Path, n)
		}
		if c.page.Rep == nil && c.page.Def == nil {
			all := int(min(n, int64(c.slots-c.slot)))
			c.slot, c.next, n = c.slot+all, c.next+all, n-int64(all)
			continue
		}
		if c.slot++; def == c.leaf.MaxDef {
			c.next++
		}
		// the row ends where the next one begins
		if rep, _, _, err := c.peek(); err != nil {
			return err
		} else if rep == 0 {
			n--
		}
	}
	return nil
}

// scalar returns a value as [Row] has it.
func scalar(v pages.Value, n *node) any {
	switch n.kind {
	case format.Boolean:
		return v.Bits != 0
	case format.Int32:
		return v.Int32()
	case format.Int64:
		return int64(v.Bits)
	case format.Float:
		return v.Float32()
	case format.Double:
		return v.Float64()
	case format.Int96:
		return oldTime(v.Bytes()).Format(time.RFC3339Nano)
	}
	if n.text {
		return v.Text
	}
	if len(v.Text) == 0 {
		return []byte{}
	}
	return v.Bytes()
}

// oldTime reads an INT96: the nanoseconds of the day, and the Julian day.
func oldTime(b []byte) time.Time {
	const unixEpoch = 2440588 // Julian day of 1970-01-01
	day := int64(binary.LittleEndian.Uint32(b[8:]))
	return time.Unix((day-unixEpoch)*24*60*60, int64(binary.LittleEndian.Uint64(b))).UTC()
}
