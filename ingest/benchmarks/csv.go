package benchmarks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// A quote that is still open after so many lines, or bytes, is one that was never meant to be one.
const (
	maxQuotedLines = 50
	maxQuoted      = 1 << 20
)

// csvRow is a row: its fields, valid until the next row, and where the columns are in them.
type csvRow struct {
	fields  []string
	columns map[string]int
	wanted  []int // places of the columns that were asked for
	line    int   // its first, from 1
}

// column returns the field of the n-th of the columns that were asked for, "" where the row is too short.
func (r *csvRow) column(n int) string {
	if at := r.wanted[n]; at < len(r.fields) {
		return r.fields[at]
	}
	return ""
}

// field returns the field of a column, "" where the row is too short.
func (r csvRow) field(name string) string {
	if at, ok := r.columns[name]; ok && at < len(r.fields) {
		return r.fields[at]
	}
	return ""
}

// csvRows yields the rows of a table with a header that has the columns, or, without columns, of one
// that has none. A row that cannot be read is an error, and the next follows; an error that wraps
// errBroken is the last. Quotes are read as Python's csv module does.
func csvRows(ctx context.Context, file string, columns ...string) iter.Seq2[csvRow, error] {
	return func(yield func(csvRow, error) bool) {
		var names map[string]int
		var wanted []int
		for row, err := range csvRecords(ctx, file) {
			if err == nil && len(columns) > 0 && names == nil {
				names = map[string]int{}
				for i, name := range row.fields {
					if _, there := names[name]; !there {
						names[strings.TrimSpace(name)] = i
					}
				}
				if err = missing(file, row.fields, names, columns); err == nil {
					for _, name := range columns {
						wanted = append(wanted, names[name])
					}
					continue
				}
			}
			row.columns, row.wanted = names, wanted
			if !yield(row, err) || errors.Is(err, errBroken) {
				return
			}
		}
		if len(columns) > 0 && names == nil {
			yield(csvRow{}, fmt.Errorf("%w: %s has no header", errBroken, filepath.Base(file)))
		}
	}
}

func missing(file string, header []string, names map[string]int, columns []string) error {
	var absent []string
	for _, name := range columns {
		if _, there := names[name]; !there {
			absent = append(absent, name)
		}
	}
	if len(absent) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s has no column %s; its columns are %s: %v", errBroken, filepath.Base(file), strings.Join(absent, ", "), firstOf(header, 12), shapeOf(file))
}

// csvRecords yields a file's rows. A quote that is not closed within maxQuotedLines makes its line an
// error, and reading goes on with the next.
func csvRecords(ctx context.Context, file string) iter.Seq2[csvRow, error] {
	return func(yield func(csvRow, error) bool) {
		lines, err := openLines(file)
		if err != nil {
			yield(csvRow{}, err)
			return
		}
		defer lines.close()
		var fields []string
		for {
			if err := context.Cause(ctx); err != nil {
				yield(csvRow{}, fmt.Errorf("%w: %w", errBroken, err))
				return
			}
			line, err := lines.next()
			if errors.Is(err, io.EOF) {
				return
			}
			row := csvRow{line: line.number}
			if err == nil && len(line.content) == 0 {
				continue
			}
			if err == nil {
				fields, err = csvRecord(lines, line, fields[:0])
				row.fields = fields
			}
			if !yield(row, err) || errors.Is(err, errBroken) {
				return
			}
		}
	}
}

// csvRecord reads the record that begins with a line, and may go on in the next ones, into fields.
func csvRecord(lines *lineSource, first textLine, fields []string) ([]string, error) {
	begin := string(first.content)
	text := begin
	fields, open := splitCSV(fields, text)
	if open {
		var more []textLine
		for open {
			line, err := lines.next()
			if err == nil {
				line.content = bytes.Clone(line.content)
				more = append(more, line)
				text += "\n" + string(line.content)
				open = openQuote(text)
			}
			if err != nil || open && (len(more) == maxQuotedLines || len(text) > maxQuoted) {
				lines.again(more, err)
				return nil, fmt.Errorf("line %d: a quote is opened and not closed: %.80q", first.number, begin)
			}
		}
	}
	if len(text) > len(begin) {
		fields, _ = splitCSV(fields[:0], text)
	}
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("line %d: it is not UTF-8: convert the file first", first.number)
	}
	return fields, nil
}

func openQuote(text string) bool {
	_, open := splitCSV(nil, text)
	return open
}

// splitCSV takes a record apart and appends its fields, as Python's csv module does: a quote counts at the beginning of a field
// alone, and what follows the second is part of the field. Open tells of a quote that is not closed.
func splitCSV(fields []string, text string) (_ []string, open bool) {
	for {
		var field string
		if strings.HasPrefix(text, `"`) {
			var b strings.Builder
			text = text[1:]
			for {
				end := strings.IndexByte(text, '"')
				if end < 0 {
					return append(fields, b.String()+text), true
				}
				b.WriteString(text[:end])
				if text = text[end+1:]; !strings.HasPrefix(text, `"`) {
					break
				}
				b.WriteByte('"')
				text = text[1:]
			}
			field = b.String()
		}
		end := strings.IndexByte(text, ',')
		if end < 0 {
			return append(fields, field+text), false
		}
		fields = append(fields, field+text[:end])
		text = text[end+1:]
	}
}
