package arrow

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/hf"
)

// File is what an Arrow IPC file is read from.
type File interface {
	io.Reader
	io.ReaderAt
	io.Seeker
}

// Read yields the records of an Arrow IPC stream or file, name for origins. Columns with [Schema]'s names and
// types give every field of a sample; of other schemas the columns are taken as package hf takes them.
// Damaged input ends in one bad record. One record batch is in memory.
func Read(f File, name string) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		n := 0
		for record, err := range batches(f) {
			if err != nil {
				yield(shards.Bad(fmt.Sprintf("%s#%d", name, n), "", shards.BadArchive, err))
				return
			}
			for row := range int(record.NumRows()) {
				one := recordOf(record, row, fmt.Sprintf("%s-%d", name, n))
				one.Origin = fmt.Sprintf("%s#%d", name, n)
				n++
				if !yield(one) {
					return
				}
			}
		}
	}
}

// batches yields the record batches of a stream or a file, each valid until the next.
func batches(f File) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		head := make([]byte, 6)
		n, err := f.ReadAt(head, 0)
		if n < len(head) && err != nil && !errors.Is(err, io.EOF) {
			yield(nil, err)
			return
		}
		next, end, err := open(f, bytes.Equal(head, []byte("ARROW1")))
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

// open returns a function that reads the next batch.
func open(f File, isFile bool) (next func() (arrow.Record, error), end func(), err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged: %v", p)
		}
	}()
	mem := newBounded()
	bounded := func(read func() (arrow.Record, error)) func() (arrow.Record, error) {
		return func() (arrow.Record, error) {
			mem.nextBatch()
			return read()
		}
	}
	if !isFile {
		buffered := bufio.NewReaderSize(f, 1<<20)
		if buffered, err = checkStream(buffered); err != nil {
			return nil, nil, err
		}
		r, err := ipc.NewReader(buffered, ipc.WithAllocator(mem))
		if err != nil {
			return nil, nil, err
		}
		return bounded(r.Read), r.Release, nil
	}
	if err := checkFile(f); err != nil {
		return nil, nil, err
	}
	r, err := ipc.NewFileReader(f, ipc.WithAllocator(mem))
	if err != nil {
		return nil, nil, err
	}
	return bounded(r.Read), func() { r.Close() }, nil
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

func recordOf(record arrow.Record, row int, key string) (out shards.Record) {
	defer func() {
		if p := recover(); p != nil {
			out = shards.Bad("", "", shards.BadArchive, fmt.Errorf("damaged: %v", p))
		}
	}()
	values := map[string]any{}
	for i, f := range record.Schema().Fields() {
		values[f.Name] = value(record.Column(i), row)
	}
	if sample, ok := sampleOf(values); ok {
		return shards.Record{Sample: sample}
	}
	return hf.RecordOf(values, key)
}

// value returns a value as package table shows it: text as string, binary as []byte, lists as []any,
// structs and maps as map[string]any.
func value(a arrow.Array, i int) any {
	if a.IsNull(i) {
		return nil
	}
	switch a := a.(type) {
	case *array.String:
		return string([]byte(a.Value(i)))
	case *array.LargeString:
		return string([]byte(a.Value(i)))
	case *array.StringView:
		return string([]byte(a.Value(i)))
	case *array.Binary:
		return bytes.Clone(a.Value(i))
	case *array.LargeBinary:
		return bytes.Clone(a.Value(i))
	case *array.BinaryView:
		return bytes.Clone(a.Value(i))
	case *array.FixedSizeBinary:
		return bytes.Clone(a.Value(i))
	case *array.Dictionary:
		return value(a.Dictionary(), a.GetValueIndex(i))
	case *array.Int32:
		return a.Value(i)
	case *array.Int64:
		return a.Value(i)
	case *array.Float32:
		return a.Value(i)
	case *array.Float64:
		return a.Value(i)
	case *array.Boolean:
		return a.Value(i)
	case *array.Timestamp:
		return a.Value(i).ToTime(a.DataType().(*arrow.TimestampType).Unit).UTC()
	case *array.Struct:
		fields := map[string]any{}
		for n, f := range a.DataType().(*arrow.StructType).Fields() {
			fields[f.Name] = value(a.Field(n), i)
		}
		return fields
	case *array.Map:
		entries := map[string]any{}
		from, to := a.ValueOffsets(i)
		for n := from; n < to; n++ {
			entries[fmt.Sprint(value(a.Keys(), int(n)))] = value(a.Items(), int(n))
		}
		return entries
	case array.ListLike:
		from, to := a.ValueOffsets(i)
		list := make([]any, 0, min(to-from, int64(a.ListValues().Len())))
		for n := from; n < to; n++ {
			list = append(list, value(a.ListValues(), int(n)))
		}
		return list
	}
	return a.ValueStr(i)
}
