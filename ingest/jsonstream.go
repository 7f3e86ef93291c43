package ingest

import (
	"bytes"
	"errors"
	"fmt"
)

// jsonStream reads a list of objects, or objects one after another, one object at a time.
type jsonStream struct {
	lines    *lineBuffer
	encoding textEncoding
	list     bool // a list holds the objects
	done     bool
	indent   int // blanks before the object in its line; -1: it does not begin its line
}

// blanks passes over blanks, and returns the byte behind them. The error is that of the source's end.
func (s *jsonStream) blanks() (byte, error) {
	s.indent = -1
	if s.lines.passed == 0 {
		s.indent = 0
	}
	for {
		b := s.lines.bytes()
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
		if !s.lines.fill() {
			return 0, s.lines.ended()
		}
	}
}

func (s *jsonStream) advance(n int) {
	s.lines.advance(n, bytes.Count(s.lines.bytes()[:n], []byte("\n")))
}

// open begins the list whose bracket is next.
func (s *jsonStream) open() error {
	s.list = true
	s.advance(1)
	c, err := s.blanks()
	switch {
	case errors.Is(err, errEnd):
		return errors.New("the list is not closed: the file is cut short")
	case err != nil:
		return err
	case c == '{', c == ']':
		return nil
	}
	return fmt.Errorf("its rows are not objects: line %d has %s where {\"column\": value} is expected", s.lines.number+1, jsonKind(c))
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
		return nil, rowFault("line %d: the list is not closed: the file is cut short", s.lines.number+1)
	case err != nil:
		return nil, err
	case s.list && c == ']':
		return nil, s.end()
	}
	line, indent := s.lines.number+1, s.indent
	n, err := s.extent()
	if errors.Is(err, errBroken) {
		return nil, err
	}
	if err == nil {
		if err := s.encoding.check(s.lines.bytes()[:n], line); err != nil {
			s.advance(n)
			return nil, err
		}
		p.text = s.lines.bytes()[:n]
		values, err := p.object()
		s.advance(n)
		if err != nil {
			return nil, rowFault("line %d: %w", line, err)
		}
		return values, nil
	}
	fault := rowFault("line %d: %w", line, err)
	if err := s.resume(indent); err != nil && !errors.Is(err, errEnd) {
		return nil, err
	}
	return nil, fault
}

// end ends the list.
func (s *jsonStream) end() error {
	s.done = true
	s.advance(1)
	if _, err := s.blanks(); err != nil {
		return err
	}
	return rowFault("line %d: something follows the end of the list, and is not read", s.lines.number+1)
}

// extent returns the length of the value that is next, in bytes, which are then in memory. It pairs brackets and quotes, no more.
func (s *jsonStream) extent() (int, error) {
	depth, quoted, escaped := 0, false, false
	for at := 0; ; {
		b := s.lines.bytes()
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
				return 0, errors.New("a string is not closed in its line")
			case quoted:
			case c == '{' || c == '[':
				depth++
			case c == '}' || c == ']':
				if depth--; depth <= 0 {
					return max(1, at+depth+1), nil // a bracket that closes nothing is not part of a value before it
				}
			case depth == 0 && at > 0 && (c == ',' || c <= ' '):
				return at, nil
			}
		}
		if len(b) > maxRow {
			return 0, fmt.Errorf("an object of over %d bytes", maxRow)
		}
		if s.lines.fill() {
			continue
		}
		if err := s.lines.ended(); !errors.Is(err, errEnd) {
			return 0, err
		}
		if depth == 0 && !quoted {
			return at, nil
		}
		return 0, errCut
	}
}

// resume goes to the next line that begins an object as the one did that cannot be read.
func (s *jsonStream) resume(indent int) error {
	if err := s.lines.skipLine(); err != nil {
		s.done = true
		return err
	}
	for {
		line, err := s.lines.span(0)
		if errors.Is(err, errLong) {
			err = s.lines.skipLine()
			if err == nil {
				continue
			}
		}
		if err != nil {
			s.done = true
			return err
		}
		content := s.lines.bytes()[:line.end]
		trimmed := bytes.TrimLeft(content, " \t")
		if len(trimmed) > 0 && (trimmed[0] == '{' && (indent < 0 || len(content)-len(trimmed) == indent) || s.list && trimmed[0] == ']' && len(content)-len(trimmed) < max(1, indent)) {
			return nil
		}
		s.lines.advance(line.next, 1)
	}
}
