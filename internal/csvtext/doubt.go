package csvtext

import (
	"bytes"
	"strings"
)

// doubt is about lines that may be enclosed by a quote which is not closed properly.
type doubt struct {
	opened, until int64             // the line of the quote, and the last line in doubt
	forms         []map[string]bool // forms of the values of rows, by column
}

// place is the lines in which a field begins and ends, counted from 0 within the row.
type place struct{ first, last int }

// doubtLines puts the lines in doubt that the current row would take, because its quote is not
// closed properly. A line in doubt is a row if the value in some column has the same form as in the
// previous row, or as in the first line of this row.
func (r *Reader) doubtLines(opened int64, before []string, content []byte) {
	if r.doubt.until = max(r.doubt.until, r.stop); opened <= r.doubt.opened {
		return
	}
	r.doubt.opened, r.doubt.forms = opened, make([]map[string]bool, r.width)
	rows := [][]string{before}
	if parts := strings.Split(string(content), string(r.delimiter)); len(parts) == r.width {
		rows = append(rows, parts)
	}
	for column := range r.doubt.forms {
		r.doubt.forms[column] = map[string]bool{}
		for _, fields := range rows {
			if column < len(fields) {
				r.doubt.forms[column][formOf(fields[column])] = true
			}
		}
		delete(r.doubt.forms[column], "")
	}
}

// looksLikeRow reports whether the current row, which is in doubt, has a value of the same form as
// other rows in its column.
func (r *Reader) looksLikeRow() bool {
	for column, field := range r.fields {
		if r.doubt.forms[column][formOf(field)] {
			return true
		}
	}
	return false
}

// swallows reports whether the quote of a field of several lines seems to enclose rows: one of the
// lines, read by itself, is a row with a value of the same form as the value of this row, such as
// another image's name, in a column whose field is within one line.
func (r *Reader) swallows() bool {
	for i, s := range r.spans {
		parts := bytes.Split(r.lines.Bytes()[s.From:s.End], r.delimiter)
		if len(parts) != r.width {
			continue
		}
		for column, part := range parts {
			p := r.places[column]
			if p.first != p.last || p.first == i {
				continue
			}
			if form := formOf(string(part)); form != "" && form == formOf(r.fields[column]) {
				return true
			}
		}
	}
	return false
}

// formOf returns what values of a column have in common: the extension of a file name, the scheme
// of a URL, or a name with its numbers replaced. It returns "" for prose.
func formOf(value string) string {
	value = strings.Trim(value, " \"")
	if value == "" || len(value) > 1024 || strings.ContainsAny(value, " \t") {
		return ""
	}
	if scheme, _, isURL := strings.Cut(value, "://"); isURL {
		return scheme + "://"
	}
	if dot := strings.LastIndexByte(value, '.'); dot > 0 && len(value)-dot >= 3 && len(value)-dot <= 6 {
		return strings.ToLower(value[dot:])
	}
	if !strings.ContainsAny(value, "0123456789") {
		return ""
	}
	var form []byte
	for i := range len(value) {
		switch c := value[i]; {
		case c < '0' || c > '9':
			form = append(form, c)
		case len(form) == 0 || form[len(form)-1] != '0':
			form = append(form, '0')
		}
	}
	return string(form)
}

// pieces reports whether the current line, up to an ending like that of the header, consists of
// rows with the other kind of ending, and where it ends.
func (r *Reader) pieces() (lines, next int, even bool) {
	even = true
	for lines < maxJoined {
		s, err := r.lines.Span(next)
		if err != nil {
			break
		}
		lines, next = lines+1, s.Next
		line := r.lines.Bytes()[s.From:s.End]
		even = even && (r.isBlank(line) || bytes.Count(line, r.delimiter) == r.width-1 || r.quote != 0 && bytes.IndexByte(line, r.quote) >= 0)
		if s.Ending != r.foreign {
			break
		}
	}
	r.even = r.lines.Number() + int64(lines)
	return lines, next, even
}
