package tabular

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"maps"
	"slices"

	"github.com/pali3/pali3/internal/textlines"
)

// jsonSource yields the rows of one layout of JSON.
type jsonSource interface {
	// next parses the next row by p, which says what of it is wanted.
	next(p *jsonParser) (row, error)
}

// jsonRows reads a table of JSON: an object a line, a list of objects, objects one after another,
// or one object of columns. A name may be missing in any object.
type jsonRows struct {
	file   io.Closer
	lines  *textlines.Lines
	source jsonSource
	parser jsonParser
	asked  []string // the columns that were asked for when it was opened
	ahead  []parsed // read for their names
	probes bool     // only the names matter
	wanted map[string]bool
	told   map[string]bool // names that are not wanted
	untold []string
}

// parsed is a row, or why it is none.
type parsed struct {
	row row
	err error
}

const (
	maxAhead      = 8192    // rows that are read for their names before the first is given
	maxAheadBytes = 8 << 20 // of their text
	maxProbed     = 1 << 28 // bytes that are read where only the names matter
	maxTold       = 10_000  // names that are not wanted and are told
)

// maxProbedRows is the most rows that are read where only the names matter.
var maxProbedRows = 1 << 30

// newJSON finds out by the beginning how the objects lie.
func newJSON(f io.Closer, text io.Reader, e textlines.Encoding, ending string, want []string) (*jsonRows, error) {
	lines := textlines.New(text)
	source, err := jsonLayout(lines, e, ending, want)
	if err != nil {
		return nil, err
	}
	return &jsonRows{file: f, lines: lines, source: source, asked: want, told: map[string]bool{}}, nil
}

// jsonLayout tells the layouts apart.
func jsonLayout(lines *textlines.Lines, e textlines.Encoding, ending string, want []string) (jsonSource, error) {
	stream := &jsonStream{lines: lines, encoding: e}
	switch c, err := stream.blanks(); {
	case errors.Is(err, errEnd):
		return nil, errors.New("the file is empty")
	case err != nil:
		return nil, err
	case c == '[' && listsInLines(stream):
		stream.lists = true
		return stream, nil
	case c == '[':
		return stream, stream.open()
	case c != '{' || ending != ".json" && firstIsWhole(lines):
		return &jsonLines{lines: lines, encoding: e}, nil
	}
	return jsonObjects(stream, want)
}

// listsInLines reports whether a text that begins with a list is rows that are lists, one after the
// other, rather than one list of rows.
func listsInLines(s *jsonStream) bool {
	n, err := s.extent()
	if err != nil || !s.follows(n) {
		return false
	}
	second := bytes.TrimLeft(s.lines.Bytes()[n:], " \t\r\n")
	return len(second) > 0 && second[0] == '['
}

// firstIsWhole reports whether the first line is not merely the beginning of a value: it is a row
// or a bad one.
func firstIsWhole(lines *textlines.Lines) bool {
	s, err := lines.Span(0)
	if err != nil {
		return true
	}
	_, err = (&jsonParser{text: lines.Bytes()[:s.End]}).object()
	return !errors.Is(err, errCut)
}

// columns returns the column names of the first rows. It reads rows until it has seen the requested
// columns. A column that it has not seen may be in a later row, unless it read all rows.
func (r *jsonRows) columns() ([]string, error) {
	names, begun := map[string]bool{}, r.lines.Passed()
	missing := slices.DeleteFunc(slices.Clone(r.asked), func(name string) bool { return name == "" })
	limit := int64(maxAheadBytes)
	if r.probes {
		limit = maxProbed
	}
	for n := 0; len(r.ahead) < maxAhead && n < maxProbedRows && r.lines.Passed()-begun < limit && (len(missing) > 0 || len(names) == 0); n++ {
		r.parser = jsonParser{}
		values, err := r.source.next(&r.parser)
		if errors.Is(err, errEnd) {
			if len(names) == 0 {
				return nil, cmp.Or(r.firstFault(), errors.New("it has no rows"))
			}
			return sortedKeys(names), nil
		}
		if !r.probes || len(r.ahead) == 0 {
			r.ahead = append(r.ahead, parsed{values, err})
		}
		if errors.Is(err, errBroken) {
			break
		}
		for name := range values {
			if len(names) < maxTold {
				names[name] = true
			}
		}
		missing = slices.DeleteFunc(missing, func(name string) bool { return hasColumn(sortedKeys(values), name) })
	}
	for _, name := range missing {
		names[name] = true
	}
	return sortedKeys(names), nil
}

