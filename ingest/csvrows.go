package ingest

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// csvRows reads a table of delimited fields: CSV, TSV and their relatives.
type csvRows struct {
	file    io.Closer
	reader  *csvReader
	names   []string       // of the columns; one without a name is called #1, #2...
	aliases map[string]int // the columns that are asked for by their number
	chosen  []chosenColumn // what is taken; nil: all columns
	untold  []string       // columns that are not taken, until they are told
	trims   bool           // blanks around values go, as the header has some
}

// chosenColumn is a column that is taken, with the name by which it was asked for.
type chosenColumn struct {
	name  string
	index int
}

// newCSV reads the header, or the first line in its place, and finds out by it what separates the fields unless the
// dialect says so. The table's ending says what it is likely to be.
func newCSV(f io.Closer, content io.Reader, e textEncoding, ending string, d Dialect, want []string) (*csvRows, error) {
	r := &csvRows{file: f, reader: &csvReader{lines: newLineBuffer(content), encoding: e}}
	if err := r.firstLine(&d); err != nil {
		return nil, err
	}
	candidates := []string{",", "|", ";", "\t"}
	switch {
	case d.Delimiter != "":
		candidates = []string{d.Delimiter}
	case ending == ".tsv" || ending == ".tab" || ending == ".txt":
		candidates = []string{"\t", ",", "|", ";"}
	}
	delimiter := candidates[0]
	for _, candidate := range candidates {
		if r.head(candidate, d) == nil && r.fits(d, want) {
			delimiter = candidate
			break
		}
	}
	if err := r.head(delimiter, d); err != nil {
		return nil, err
	}
	if err := r.number(want); err != nil {
		return nil, err
	}
	if len(d.Columns) == 0 && !d.NoHeader {
		spans := r.reader.spans
		r.reader.lines.advance(spans[len(spans)-1].next, len(spans))
	}
	return r, nil
}

// firstLine goes to the first line that is not blank. A line sep=; before it, which is there for Excel, says what the delimiter is.
func (r *csvRows) firstLine(d *Dialect) error {
	lines := r.reader.lines
	for {
		first, err := lines.span(0)
		if errors.Is(err, errEnd) {
			return errors.New("the file is empty")
		}
		if err != nil {
			return err
		}
		line := lines.bytes()[:first.end]
		said, isSaid := strings.CutPrefix(strings.Trim(string(line[:min(len(line), 8)]), `"`), "sep=")
		if isSaid = isSaid && len(line) <= 7 && len(said) == 1; isSaid && d.Delimiter == "" {
			d.Delimiter = said
		}
		if !isSaid && (!isBlank(line) || strings.Contains(string(line), "\t")) {
			return nil
		}
		lines.advance(first.next, 1)
	}
}

// head takes the first line apart by a delimiter, and finds the names of the columns.
func (r *csvRows) head(delimiter string, d Dialect) error {
	c := r.reader
	first, err := c.lines.span(0)
	if err != nil {
		return err
	}
	line := c.lines.bytes()[:first.end]
	c.delimiter, c.trusted, c.quote, c.unquote, c.width = []byte(delimiter), d.Quote != "", '"', false, 0
	switch {
	case d.Quote == NoQuote:
		c.quote = 0
	case d.Quote != "":
		c.quote = d.Quote[0]
	case delimiter == "\t" && !allQuoted(string(line), delimiter):
		c.quote, c.unquote = 0, true
	}
	if err := c.parse(first, line); err != nil {
		return err
	}
	last := c.spans[len(c.spans)-1]
	if err := c.encoding.check(c.lines.bytes()[:last.end], c.lines.number+1); err != nil {
		return err
	}
	if c.foreign = carriage; first.ending == carriage {
		c.foreign = lineFeed
	}
	r.names, r.trims = slices.Clone(c.fields), false
	for i, name := range r.names {
		r.names[i] = strings.TrimSpace(name)
		r.trims = r.trims || r.names[i] != name
		switch {
		case d.NoHeader:
			r.names[i] = strconv.Itoa(i + 1)
		case r.names[i] == "":
			r.names[i] = fmt.Sprintf("#%d", i+1)
		}
	}
	if len(d.Columns) > 0 {
		r.names = slices.Clone(d.Columns)
	}
	c.width = len(r.names)
	return nil
}

