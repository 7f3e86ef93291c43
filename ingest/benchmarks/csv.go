package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/csvtext"
	"github.com/pali3/pali3/internal/textlines"
)

// csvRow is a row of a table.
type csvRow struct {
	fields  []string       // valid until the next row
	columns map[string]int // positions by name
	wanted  []int          // positions of the requested columns
	line    int            // its first line, from 1
}

// column returns the field of the n-th requested column.
func (r *csvRow) column(n int) string { return r.fields[r.wanted[n]] }

// field returns the field of a column, or "" if there is none.
func (r csvRow) field(name string) string {
	if at, ok := r.columns[name]; ok && at < len(r.fields) {
		return r.fields[at]
	}
	return ""
}

// csvRows yields the rows of a table whose header has the columns; without columns, the table has
// no header. A row that cannot be read yields an error and the iteration continues. An error that
// wraps errBroken is the last.
func csvRows(ctx context.Context, file string, columns ...string) iter.Seq2[csvRow, error] {
	return func(yield func(csvRow, error) bool) {
		text, closer, err := openText(file)
		if err != nil {
			yield(csvRow{}, fmt.Errorf("%w: %w", errBroken, err))
			return
		}
		defer closer.Close()
		dialect := csvtext.Dialect{NoHeader: len(columns) == 0}
		rows, err := csvtext.Open(textlines.New(text), textlines.Encoding{}, dialect, hasColumns(columns))
		if err != nil {
			yield(csvRow{}, fmt.Errorf("%w: the header of %s: %w", errBroken, filepath.Base(file), rowWords(err)))
			return
		}
		names, wanted, err := findColumns(file, rows.Names(), columns)
		if err != nil {
			yield(csvRow{}, err)
			return
		}
		for {
			fields, err := rows.Next()
			row := csvRow{fields, names, wanted, int(rows.Line())}
			switch canceled := context.Cause(ctx); {
			case canceled != nil:
				err = fmt.Errorf("%w: %w", errBroken, canceled)
			case errors.Is(err, textlines.ErrEnd):
				return
			case errors.Is(err, textlines.ErrBroken):
				err = fmt.Errorf("%w: reading %s: %w", errBroken, filepath.Base(file), err)
			case err != nil:
				err = rowWords(err)
			}
			if !yield(row, err) || errors.Is(err, errBroken) {
				return
			}
		}
	}
}

// rowWords explains the error of a row without naming flags, which only the tables command has.
func rowWords(err error) error {
	fault, ok := errors.AsType[*textlines.Fault](err)
	if !ok {
		return err
	}
	if quote, ok := errors.AsType[*csvtext.Unclosed](err); ok {
		return fmt.Errorf("line %d: a quote is opened and not closed: %.80q", fault.Line, quote.Begin)
	}
	if fault.Text {
		return fmt.Errorf("%w: convert the file first", fault.What)
	}
	return fault.What
}

// hasColumns returns a function that reports whether a header has the columns; nil without columns.
func hasColumns(columns []string) func(*csvtext.Reader) bool {
	if len(columns) == 0 {
		return nil
	}
	return func(r *csvtext.Reader) bool {
		return !slices.ContainsFunc(columns, func(name string) bool { return !slices.Contains(r.Names(), name) })
	}
}

// findColumns returns the position of each column by name, and those of the requested columns. Of
// two columns with the same name the first counts.
func findColumns(file string, header, columns []string) (names map[string]int, wanted []int, err error) {
	names = map[string]int{}
	for i, name := range header {
		if _, there := names[name]; !there {
			names[name] = i
		}
	}
	var absent []string
	for _, name := range columns {
		if _, there := names[name]; !there {
			absent = append(absent, name)
		}
		wanted = append(wanted, names[name])
	}
	if len(absent) > 0 {
		err = fmt.Errorf("%w: %s has no column %s; its columns are %s: %v", errBroken, filepath.Base(file), strings.Join(absent, ", "), firstOf(header, 12), shapeOf(file))
	}
	return names, wanted, err
}
