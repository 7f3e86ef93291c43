package batchfile

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/pali3/pali3/mixture"
)

// segments adds the columns of packed rows: lists with an element for each example of a row.
func (w *recordWriter) segments(b *mixture.Batch) {
	lists := func(name string, kind arrow.DataType, value func(to array.Builder, example int)) {
		builder := array.NewListBuilder(memory.NewGoAllocator(), kind)
		row := -1
		for example := range b.Tasks {
			for at, _ := b.RowOf(example); row < at; row++ {
				builder.Append(true)
			}
			value(builder.ValueBuilder(), example)
		}
		for ; row < w.rows-1; row++ {
			builder.Append(true)
		}
		w.add(arrow.Field{Name: name, Type: builder.Type()}, builder.NewArray())
	}
	short := func(name string, values []int32) {
		lists(name, arrow.PrimitiveTypes.Int32, func(to array.Builder, i int) { to.(*array.Int32Builder).Append(values[i]) })
	}
	text := func(name string, values []string) {
		lists(name, arrow.BinaryTypes.String, func(to array.Builder, i int) { to.(*array.StringBuilder).Append(values[i]) })
	}
	steps := array.NewInt64Builder(memory.NewGoAllocator())
	for range w.rows {
		steps.Append(int64(b.Step))
	}
	w.add(arrow.Field{Name: "step", Type: arrow.PrimitiveTypes.Int64}, steps.NewArray())
	short("task", b.Tasks)
	text("key", b.Keys)
	text("origin", b.Origins)
	lists("index", arrow.PrimitiveTypes.Int64, func(to array.Builder, i int) { to.(*array.Int64Builder).Append(int64(b.Indices[i])) })
	short("truncated", b.Truncated)
	s := b.Shape
	w.ints("encoder_segments", b.Segments.Encoder, s.Encoder)
	w.ints("decoder_segments", b.Segments.Decoder, s.Decoder)
	w.ints("image_segments", b.Segments.Images, s.Images)
}

// segments reads the columns of packed rows.
func (r *recordReader) segments(b *mixture.Batch, s Shape) {
	g := &mixture.Segments{Rows: []int32{}, Numbers: []int32{}}
	b.Segments = g
	b.Tasks = listed(r, "task", func(a *array.Int32, i int) int32 { return a.Value(i) }, func(row, segment int) {
		g.Rows, g.Numbers = append(g.Rows, int32(row)), append(g.Numbers, int32(segment+1))
	})
	text := func(a *array.String, i int) string { return string([]byte(a.Value(i))) }
	b.Keys, b.Origins = listed(r, "key", text, nil), listed(r, "origin", text, nil)
	b.Indices = listed(r, "index", func(a *array.Int64, i int) int { return int(a.Value(i)) }, nil)
	b.Truncated = listed(r, "truncated", func(a *array.Int32, i int) int32 { return a.Value(i) }, nil)
	n := len(b.Tasks)
	if r.err == nil && (len(b.Keys) != n || len(b.Origins) != n || len(b.Indices) != n || len(b.Truncated) != n) {
		r.err = fmt.Errorf("packed rows with %d tasks, %d keys, %d origins, %d indices and %d truncated", n, len(b.Keys), len(b.Origins), len(b.Indices), len(b.Truncated))
	}
	g.Encoder = orEmpty(tensors[int32](r, "encoder_segments", s.Rows*s.Encoder))
	g.Decoder = orEmpty(tensors[int32](r, "decoder_segments", s.Rows*s.Decoder))
	g.Images = orEmpty(tensors[int32](r, "image_segments", s.Rows*s.Images))
}

func orEmpty(values []int32) []int32 {
	if values == nil {
		return []int32{}
	}
	return values
}

// listed reads a column of lists, one after the other. The function each, which may be nil, is
// called with the row of each element and its place there.
func listed[A arrow.Array, T any](r *recordReader, name string, value func(A, int) T, each func(row, at int)) (all []T) {
	if r.err != nil {
		return nil
	}
	c, err := column(r.record, name)
	if err != nil {
		r.err = err
		return nil
	}
	lists, ok := c.(*array.List)
	if ok && lists.NullN() == 0 {
		if values, is := lists.ListValues().(A); is && values.NullN() == 0 {
			for row := range lists.Len() {
				from, to := lists.ValueOffsets(row)
				for i := from; i < to; i++ {
					all = append(all, value(values, int(i)))
					if each != nil {
						each(row, int(i-from))
					}
				}
			}
			return all
		}
	}
	r.err = fmt.Errorf("column %s is %s, want lists without nulls", name, c.DataType())
	return nil
}
