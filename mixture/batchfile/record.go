package batchfile

import (
	"encoding/json"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/pali3/pali3/mixture"
)

// Record returns a batch as an Arrow record batch. It shares the batch's memory.
func Record(b *mixture.Batch, info Info) (arrow.Record, error) {
	info.Shape = shapeOf(b.Shape)
	described, err := json.Marshal(info)
	if err != nil {
		return nil, fmt.Errorf("describing a batch: %w", err)
	}
	w := recordWriter{rows: b.Shape.Rows}
	if b.Segments != nil {
		w.segments(b)
	} else {
		w.plain(b)
	}
	w.images(b)
	w.texts(b)
	metadata := arrow.NewMetadata([]string{metadataKey}, []string{string(described)})
	return array.NewRecord(arrow.NewSchema(w.fields, &metadata), w.columns, int64(w.rows)), nil
}

// recordWriter collects the columns of a record.
type recordWriter struct {
	rows    int
	fields  []arrow.Field
	columns []arrow.Array
}

func (w *recordWriter) add(f arrow.Field, column arrow.Array) {
	w.fields, w.columns = append(w.fields, f), append(w.columns, column)
}

func (w *recordWriter) floats(name string, values []float32, shape ...int) {
	if len(values) > 0 {
		w.add(tensorField(name, arrow.PrimitiveTypes.Float32, shape), tensorColumn(arrow.PrimitiveTypes.Float32, values, w.rows))
	}
}

func (w *recordWriter) ints(name string, values []int32, shape ...int) {
	if len(values) > 0 {
		w.add(tensorField(name, arrow.PrimitiveTypes.Int32, shape), tensorColumn(arrow.PrimitiveTypes.Int32, values, w.rows))
	}
}

func (w *recordWriter) longs(name string, values []int, shape ...int) {
	if len(values) > 0 {
		wide := make([]int64, len(values))
		for i, v := range values {
			wide[i] = int64(v)
		}
		w.add(tensorField(name, arrow.PrimitiveTypes.Int64, shape), tensorColumn(arrow.PrimitiveTypes.Int64, wide, w.rows))
	}
}

// plain adds the columns with one value a row.
func (w *recordWriter) plain(b *mixture.Batch) {
	allocator := memory.NewGoAllocator()
	long := func(name string, value func(row int) int) {
		builder := array.NewInt64Builder(allocator)
		for row := range w.rows {
			builder.Append(int64(value(row)))
		}
		w.add(arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Int64}, builder.NewArray())
	}
	short := func(name string, values []int32) {
		builder := array.NewInt32Builder(allocator)
		builder.AppendValues(values, nil)
		w.add(arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Int32}, builder.NewArray())
	}
	text := func(name string, values []string) {
		builder := array.NewStringBuilder(allocator)
		builder.AppendValues(values, nil)
		w.add(arrow.Field{Name: name, Type: arrow.BinaryTypes.String}, builder.NewArray())
	}
	long("step", func(int) int { return b.Step })
	short("task", b.Tasks)
	text("key", b.Keys)
	text("origin", b.Origins)
	long("index", func(row int) int { return b.Indices[row] })
	short("truncated", b.Truncated)
}

// images adds the columns of images, [H, W, 3] a row if examples have one image.
func (w *recordWriter) images(b *mixture.Batch) {
	s := shapeOf(b.Shape)
	w.floats(s.imageColumn(), b.Pixels, s.imageShape()...)
	w.ints("grids", b.Grids, s.perImage(2)...)
	w.floats("image_mask", b.ImageMask, s.Images)
	w.longs("image_rows", b.ImageRows, s.Images)
	w.longs("image_places", b.ImagePlaces, s.Images)
}

// imageColumn names the column of pixels.
func (s Shape) imageColumn() string {
	if s.Patch > 0 {
		return "patches"
	}
	return "images"
}

// imageShape returns the shape of an example's pixels.
func (s Shape) imageShape() []int {
	if s.Patch > 0 {
		return s.perImage(s.Length, s.Patch*s.Patch*3)
	}
	return s.perImage(s.Height, s.Width, 3)
}

// perImage puts the number of images before a shape, if it is not 1.
func (s Shape) perImage(shape ...int) []int {
	if s.Images == 1 {
		return shape
	}
	return append([]int{s.Images}, shape...)
}

// texts adds the columns of ids.
func (w *recordWriter) texts(b *mixture.Batch) {
	s := shapeOf(b.Shape)
	texts := []int{s.Encoder}
	if s.Texts > 1 {
		texts = []int{s.Texts, s.Encoder}
	}
	w.ints("input_ids", b.EncoderIDs, texts...)
	w.ints("decoder_input_ids", b.DecoderInputs, s.Decoder)
	w.ints("targets", b.Targets, s.Decoder)
	w.floats("weights", b.Weights, s.Decoder)
}

