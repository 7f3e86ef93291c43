package tabular

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/pali3/pali3/internal/textlines"
)

// jsonStream reads a list of objects, or successive objects, one at a time.
type jsonStream struct {
	lines    *textlines.Lines
	encoding textlines.Encoding
	list     bool // a list holds the rows
	lists    bool // rows are lists of values
	done     bool
	indent   int // white space before the object in its line; -1 if it does not begin its line
}

// blanks skips white space and returns the byte after it. At the end of the source it returns that
// error.
func (s *jsonStream) blanks() (byte, error) {
	s.indent = -1
	if s.lines.Passed() == 0 {
		s.indent = 0
	}
	for {
		b := s.lines.Bytes()
		for i, c := range b {
			switch c {
			case '\n', '\r':
				s.indent = 0
			case ' ', '\t':
				if s.indent >= 0 {
					s.indent++
				}
			default:
				s.advance(i)
				return c, nil
			}
		}
		s.advance(len(b))
		if !s.lines.Fill() {
			return 0, s.lines.Ended()
		}
	}
}

func (s *jsonStream) advance(n int) {
	s.lines.Advance(n, bytes.Count(s.lines.Bytes()[:n], []byte("\n")))
}

// open enters the list whose bracket is next.
func (s *jsonStream) open() error {
	s.list = true
	s.advance(1)
	c, err := s.blanks()
	switch {
	case errors.Is(err, errEnd):
		return errors.New("the list is not closed: the file is truncated")
	case err != nil:
		return err
	case c == '{', c == ']':
		return nil
	case c == '[':
		s.lists = true
		return nil
	}
	return fmt.Errorf("its rows are not objects: line %d has %s where {\"column\": value} is expected", s.lines.Number()+1, jsonKind(c))
}

func (s *jsonStream) next(p *jsonParser) (row, error) {
	if s.done {
		return nil, errEnd
	}
	c, err := s.blanks()
	for s.list && err == nil && c == ',' {
		s.advance(1)
		c, err = s.blanks()
	}
	switch {
	case errors.Is(err, errEnd) && s.list:
		s.done = true
		return nil, textlines.BadLine(s.lines.Number()+1, "the list is not closed: the file is truncated")
	case err != nil:
		return nil, err
	case s.list && c == ']':
		return nil, s.end()
	}
	line, indent := s.lines.Number()+1, s.indent
	n, err := s.extent()
	if errors.Is(err, errBroken) {
		return nil, err
	}
	if err == nil {
		if err := s.encoding.Check(s.lines.Bytes()[:n], line); err != nil {
			s.advance(n)
			return nil, err
		}
		p.text, p.lists = s.lines.Bytes()[:n], s.lists
		values, err := p.object()
		s.advance(n)
		if err != nil {
			return nil, textlines.BadLine(line, "%w", err)
		}
		return values, nil
	}
	fault := textlines.BadLine(line, "%w", err)
	if err := s.resume(indent); err != nil && !errors.Is(err, errEnd) {
		return nil, err
	}
	return nil, fault
}

// end leaves the list.
func (s *jsonStream) end() error {
	s.done = true
	s.advance(1)
	if _, err := s.blanks(); err != nil {
		return err
	}
	return textlines.BadLine(s.lines.Number()+1, "something follows the end of the list, and is not read")
}

// extent returns the length in bytes of the next value, which is then in memory. It only matches
// brackets and quotes.
func (s *jsonStream) extent() (int, error) {
	depth, quoted, escaped := 0, false, false
	for at := 0; ; {
		b := s.lines.Bytes()
		for ; at < len(b); at++ {
			c := b[at]
			switch {
			case escaped:
				escaped = false
			case quoted && c == '\\':
				escaped = true
			case c == '"':
				quoted = !quoted
				if !quoted && depth == 0 {
					return at + 1, nil
				}
			case quoted && c < ' ':
				return 0, errors.New("a string is not closed on its line")
			case quoted:
			case c == '{' || c == '[':
				depth++
			case c == '}' || c == ']':
				if depth--; depth <= 0 {
					return max(1, at+depth+1), nil // an unmatched closing bracket does not belong to the value before it
				}
			case depth == 0 && at > 0 && (c == ',' || c <= ' '):
				return at, nil
			}
		}
		if len(b) > textlines.MaxLine {
			return 0, fmt.Errorf("an object of over %d bytes", textlines.MaxLine)
		}
		if s.lines.Fill() {
			continue
		}
		if err := s.lines.Ended(); !errors.Is(err, errEnd) {
			return 0, err
		}
		if depth == 0 && !quoted {
			return at, nil
		}
		return 0, errCut
	}
}

// rowBegins is the byte that a row begins with.
func (s *jsonStream) rowBegins() byte {
	if s.lists {
		return '['
	}
	return '{'
}

// resume skips to the next line that begins an object at the same indentation as the unreadable
// one.
func (s *jsonStream) resume(indent int) error {
	if err := s.lines.SkipLine(); err != nil {
		s.done = true
		return err
	}
	for {
		line, err := s.lines.Span(0)
		if errors.Is(err, textlines.ErrLong) {
			err = s.lines.SkipLine()
			if err == nil {
				continue
			}
		}
		if err != nil {
			s.done = true
			return err
		}
		content := s.lines.Bytes()[:line.End]
		trimmed := bytes.TrimLeft(content, " \t")
		if len(trimmed) > 0 && (trimmed[0] == s.rowBegins() && (indent < 0 || len(content)-len(trimmed) == indent) || s.list && trimmed[0] == ']' && len(content)-len(trimmed) < max(1, indent)) {
			return nil
		}
		s.lines.Advance(line.Next, 1)
	}
}
