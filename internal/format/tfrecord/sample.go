package tfrecord

import (
	"bytes"
	"fmt"
	"io"
	"iter"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/mapping"
)

// BadExample is the reason of a record that is no tf.Example.
const BadExample = "example"

// The first records of a file are looked at before the work begins: they say which features there
// are.
const (
	observed      = 64
	observedBytes = 32 << 20
)

// maxElements is how many numbers of one feature are looked at. More are an array, which no record
// shows.
const maxElements = 1 << 16

// Read yields the records of a TFRecord file, name for origins and keys. Features of tf.Example and
// tf.SequenceExample are taken by their common names, see package mapping. A record that is
// neither, or whose data are damaged, is bad; a file that is damaged otherwise ends in one bad
// record.
func Read(r io.Reader, name string) iter.Seq[shards.Record] {
	return ReadMapped(r, name, mapping.Mapping{})
}

// ReadMapped is [Read] with a mapping. Features that it names may be absent from a record.
func ReadMapped(r io.Reader, name string, m mapping.Mapping) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		m.BytesAsText, m.Optional = true, true
		n, size := 0, 0
		var first []decoded
		var plan *mapping.Plan
		give := func(d decoded) bool {
			d.record(name, n, plan)
			n++
			return yield(d.made)
		}
		flush := func() (more bool) {
			if plan, more = planOf(first, m, yield, name); !more {
				return false
			}
			for i := range first {
				if !give(first[i]) {
					return false
				}
				first[i] = decoded{}
			}
			return true
		}
		for data, err := range Records(r) {
			d := decode(data, err)
			if plan != nil {
				if !give(d) {
					return
				}
				continue
			}
			first, size = append(first, d), size+len(data)
			if (len(first) == observed || size > observedBytes) && !flush() {
				return
			}
		}
		if plan == nil {
			flush()
		}
	}
}

// decoded is a record of a file with its values, or what is wrong with it.
type decoded struct {
	values map[string]any
	reason string
	err    error
	made   shards.Record
}

func decode(data []byte, err error) decoded {
	if err != nil {
		return decoded{reason: shards.BadArchive, err: err}
	}
	example, err := Decode(bytes.Clone(data))
	if err != nil {
		return decoded{reason: BadExample, err: err}
	}
	return decoded{values: example.values()}
}

// record makes the record, number n of its file.
func (d *decoded) record(name string, n int, plan *mapping.Plan) {
	if d.err != nil {
		d.made = shards.Bad("", "", d.reason, d.err)
	} else {
		d.made = plan.Record(d.values, fmt.Sprintf("%s-%d", name, n))
	}
	d.made.Origin = fmt.Sprintf("%s#%d", name, n)
}

// planOf plans which features are taken, by the first records.
func planOf(first []decoded, m mapping.Mapping, yield func(shards.Record) bool, name string) (*mapping.Plan, bool) {
	var rows []map[string]any
	for _, d := range first {
		if d.err == nil {
			rows = append(rows, d.values)
		}
	}
	plan, err := m.For(mapping.ColumnsOf(rows, true))
	if err != nil {
		yield(shards.Bad(name, "", shards.BadArchive, err))
		return nil, false
	}
	if plan.HasBoxes() {
		for _, values := range rows {
			plan.Observe(values)
		}
	}
	return plan, true
}

// Columns returns the features of a file's first records.
func Columns(r io.Reader) ([]mapping.Column, error) {
	var rows []map[string]any
	size := 0
	for data, err := range Records(r) {
		if err != nil {
			continue // reading the file says so
		}
		if d := decode(data, nil); d.err == nil {
			rows = append(rows, d.values)
		}
		if size += len(data); len(rows) == observed || size > observedBytes {
			break
		}
	}
	return mapping.ColumnsOf(rows, true), nil
}

// values returns the features as package mapping has them.
func (e Example) values() map[string]any {
	values := make(map[string]any, len(e))
	for name, f := range e {
		values[name] = f.value()
	}
	return values
}

// value returns a feature: its one value, or a list; nil if it has none.
func (f *Feature) value() any {
	if f.Steps != nil {
		list := make([]any, 0, len(f.Steps))
		for i := range f.Steps {
			if v := f.Steps[i].value(); v != nil {
				list = append(list, v)
			}
		}
		return list
	}
	switch n := f.len(); {
	case n == 0:
		return nil
	case len(f.Bytes) == 0 && n > maxElements:
		return mapping.Unread(fmt.Sprintf("a list of %d numbers", n))
	case n > 1:
		list := make([]any, 0, n)
		for _, v := range f.Bytes {
			list = append(list, v)
		}
		for _, v := range f.Floats {
			list = append(list, v)
		}
		for _, v := range f.Ints {
			list = append(list, v)
		}
		return list
	case len(f.Bytes) == 1:
		return f.Bytes[0]
	case len(f.Floats) == 1:
		return f.Floats[0]
	}
	return f.Ints[0]
}
