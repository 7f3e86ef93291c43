package tabular

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/internal/decompress"
	"github.com/pali3/pali3/internal/textlines"
	"github.com/pali3/pali3/shards"

	"github.com/pali3/pali3/shards/format/mapping"
)

var (
	errEnd    = textlines.ErrEnd
	errBroken = textlines.ErrBroken
)

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

// rowReader reads the rows of one kind of table. After an error that wraps errBroken there is no
// next row; after any other there may be.
type rowReader interface {
	columns() ([]string, error)
	next() (row, error)
	close() error
}

// chooser is a tableReader that can leave out columns. It is asked before the first row.
type chooser interface{ choose(names []string) error }

// leaver is a tableReader that names the columns it left out, each once.
type leaver interface{ left() []string }

// tableKinds says how tables are named.
const tableKinds = "tables are .csv, .tsv, .jsonl, .json or .txt (a URL a line), each also compressed (.gz, .zst, .bz2), or .parquet"

// endings are those of tables, without a compression's.
var endings = []string{".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".txt", ".parquet"}

// tableEnding returns a table's ending in lower case, without that of a compression; "" if it has
// none of a table.
func tableEnding(file string) string {
	name := decompress.TrimEnding(strings.ToLower(filepath.Base(input.DisplayName(file))))
	if ending := filepath.Ext(name); slices.Contains(endings, ending) {
		return ending
	}
	return ""
}

// openRows opens a table. Wanted are the columns asked for, by which the header is understood;
// empty names are none.
func openRows(stores shards.Stores, file string, m *input.Meter, d Dialect, want []string) (rowReader, error) {
	f, err := input.Open(stores, file)
	if err != nil {
		return nil, err
	}
	rows, err := rowsOf(f, file, tableEnding(file), m, d, want)
	if err != nil {
		f.Close()
		return nil, err
	}
	return rows, nil
}

// rowsOf reads an open file as a table with an ending.
func rowsOf(f input.File, file, ending string, m *input.Meter, d Dialect, want []string) (rowReader, error) {
	head := make([]byte, 4)
	if n, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("opening %s: %w", file, err)
	} else if string(head[:n]) == "PAR1" || ending == ".parquet" {
		if d.fields() || d.Encoding != "" {
			return nil, fmt.Errorf("%s: a Parquet file has no delimiter, quote, encoding or header to set", file)
		}
		return newParquetRows(f, file)
	}
	m.Begin(input.SizeOf(file))
	content, err := decompress.Open(m.Reader(f), 1<<16)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", file, err)
	}
	if err := input.CheckText(content); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	text, encoding, err := textlines.Decode(content, d.Encoding)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	rows, err := rowsOfText(f, text, encoding, ending, d, want)
	if err != nil {
		return nil, fmt.Errorf("reading the columns of %s: %w", file, err)
	}
	return rows, nil
}

// rowsOfText reads a table of text, by its ending.
func rowsOfText(f io.Closer, text io.Reader, e textlines.Encoding, ending string, d Dialect, want []string) (rowReader, error) {
	switch ending {
	case ".csv", ".tsv", ".tab":
		return newCSV(f, text, e, ending, d, want)
	case ".jsonl", ".ndjson", ".json":
		if d.fields() {
			return nil, errors.New("JSON has no delimiter, quote or header to set")
		}
		return newJSON(f, text, e, ending, want)
	}
	switch {
	case d.fields():
		return newCSV(f, text, e, ending, d, want)
	case ending == ".txt":
		return &textRows{f, textlines.New(text), e}, nil
	}
	return nil, errors.New(tableKinds + "; a file of another name is read as CSV if --delimiter is set")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
