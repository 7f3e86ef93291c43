package ingest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxQuoted is the longest field in quotes, in bytes.
const maxQuoted = 1 << 20

// delimited reads the records of a table of text that is in memory. With quotes it follows RFC
// 4180, and Python's csv where that leaves off: a quote within a field, or text behind a closing
// quote, is taken as it is. A quote that is never closed, or closed in a later line in the middle
// of a field, makes its own line alone a damaged one.
type delimited struct {
	rest   []byte
	line   int // number of the line at hand, from 1
	comma  byte
	quotes bool
	fields int // that records have; 0: any number
}

// next returns the next record that is not blank, and the number of its first line. Ok is false at
// the end, whole is false for a damaged line.
func (d *delimited) next() (record []string, line int, whole, ok bool) {
	for len(d.rest) > 0 {
		line = d.line
		record, size, whole := d.parse()
		lines := bytes.Count(d.rest[:size], []byte("\n"))
		if lines > 1 && d.fields > 0 && len(record) != d.fields {
			whole = false
		}
		if !whole {
			_, after, _ := bytes.Cut(d.rest, []byte("\n"))
			size, lines = len(d.rest)-len(after), 1
		}
		blank := len(bytes.TrimSpace(d.rest[:size])) == 0
		d.rest = d.rest[size:]
		d.line += lines
		if !blank {
			return record, line, whole, true
		}
	}
	return nil, 0, false, false
}

// parse reads one record, and says how many bytes it takes.
func (d *delimited) parse() (record []string, size int, whole bool) {
	for i := 0; ; i++ { // behind the comma
		text, after, ok := d.field(i)
		if !ok {
			return record, i, false
		}
		record = append(record, text)
		if i = after; i >= len(d.rest) || d.rest[i] == '\n' {
			return record, min(i+1, len(d.rest)), true
		}
	}
}

// field returns the field at i, and where what follows it begins.
func (d *delimited) field(i int) (text string, after int, ok bool) {
	if d.quotes && i < len(d.rest) && d.rest[i] == '"' {
		quoted, after, closed := d.quoted(i + 1)
		if !closed {
			return "", i, false
		}
		text, i = string(quoted), after
	}
	from := i
	for i < len(d.rest) && d.rest[i] != d.comma && d.rest[i] != '\n' {
		i++
	}
	tail := d.rest[from:i]
	if i == len(d.rest) || d.rest[i] == '\n' {
		tail = bytes.TrimSuffix(tail, []byte("\r"))
	}
	return text + string(tail), i, true
}

// quoted returns the text from i on up to the closing quote, and where what follows that begins.
func (d *delimited) quoted(i int) (text []byte, after int, closed bool) {
	from := i
	for ; i < len(d.rest) && i-from <= maxQuoted; i++ {
		if d.rest[i] != '"' {
			text = append(text, d.rest[i])
			continue
		}
		if i+1 < len(d.rest) && d.rest[i+1] == '"' {
			text = append(text, '"')
			i++
			continue
		}
		ends := i+1 == len(d.rest) || d.rest[i+1] == d.comma || d.rest[i+1] == '\n' || d.rest[i+1] == '\r'
		if !ends && bytes.IndexByte(text, '\n') >= 0 {
			return nil, 0, false
		}
		return text, i + 1, true
	}
	return nil, 0, false
}

// readDelimited reads a table with a header. Which of , ; | and the tab divides it, the header
// shows: it is the one by which a column of file names appears. Quotes have a meaning between ,
// and ; alone.
func (d *description) readDelimited(file string, content []byte) {
	d.readColumns(file, content, nil)
}

// readColumns is readDelimited with other names for some columns. It returns false if there is no
// column of file names.
func (d *description) readColumns(file string, content []byte, rename map[string]string) bool {
	for _, comma := range []byte(",\t;|") {
		rows := &delimited{rest: content, line: 1, comma: comma, quotes: comma == ',' || comma == ';'}
		header, _, whole, ok := rows.next()
		if !ok {
			d.leave("%s (empty)", file)
			return false
		}
		if !whole || !hasNames(header) {
			continue
		}
		for i := range header {
			header[i] = strings.TrimSpace(header[i])
			if lower := strings.ToLower(header[i]); slices.Contains(nameColumns, lower) || slices.Contains(textColumns, lower) {
				header[i] = lower
			}
			if by, there := rename[strings.ToLower(header[i])]; there {
				header[i] = by
			}
		}
		rows.fields = len(header)
		d.readRecords(file, header, rows)
		return true
	}
	d.leave("%s (no column file_name: the first line is %.80q)", file, headLine(content))
	return false
}

func headLine(content []byte) []byte {
	line, _, _ := bytes.Cut(content, []byte("\n"))
	return bytes.TrimSpace(line)
}

// textColumns are names of columns that mean the same in upper case.
var textColumns = []string{"text", "texts", "caption", "captions", "prompt", "alt", "url", "split", "question", "answer", "answers"}

func hasNames(header []string) bool {
	return len(header) > 1 && slices.ContainsFunc(header, func(column string) bool {
		return slices.Contains(nameColumns, strings.ToLower(strings.TrimSpace(column)))
	})
}

// readRecords takes in the records behind a header.
func (d *description) readRecords(file string, header []string, rows *delimited) {
	for {
		record, line, whole, ok := rows.next()
		if !ok {
			return
		}
		if len(record) > len(header) && whole { // an unquoted comma in the text of the last column
			last := len(header) - 1
			record = append(record[:last:last], strings.Join(record[last:], string(rune(rows.comma))))
		}
		if !whole || len(record) < len(header) {
			d.leave("%s:%d (%d columns of %d, or a quote that is not closed)", file, line, len(record), len(header))
			continue
		}
		fields := map[string]string{}
		for i, value := range record {
			if !rows.quotes {
				value = strings.TrimSpace(value)
			}
			if !utf8.ValidString(value) {
				d.leave("%s:%d (column %s is not UTF-8)", file, line, header[i])
				fields = nil
				break
			}
			name := header[i]
			if name == "" || value == "" {
				continue
			}
			fields[name] = value
		}
		if fields == nil {
			continue
		}
		if raw, err := json.Marshal(fields); err == nil {
			d.add(file, line, raw)
		}
	}
}
