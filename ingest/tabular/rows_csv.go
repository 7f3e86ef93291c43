package tabular

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/internal/csvtext"
	"github.com/pali3/pali3/internal/textlines"
)

// csvRows reads a table of delimited fields: CSV, TSV and their relatives.
type csvRows struct {
	file    io.Closer
	reader  *csvtext.Reader
	names   []string       // of the columns; one without a name is called #1, #2...
	aliases map[string]int // the columns that are asked for by their number
	chosen  []chosenColumn // what is taken; nil: all columns
	untold  []string       // columns that are not taken, until they are told
}

// chosenColumn is a column that is taken, with the name by which it was asked for.
type chosenColumn struct {
	name  string
	index int
}

// newCSV opens a table of fields. The columns asked for show what separates them.
func newCSV(f io.Closer, content io.Reader, e textlines.Encoding, ending string, d Dialect, want []string) (*csvRows, error) {
	r := &csvRows{file: f}
	dialect := csvtext.Dialect{Delimiter: d.Delimiter, Ending: ending, Quote: d.Quote, Columns: d.Columns, NoHeader: d.NoHeader}
	var err error
	r.reader, err = csvtext.Open(textlines.New(content), e, dialect, func(c *csvtext.Reader) bool {
		r.name(c.Names())
		return r.fits(want)
	})
	if err != nil {
		return nil, err
	}
	r.name(r.reader.Names())
	return r, r.number(want)
}

// name notes the names of the columns.
func (r *csvRows) name(names []string) {
	r.names = slices.Clone(names)
	for i, name := range names {
		if name == "" {
			r.names[i] = fmt.Sprintf("#%d", i+1)
		}
	}
}

// fits reports whether the columns are those that are asked for.
func (r *csvRows) fits(want []string) bool {
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

// find returns the index of a column by its name or, of a name that there is not, by its number
// from 1; -1 if there is none.
func (r *csvRows) find(name string) int {
	if i := slices.Index(r.names, name); i >= 0 {
		return i
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(name, "#")); err == nil && n >= 1 && n <= len(r.names) {
		return n - 1
	}
	return -1
}

// number notes the columns that are asked for by their numbers, and refuses a name that two columns
// have.
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
			if strings.Contains(r.names[0], other) && other != r.reader.Delimiter() {
				return fmt.Sprintf("; fields are separated by %s here: --delimiter %s is another", csvtext.DelimiterName(r.reader.Delimiter()), csvtext.DelimiterName(other))
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
	fields, err := r.reader.Next()
	if err != nil {
		return nil, err
	}
	if r.chosen == nil {
		r.choose(append(slices.Clone(r.names), sortedKeys(r.aliases)...))
	}
	values := make(row, len(r.chosen))
	for _, c := range r.chosen {
		values[c.name] = fields[c.index]
	}
	return values, nil
}

func (r *csvRows) close() error { return r.file.Close() }