// Batch returns the batch that a record holds, and the description of its stream. It copies the
// record's memory.
func Batch(r arrow.Record) (b *mixture.Batch, info Info, err error) {
	defer func() {
		if p := recover(); p != nil { // the Arrow library on damaged columns
			b, err = nil, fmt.Errorf("damaged record batch: %v", p)
		}
	}()
	if info, err = readInfo(r.Schema()); err != nil {
		return nil, info, err
	}
	if int64(info.Shape.Rows) != r.NumRows() {
		return nil, info, fmt.Errorf("a record of %d rows, described as %d", r.NumRows(), info.Shape.Rows)
	}
	reader := recordReader{record: r}
	b = reader.batch(info.Shape)
	return b, info, reader.err
}

// recordReader reads columns up to the first that is wrong.
type recordReader struct {
	record arrow.Record
	err    error
}

func (r *recordReader) batch(s Shape) *mixture.Batch {
	b := &mixture.Batch{Shape: s.batchShape()}
	if s.Segments > 0 {
		r.segments(b, s)
	} else {
		b.Indices = plain(longs(r, "index", s.Rows))
		b.Tasks, b.Truncated = shorts(r, "task", s.Rows), shorts(r, "truncated", s.Rows)
		b.Keys, b.Origins = r.strings("key"), r.strings("origin")
	}
	for row, step := range longs(r, "step", s.Rows) {
		if row > 0 && int(step) != b.Step && r.err == nil {
			r.err = fmt.Errorf("column step: row %d has %d, row 0 has %d", row, step, b.Step)
		}
		b.Step = int(step)
	}
	b.ImageMask = tensors[float32](r, "image_mask", s.Rows*s.Images)
	if r.has(s.imageColumn()) {
		b.Pixels = tensors[float32](r, s.imageColumn(), s.Rows*product(s.imageShape())*min(s.Images, 1))
		if s.Patch > 0 {
			b.Grids = tensors[int32](r, "grids", s.Rows*s.Images*2)
		}
	}
	if r.has("image_rows") {
		b.ImageRows = plain(tensors[int64](r, "image_rows", s.Rows*s.Images))
		b.ImagePlaces = plain(tensors[int64](r, "image_places", s.Rows*s.Images))
	}
	b.EncoderIDs = tensors[int32](r, "input_ids", s.Rows*s.Texts*s.Encoder)
	b.DecoderInputs = tensors[int32](r, "decoder_input_ids", s.Rows*s.Decoder)
	b.Targets = tensors[int32](r, "targets", s.Rows*s.Decoder)
	b.Weights = tensors[float32](r, "weights", s.Rows*s.Decoder)
	return b
}

func (r *recordReader) has(name string) bool { return r.record.Schema().HasField(name) }

// tensors reads a column of tensors; without values there is none.
func tensors[T number](r *recordReader, name string, values int) []T {
	if values == 0 || r.err != nil {
		return nil
	}
	read, err := readTensors[T](r.record, name, values)
	r.err = err
	return read
}

// plain returns numbers as ints.
func plain(values []int64) []int {
	all := make([]int, len(values))
	for i, v := range values {
		all[i] = int(v)
	}
	return all
}

func longs(r *recordReader, name string, rows int) []int64  { return scalars[int64](r, name, rows) }
func shorts(r *recordReader, name string, rows int) []int32 { return scalars[int32](r, name, rows) }

// scalars reads a column with one number a row.
func scalars[T any](r *recordReader, name string, rows int) []T {
	if r.err != nil {
		return nil
	}
	c, err := column(r.record, name)
	if err == nil {
		var values []T
		if values, err = numbers[T](c); err == nil && len(values) == rows {
			return append([]T(nil), values...)
		}
	}
	if err == nil {
		err = fmt.Errorf("%d values, want %d", c.Len(), rows)
	}
	r.err = fmt.Errorf("column %s: %w", name, err)
	return nil
}

// strings reads a column of texts.
func (r *recordReader) strings(name string) (values []string) {
	if r.err != nil {
		return nil
	}
	c, err := column(r.record, name)
	texts, ok := c.(*array.String)
	if err == nil && (!ok || texts.NullN() > 0) {
		err = fmt.Errorf("column %s is %s, want texts without nulls", name, c.DataType())
	}
	if err != nil {
		r.err = err
		return nil
	}
	for i := range texts.Len() {
		values = append(values, string([]byte(texts.Value(i))))
	}
	return values
}
