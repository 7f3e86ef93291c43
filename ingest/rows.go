package ingest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/pali3/pali3/shards/mapping"
)

var (
	errEnd    = errors.New("no more rows")
	errBroken = errors.New("the table is damaged from here on")
)

// maxRow is the most that a row of a text table may take, in bytes.
const maxRow = 16 << 20

// row is a table's row: a column's value is text, bytes, a number, a list of values, or nothing.
type row map[string]any

// text returns a column's value as text, of a list that of its first value; bytes have none.
func (r row) text(column string) string {
	for _, value := range r.list(column) {
		return plainText(value)
	}
	return ""
}

func plainText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case []byte, nil:
		return ""
	case map[string]any:
		encoded, _ := json.Marshal(v)
		return string(encoded)
	default:
		return fmt.Sprint(v)
	}
}

// list returns a column's values: those of a list, or the one there is.
func (r row) list(column string) []any {
	switch v := mapping.Lookup(r, column).(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// tableReader reads the rows of one kind of table. After an error that wraps errBroken there is no next row.
type tableReader interface {
	columns() ([]string, error)
	next() (row, error)
	close() error
}

// tableKinds says how tables are named.
const tableKinds = "tables are .csv, .tsv, .jsonl or .txt (a URL a line), each also as .gz or .zst, or .parquet"

func openRows(file string, m *meter) (tableReader, error) {
	name := strings.ToLower(filepath.Base(called(file)))
	f, err := openInput(file)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(name, ".parquet") {
		return newParquetRows(f, file)
	}
	m.begin(sizeOf(file))
	content, err := unpack(m.reader(f), &name)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("opening %s: %w", file, err)
	}
	lines := skipMark(bufio.NewReaderSize(content, 1<<16))
	switch filepath.Ext(name) {
	case ".csv":
		return newCSV(f, lines, ','), nil
	case ".tsv":
		return newCSV(f, lines, '\t'), nil
	case ".jsonl", ".ndjson":
		return &jsonRows{file: f, lines: lines}, nil
	case ".txt":
		return &textRows{file: f, lines: lines}, nil
	}
	f.Close()
	return nil, fmt.Errorf("%s: %s", file, tableKinds)
}

// unpack returns the content of a file that may be compressed, and takes the compression's ending off its name.
func unpack(f io.Reader, name *string) (io.Reader, error) {
	switch ending := filepath.Ext(*name); ending {
	case ".gz":
		*name = strings.TrimSuffix(*name, ending)
		return gzip.NewReader(f)
	case ".zst":
		*name = strings.TrimSuffix(*name, ending)
		return zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
	}
	return f, nil
}

// skipMark skips a byte order mark.
func skipMark(r *bufio.Reader) *bufio.Reader {
	if mark, _ := r.Peek(3); string(mark) == "\xef\xbb\xbf" {
		r.Discard(3)
	}
	return r
}

// csvRows reads CSV and TSV with a header. In TSV, quotes within a field are taken as they are.
type csvRows struct {
	file   io.Closer
	ration *ration
	reader *csv.Reader
	header []string
	err    error
}

func newCSV(f io.Closer, lines io.Reader, comma rune) *csvRows {
	limited := &ration{source: lines, left: maxRow}
	r := &csvRows{file: f, ration: limited, reader: csv.NewReader(limited)}
	r.reader.Comma = comma
	r.reader.LazyQuotes = comma == '\t'
	header, err := r.reader.Read()
	r.header, r.err = slices.Clone(header), err
	r.reader.ReuseRecord = true
	return r
}

// ration lets no more than so many bytes through before it is filled up again: a quote that is never closed
// would read the whole file as one field.
type ration struct {
	source io.Reader
	left   int
}

func (r *ration) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, fmt.Errorf("%w: a row of over %d bytes", errBroken, maxRow)
	}
	n, err := r.source.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}

func (r *csvRows) columns() ([]string, error) {
	if errors.Is(r.err, io.EOF) {
		return nil, errors.New("the file is empty")
	}
	return r.header, r.err
}

func (r *csvRows) next() (row, error) {
	r.ration.left = maxRow
	fields, err := r.reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, errEnd
	}
	if _, bad := errors.AsType[*csv.ParseError](err); err != nil && !bad && !errors.Is(err, errBroken) {
		return nil, fmt.Errorf("%w: %w", errBroken, err)
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
	file  io.Closer
	lines *bufio.Reader
	first row // read for its columns
}

func (r *jsonRows) columns() ([]string, error) {
	first, err := r.next()
	if err != nil {
		return nil, err
	}
	r.first = first
	var names []string
	for name := range first {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

func (r *jsonRows) next() (row, error) {
	if first := r.first; first != nil {
		r.first = nil
		return first, nil
	}
	for {
		content, err := readLine(r.lines)
		if err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(content)) == 0 {
			continue
		}
		decoder := json.NewDecoder(bytes.NewReader(content))
		decoder.UseNumber() // ids of many digits stay as they are
		values := row{}
		if err := decoder.Decode(&values); err != nil {
			return nil, err
		}
		if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
			return nil, errors.New("more than one JSON object in the line")
		}
		return values, nil
	}
}

func (r *jsonRows) close() error { return r.file.Close() }

// textRows reads a list of URLs, one a line; its column is url.
type textRows struct {
	file  io.Closer
	lines *bufio.Reader
}

func (r *textRows) columns() ([]string, error) { return []string{"url"}, nil }

func (r *textRows) next() (row, error) {
	for {
		content, err := readLine(r.lines)
		if err != nil {
			return nil, err
		}
		if line := strings.TrimSpace(string(content)); line != "" {
			return row{"url": line}, nil
		}
	}
}

func (r *textRows) close() error { return r.file.Close() }

// readLine reads a line of at most maxRow bytes.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxRow:
			return nil, fmt.Errorf("%w: a line of over %d bytes", errBroken, maxRow)
		case err == nil, errors.Is(err, io.EOF) && len(line) > 0:
			return line, nil
		case errors.Is(err, io.EOF):
			return nil, errEnd
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("%w: %w", errBroken, err)
		}
	}
}
