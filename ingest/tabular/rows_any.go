package tabular

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/internal/decompress"
)

// Rows yields the rows of a table of this machine, as they stand in it: CSV or TSV, JSON, JSON
// lines, each also compressed, or Parquet. A file without one of their endings is recognised by its
// first character. Only the columns that keep accepts are read. A value is text, bytes, a
// [json.Number], a bool, a list or an object of values; null is left out. Of an image in a column
// of Hugging Face's datasets it is the bytes.
//
// A row that cannot be read yields an error, after which the iteration continues; whole is true
// after an error that ends it.
func Rows(ctx context.Context, file string, keep func(column string) bool) iter.Seq2[map[string]any, error] {
	return func(yield func(map[string]any, error) bool) {
		rows, err := openTable(file)
		if err == nil {
			defer rows.close()
			err = chooseColumns(rows, keep)
		}
		if err != nil {
			yield(nil, fmt.Errorf("%w: %w", ErrBroken, err))
			return
		}
		for n := 1; ; n++ {
			if err := context.Cause(ctx); err != nil {
				yield(nil, fmt.Errorf("%w: %w", ErrBroken, err))
				return
			}
			values, err := rows.next()
			if errors.Is(err, errEnd) {
				return
			}
			if err != nil {
				err = fmt.Errorf("row %d: %w", n, err)
			}
			if !yield(values, err) || errors.Is(err, errBroken) {
				return
			}
		}
	}
}

// ErrBroken is wrapped by the error after which a table has no further rows.
var ErrBroken = errBroken

// openTable opens a table by its ending, or else by its first character.
func openTable(file string) (rowReader, error) {
	f, err := input.Open(nil, file)
	if err != nil {
		return nil, err
	}
	ending := tableEnding(file)
	if ending == "" {
		ending = endingOf(f)
	}
	rows, err := rowsOf(f, file, ending, nil, Dialect{}, nil)
	if err != nil {
		f.Close()
		return nil, err
	}
	return rows, nil
}

// endingOf returns the ending that would fit the content of a file.
func endingOf(f input.File) string {
	content, err := decompress.Open(io.NewSectionReader(f, 0, 1<<20), 1<<12)
	if err != nil {
		return ".tsv"
	}
	begin, _ := content.Peek(1 << 10)
	text := strings.TrimSpace(strings.TrimPrefix(string(begin), "\ufeff"))
	header, _, _ := strings.Cut(text, "\n")
	switch {
	case strings.HasPrefix(text, "{"):
		return ".jsonl"
	case strings.HasPrefix(text, "["):
		return ".json"
	case !strings.Contains(header, "\t"):
		return ".csv"
	}
	return ".tsv"
}

// chooseColumns leaves out the columns that keep does not accept, where the table can.
func chooseColumns(rows rowReader, keep func(column string) bool) error {
	of, can := rows.(chooser)
	names, err := rows.columns()
	if err != nil || !can || keep == nil {
		return err
	}
	kept := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !keep(name) })
	if len(kept) == 0 || len(kept) == len(names) {
		return nil
	}
	return of.choose(kept)
}