// firstFault returns why the first row is none, nil if it is one.
func (r *jsonRows) firstFault() error {
	if len(r.ahead) == 0 {
		return nil
	}
	return r.ahead[0].err
}

// probe says that only the columns are asked for, and no rows.
func (r *jsonRows) probe() { r.probes = true }

// sparse says that a column may be missing in any row, and be there later.
func (r *jsonRows) sparse() {}

// choose says which columns are wanted.
func (r *jsonRows) choose(names []string) error {
	r.wanted = map[string]bool{}
	for _, name := range names {
		r.wanted[name] = name != ""
		for at, c := range name { // a path leads to a field of what is before each slash
			if c == '/' {
				r.wanted[name[:at]] = true
			}
		}
	}
	return nil
}

// want says whether a column is taken, and notes one that is not. Those of one row are told in the
// order of their names.
func (r *jsonRows) want(name string) bool {
	if r.wanted[name] {
		return true
	}
	if !r.told[name] && len(r.told) < maxTold {
		r.told[name] = true
		r.untold = append(r.untold, name)
	}
	return false
}

func (r *jsonRows) left() []string {
	untold := r.untold
	r.untold = nil
	slices.Sort(untold)
	return untold
}

func (r *jsonRows) next() (row, error) {
	if len(r.ahead) > 0 {
		first := r.ahead[0]
		r.ahead = r.ahead[1:]
		if r.wanted != nil {
			maps.DeleteFunc(first.row, func(name string, _ any) bool { return !r.want(name) })
		}
		return first.row, first.err
	}
	r.parser = jsonParser{}
	if r.wanted != nil {
		r.parser.wants = r
	}
	return r.source.next(&r.parser)
}

func (r *jsonRows) close() error { return r.file.Close() }

// jsonLines reads an object a line, or several in a line.
type jsonLines struct {
	lines    *textlines.Lines
	encoding textlines.Encoding
	rest     []byte // of a line, with further objects
	number   int64
}

func (r *jsonLines) next(p *jsonParser) (row, error) {
	line := r.rest
	if r.rest = nil; line == nil {
		var err error
		if line, r.number, err = r.lines.NextLine(); err != nil {
			return nil, err
		}
		if err := r.encoding.Check(line, r.number); err != nil {
			return nil, err
		}
	}
	p.text = line
	values, err := p.object()
	if err != nil {
		return nil, textlines.BadLine(r.number, "%w", err)
	}
	if p.peek() == 0 && p.at == len(line) {
		return values, nil
	}
	if rest := line[p.at:]; allObjects(rest) {
		r.rest = bytes.Clone(rest)
		return values, nil
	}
	return nil, textlines.BadLine(r.number, "something follows the object that is none")
}

// allObjects reports whether a text is objects one after another.
func allObjects(text []byte) bool {
	p := &jsonParser{text: text}
	for p.peek() != 0 {
		if _, err := p.object(); err != nil {
			return false
		}
	}
	return p.at == len(text)
}

// jsonTable is rows in memory.
type jsonTable struct {
	rows []row
	at   int
}

func (t *jsonTable) next(p *jsonParser) (row, error) {
	if t.at == len(t.rows) {
		return nil, errEnd
	}
	t.at++
	values := t.rows[t.at-1]
	if p.wants != nil {
		maps.DeleteFunc(values, func(name string, _ any) bool { return !p.wants.want(name) })
	}
	return values, nil
}
