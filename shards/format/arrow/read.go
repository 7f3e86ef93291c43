package arrow

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"github.com/pali3/pali3/internal/arrowguard"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/mapping"
)

// File is what an Arrow IPC file is read from.
type File interface {
	io.Reader
	io.ReaderAt
	io.Seeker
}

// Read yields the records of an Arrow IPC stream or file, name for origins and keys. Columns with
// [Schema]'s names and types give every field of a sample; of other schemas the columns are taken
// by their common names, see package mapping. Damaged input ends in one bad record. One record
// batch is in memory.
func Read(f File, name string) iter.Seq[shards.Record] { return ReadMapped(f, name, mapping.Mapping{}) }

// ReadMapped is [Read] with a mapping. A file that lacks a column that it names is one bad record.
func ReadMapped(f File, name string, m mapping.Mapping) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		n := 0
		var plan *mapping.Plan
		for record, err := range batches(f) {
			if err == nil && plan == nil {
				plan, err = planOf(record, m)
			}
			if err != nil {
				yield(shards.Bad(fmt.Sprintf("%s#%d", name, n), "", shards.BadArchive, err))
				return
			}
			names := columnNames(record.Schema().Fields())
			for row := range int(record.NumRows()) {
				one := recordOf(record, row, names, fmt.Sprintf("%s-%d", name, n), plan)
				one.Origin = fmt.Sprintf("%s#%d", name, n)
				n++
				if !yield(one) {
					return
				}
			}
		}
	}
}

// observed is how many rows of a file are looked at before the work begins.
const observed = 64

// planOf plans which columns of a batch, and of those after it, are taken. Of [Schema]'s columns
// the plan is nil.
func planOf(record arrow.Record, m mapping.Mapping) (plan *mapping.Plan, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged: %v", p)
		}
	}()
	if plan, err = m.For(columnsOf(record.Schema().Fields())); err != nil {
		return nil, err
	}
	if plan.HasBoxes() {
		names := columnNames(record.Schema().Fields())
		for row := range min(int(record.NumRows()), observed) {
			plan.Observe(valuesOf(record, row, names))
		}
	}
	return plan, nil
}

// batches yields the record batches of a stream or a file, each valid until the next.
func batches(f File) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		isFile, err := hasMagic(f)
		if err != nil {
			yield(nil, err)
			return
		}
		_, next, end, err := open(f, isFile)
		if err != nil {
			yield(nil, err)
			return
		}
		defer end()
		for {
			record, err := safely(next)
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(record, err) || err != nil {
				return
			}
		}
	}
}

// schemaOf reads the schema; end ends the reading.
func schemaOf(f File) (schema *arrow.Schema, end func(), err error) {
	isFile, err := hasMagic(f)
	if err != nil {
		return nil, nil, err
	}
	schema, _, end, err = open(f, isFile)
	return schema, end, err
}

// hasMagic tells a file from a stream.
func hasMagic(f File) (bool, error) {
	head := make([]byte, 6)
	n, err := f.ReadAt(head, 0)
	if n < len(head) && err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return bytes.Equal(head, []byte("ARROW1")), nil
}

// open returns the schema, and a function that reads the next batch.
func open(f File, isFile bool) (schema *arrow.Schema, next func() (arrow.Record, error), end func(), err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged: %v", p)
		}
	}()
	mem := arrowguard.NewMemory(arrowguard.Rows)
	bounded := func(read func() (arrow.Record, error)) func() (arrow.Record, error) {
		return func() (arrow.Record, error) {
			mem.NextBatch()
			return read()
		}
	}
	if !isFile {
		r, err := ipc.NewReader(arrowguard.Stream(bufio.NewReaderSize(f, 1<<20), arrowguard.Rows), ipc.WithAllocator(mem))
		if err != nil {
			return nil, nil, nil, err
		}
		return r.Schema(), bounded(r.Read), r.Release, nil
	}
	if err := arrowguard.File(f, arrowguard.Rows); err != nil {
		return nil, nil, nil, err
	}
	r, err := ipc.NewFileReader(f, ipc.WithAllocator(mem))
	if err != nil {
		return nil, nil, nil, err
	}
	return r.Schema(), bounded(r.Read), func() { r.Close() }, nil
}

// safely makes a panic of the Arrow library an error: damaged input makes it panic.
func safely(next func() (arrow.Record, error)) (record arrow.Record, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged: %v", p)
		}
	}()
	return next()
}

func recordOf(record arrow.Record, row int, names []string, key string, plan *mapping.Plan) (out shards.Record) {
	defer func() {
		if p := recover(); p != nil {
			out = shards.Bad("", "", shards.BadArchive, fmt.Errorf("damaged: %v", p))
		}
	}()
	values := valuesOf(record, row, names)
	if sample, ok := sampleOf(values); ok {
		return shards.Record{Sample: sample}
	}
	return plan.Record(values, key)
}

// valuesOf returns the values of a row by the names of the columns, see columnNames.
func valuesOf(record arrow.Record, row int, names []string) map[string]any {
	values := make(map[string]any, len(names))
	for i, name := range names {
		values[name] = value(record.Column(i), row)
	}
	return values
}
