package ingest

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
)

var (
	errEnd    = errors.New("no more rows")
	errBroken = errors.New("the table is damaged from here on")
)

// row is a table's row: a column's value is text, bytes, or nothing.
type row map[string]any

func (r row) text(column string) string {
	switch v := r[column].(type) {
	case string:
		return v
	case []byte:
		return ""
	case nil:
		return ""
	default:
		return fmt.Sprint(v)
	}
}

func (r row) bytes(column string) []byte {
	b, _ := r[column].([]byte)
	return b
}

// tableReader reads the rows of one kind of table. After an error that wraps errBroken there is no next row.
type tableReader interface {
	columns() ([]string, error)
	next() (row, error)
	close() error
}

func openRows(file string) (tableReader, error) {
	extension := strings.ToLower(filepath.Ext(file))
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	switch extension {
	case ".csv":
		return newCSV(f, ','), nil
	case ".tsv":
		return newCSV(f, '\t'), nil
	case ".jsonl", ".ndjson":
		return &jsonRows{file: f, lines: bufio.NewReaderSize(f, 1<<16)}, nil
	case ".parquet":
		return newParquetRows(f)
	}
	f.Close()
	return nil, fmt.Errorf("%s: tables are .csv, .tsv, .jsonl or .parquet", file)
}

// csvRows reads CSV and TSV with a header. Quotes within an unquoted field are taken as they are.
type csvRows struct {
	file   *os.File
	reader *csv.Reader
	header []string
	err    error
}

func newCSV(f *os.File, comma rune) *csvRows {
	r := &csvRows{file: f, reader: csv.NewReader(skipMark(bufio.NewReaderSize(f, 1<<16)))}
	r.reader.Comma = comma
	r.reader.LazyQuotes = comma == '\t'
	header, err := r.reader.Read()
	r.header, r.err = slices.Clone(header), err
	r.reader.ReuseRecord = true
	return r
}

// skipMark skips a byte order mark.
func skipMark(r *bufio.Reader) io.Reader {
	if mark, _ := r.Peek(3); string(mark) == "\xef\xbb\xbf" {
		r.Discard(3)
	}
	return r
}

func (r *csvRows) columns() ([]string, error) {
	if errors.Is(r.err, io.EOF) {
		return nil, errors.New("the file is empty")
	}
	return r.header, r.err
}

func (r *csvRows) next() (row, error) {
	fields, err := r.reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, errEnd
	}
	if err != nil {
		return nil, err
	}
	values := row{}
	for i, name := range r.header {
		values[name] = strings.Clone(fields[i])
	}
	return values, nil
}

func (r *csvRows) close() error { return r.file.Close() }

// jsonRows reads one JSON object a line.
type jsonRows struct {
	file  *os.File
	lines *bufio.Reader
}

func (r *jsonRows) columns() ([]string, error) {
	first, err := r.next()
	if err != nil {
		return nil, err
	}
	var names []string
	for name := range first {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

func (r *jsonRows) next() (row, error) {
	for {
		content, err := readLine(r.lines)
		if err != nil {
			return nil, err
		}
		if strings.TrimSpace(string(content)) == "" {
			continue
		}
		values := row{}
		if err := json.Unmarshal(content, &values); err != nil {
			return nil, err
		}
		return values, nil
	}
}

// readLine reads a line of at most maxTextFile bytes.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxTextFile:
			return nil, fmt.Errorf("%w: a line of over %d bytes", errBroken, maxTextFile)
		case err == nil, errors.Is(err, io.EOF) && len(line) > 0:
			return line, nil
		case errors.Is(err, io.EOF):
			return nil, errEnd
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("%w: %w", errBroken, err)
		}
	}
}

func (r *jsonRows) close() error { return r.file.Close() }

// parquetRows reads the top-level columns of a Parquet file, and the bytes and path of image structs.
type parquetRows struct {
	file   *os.File
	names  []string
	reader *parquet.GenericReader[any]
	buffer []parquet.Row
	leaves []leaf
}

// leaf says to which row value a leaf column goes.
type leaf struct {
	name  string
	bytes bool
}

func newParquetRows(f *os.File) (rows *parquetRows, err error) {
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	file, err := parquet.OpenFile(f, info.Size(), parquet.SkipBloomFilters(true))
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("opening %s: %w", f.Name(), err)
	}
	r := &parquetRows{file: f, reader: parquet.NewGenericReader[any](file, file.Schema()), buffer: make([]parquet.Row, 1)}
	for _, path := range file.Schema().Columns() {
		column, _ := file.Schema().Lookup(path...)
		r.leaves = append(r.leaves, leafOf(path, column.Node))
		if !slices.Contains(r.names, path[0]) {
			r.names = append(r.names, path[0])
		}
	}
	return r, nil
}

func leafOf(path []string, node parquet.Node) leaf {
	text := node.Type().LogicalType() != nil && node.Type().LogicalType().String() == parquet.String().Type().LogicalType().String()
	switch {
	case len(path) == 1:
		return leaf{path[0], node.Type().Kind() == parquet.ByteArray && !text}
	case len(path) == 2 && path[1] == "bytes":
		return leaf{path[0], true}
	}
	return leaf{} // a column that rows do not have
}

func (r *parquetRows) columns() ([]string, error) { return r.names, nil }

func (r *parquetRows) next() (values row, err error) {
	defer func() {
		if p := recover(); p != nil {
			values, err = nil, fmt.Errorf("%w: %v", errBroken, p)
		}
	}()
	n, err := r.reader.ReadRows(r.buffer)
	if n == 0 {
		if err == nil || errors.Is(err, io.EOF) {
			return nil, errEnd
		}
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	values = row{}
	for _, v := range r.buffer[0] {
		switch to := r.leaves[v.Column()]; {
		case to.name == "" || v.IsNull():
		case to.bytes:
			values[to.name] = slices.Clone(v.ByteArray())
		case v.Kind() == parquet.ByteArray:
			values[to.name] = string(v.ByteArray())
		default:
			values[to.name] = v.String()
		}
	}
	return values, nil
}

func (r *parquetRows) close() error { return errors.Join(r.reader.Close(), r.file.Close()) }