// allQuoted reports whether each field of a line is enclosed in quotation marks.
func allQuoted(line, delimiter string) bool {
	for field := range strings.SplitSeq(line, delimiter) {
		if len(field) < 2 || field[0] != '"' || field[len(field)-1] != '"' {
			return false
		}
	}
	return true
}

// fits reports whether the first line, as it was taken apart, is what the table is asked for.
func (r *csvRows) fits(d Dialect, want []string) bool {
	if len(d.Columns) > 0 {
		return len(r.reader.fields) == len(d.Columns)
	}
	asked := false
	for _, name := range want {
		if name == "" {
			continue
		}
		if asked = true; r.find(name) < 0 {
			return false
		}
	}
	return asked || len(r.names) > 1
}

// find returns the index of a column by its name or, of a name that there is not, by its number from 1; -1 if there is none.
func (r *csvRows) find(name string) int {
	if i := slices.Index(r.names, name); i >= 0 {
		return i
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(name, "#")); err == nil && n >= 1 && n <= len(r.names) {
		return n - 1
	}
	return -1
}

// number notes the columns that are asked for by their numbers, and refuses a name that two columns have.
func (r *csvRows) number(want []string) error {
	r.aliases = map[string]int{}
	for _, name := range want {
		i := slices.Index(r.names, name)
		if i < 0 {
			if n := r.find(name); name != "" && n >= 0 {
				r.aliases[name] = n
			}
			continue
		}
		if j := slices.Index(r.names[i+1:], name); j >= 0 {
			return fmt.Errorf("columns %d and %d are both called %q: ask for the one that is meant by its number, #%d or #%d", i+1, i+j+2, name, i+1, i+j+2)
		}
	}
	return nil
}

func (r *csvRows) columns() ([]string, error) {
	return append(slices.Clone(r.names), sortedKeys(r.aliases)...), nil
}

// hint says what may be wrong if a column is not there.
func (r *csvRows) hint() string {
	if len(r.names) == 1 && len(r.names[0]) > 1 {
		for _, other := range []string{"|", ";", "\t", ",", ":"} {
			if strings.Contains(r.names[0], other) && other != string(r.reader.delimiter) {
				return fmt.Sprintf("; fields are separated by %s here: --delimiter %s is another", delimiterName(string(r.reader.delimiter)), delimiterName(other))
			}
		}
	}
	return "; of a table without a header, --columns names them"
}

// choose says which columns are wanted.
func (r *csvRows) choose(names []string) error {
	r.chosen, r.untold = []chosenColumn{}, nil
	taken := map[int]bool{}
	top := topColumns(r.names, names)
	for i, name := range r.names {
		if slices.Contains(top, name) {
			r.chosen = append(r.chosen, chosenColumn{name, i})
			taken[i] = true
		}
	}
	for alias, i := range r.aliases {
		r.chosen = append(r.chosen, chosenColumn{alias, i})
		taken[i] = true
	}
	for i, name := range r.names {
		if !taken[i] {
			r.untold = append(r.untold, name)
		}
	}
	return nil
}

// left returns the columns that are not taken and were not returned before.
func (r *csvRows) left() []string {
	untold := r.untold
	r.untold = nil
	return untold
}

func (r *csvRows) next() (row, error) {
	fields, err := r.reader.next()
	if err != nil {
		return nil, err
	}
	if r.chosen == nil {
		r.choose(append(slices.Clone(r.names), sortedKeys(r.aliases)...))
	}
	values := make(row, len(r.chosen))
	for _, c := range r.chosen {
		value := fields[c.index]
		if r.trims {
			value = strings.Trim(value, " \t")
		}
		values[c.name] = value
	}
	return values, nil
}

func (r *csvRows) close() error { return r.file.Close() }
