package benchmarks

import (
	"bufio"
	"bytes"
	"strings"
)

// withoutNaN overwrites each value NaN, Infinity and -Infinity in pieces of JSON with an empty
// string. Python writes these values although they are not JSON. Readers of numbers accept an empty
// string as no number. Between pieces, withoutNaN keeps whether it is within a string.
type withoutNaN struct {
	inString bool
	escaped  bool // the last byte was a backslash within a string
}

// clean changes a piece in place.
func (s *withoutNaN) clean(piece []byte) {
	for len(piece) > 0 {
		if s.inString {
			piece = s.string(piece)
			continue
		}
		end := bytes.IndexByte(piece, '"')
		if end < 0 {
			blankNaN(piece)
			return
		}
		blankNaN(piece[:end])
		s.inString, piece = true, piece[end+1:]
	}
}

// string skips the rest of a string.
func (s *withoutNaN) string(piece []byte) (rest []byte) {
	if s.escaped {
		s.escaped, piece = false, piece[1:]
	}
	for {
		end := bytes.IndexByte(piece, '"')
		part := piece
		if end >= 0 {
			part = piece[:end]
		}
		back := 0
		for back < len(part) && part[len(part)-1-back] == '\\' {
			back++
		}
		switch {
		case end < 0:
			s.escaped = back%2 == 1
			return nil
		case back%2 == 0:
			s.inString = false
			return piece[end+1:]
		}
		piece = piece[end+1:]
	}
}

// blankNaN overwrites the values between strings.
func blankNaN(between []byte) {
	if bytes.IndexByte(between, 'N') < 0 && bytes.IndexByte(between, 'I') < 0 {
		return
	}
	for _, name := range []string{"-Infinity", "Infinity", "NaN"} {
		for at := 0; ; {
			found := bytes.Index(between[at:], []byte(name))
			if found < 0 {
				break
			}
			at += found
			copy(between[at:], `""`+strings.Repeat(" ", len(name)-2))
			at += len(name)
		}
	}
}

// pythonJSON reads JSON as Python writes it and makes it valid.
type pythonJSON struct {
	source *bufio.Reader
	state  withoutNaN
	owed   []byte // to write over the next bytes, because a name began at the end of the last piece
}

func (r *pythonJSON) Read(p []byte) (int, error) {
	n, err := r.source.Read(p)
	owed := copy(p[:n], r.owed)
	r.owed = r.owed[owed:]
	piece := p[owed:n]
	r.state.clean(piece)
	if !r.state.inString {
		r.split(piece)
	}
	return n, err
}

// split overwrites a name that begins in this piece and ends in the next.
func (r *pythonJSON) split(piece []byte) {
	for _, name := range []string{"-Infinity", "Infinity", "NaN"} {
		for have := min(len(name)-1, len(piece)); have > 0; have-- {
			if string(piece[len(piece)-have:]) != name[:have] {
				continue
			}
			if next, _ := r.source.Peek(len(name) - have); string(next) != name[have:] {
				continue
			}
			blank := `""` + strings.Repeat(" ", len(name)-2)
			copy(piece[len(piece)-have:], blank)
			r.owed = []byte(blank[have:])
			return
		}
	}
}
