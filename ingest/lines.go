package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// lineBuffer reads a text line by line, and looks as far ahead as a row may be long. A line ends at a line
// feed, at a carriage return with a line feed, or at a carriage return alone.
type lineBuffer struct {
	source     io.Reader
	buf        []byte
	start, end int   // what is unread lies in buf[start:end]
	err        error // what the source ended with
	number     int64 // lines before start
	passed     int64 // bytes before start
	lone       bool  // the line found last ended at a carriage return alone
}

// span is where a line is, in bytes from the first unread one: its content is [from, end), and what ends it [end, next).
type span struct {
	from, end, next int
	ending          lineEnding
}

// lineEnding is what ends a line.
type lineEnding int

const (
	atEnd    lineEnding = iota // of the text
	lineFeed                   // alone
	carriage                   // a carriage return alone
	both                       // carriage return and line feed
)

const (
	firstBuffer = 1 << 16
	maxSkipped  = 1 << 30 // of a line that is too long, before the table counts as damaged
)

var errLong = fmt.Errorf("a line of over %d bytes", maxRow)

func newLineBuffer(source io.Reader) *lineBuffer { return &lineBuffer{source: source} }

// bytes returns what is unread and in memory.
func (l *lineBuffer) bytes() []byte { return l.buf[l.start:l.end] }

// fill reads more of the source; false at its end.
func (l *lineBuffer) fill() bool {
	if l.err != nil {
		return false
	}
	if l.end == len(l.buf) {
		switch kept := l.end - l.start; {
		case len(l.buf) == 0:
			l.buf = make([]byte, firstBuffer)
		case kept <= len(l.buf)/2:
			copy(l.buf, l.buf[l.start:l.end])
			l.start, l.end = 0, kept
		default:
			grown := make([]byte, 2*len(l.buf))
			copy(grown, l.buf[l.start:l.end])
			l.buf, l.start, l.end = grown, 0, kept
		}
	}
	for range 100 {
		n, err := l.source.Read(l.buf[l.end:])
		l.end += n
		l.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	l.err = io.ErrNoProgress
	return false
}

// ended returns the error at the end of the source: errEnd, or one that wraps errBroken.
func (l *lineBuffer) ended() error {
	if errors.Is(l.err, io.EOF) {
		return errEnd
	}
	return fmt.Errorf("%w: %w", errBroken, l.err)
}

// span finds the line that begins at an offset. At the end of the source the error is errEnd or wraps errBroken; a
// line that is too long is errLong.
func (l *lineBuffer) span(from int) (span, error) {
	searched := from
	for {
		b := l.bytes()
		if s, found := l.endOf(b, from, searched); found {
			l.lone = s.ending == carriage
			return s, nil
		}
		if len(b)-from > maxRow {
			return span{}, errLong
		}
		if searched = len(b); searched > from && b[searched-1] == '\r' {
			for searched > from && b[searched-1] == '\r' {
				searched--
			}
		}
		if l.fill() {
			continue
		}
		if b = l.bytes(); len(b) == from || !errors.Is(l.err, io.EOF) {
			return span{}, l.ended()
		}
		end := from + len(bytes.TrimRight(b[from:], "\r"))
		return span{from, end, len(b), atEnd}, nil
	}
}

// endOf finds the end of the line that begins at from, of which what is before searched has none.
func (l *lineBuffer) endOf(b []byte, from, searched int) (s span, found bool) {
	first, second := byte('\n'), byte('\r') // the one that is likely nearer is looked for first
	if l.lone {
		first, second = second, first
	}
	at := bytes.IndexByte(b[searched:], first)
	until := len(b)
	if at >= 0 {
		until = searched + at
	}
	if other := bytes.IndexByte(b[searched:until], second); other >= 0 {
		until = searched + other
	} else if at < 0 {
		return s, false
	}
	if b[until] == '\n' {
		return span{from, until, until + 1, lineFeed}, true
	}
	next := until + 1 // after the carriage returns
	for next < len(b) && b[next] == '\r' {
		next++
	}
	switch {
	case next == len(b):
		return s, false // what follows decides
	case b[next] == '\n':
		return span{from, until, next + 1, both}, true
	}
	return span{from, until, until + 1, carriage}, true
}

// advance passes over bytes that are in memory, which are so many lines.
func (l *lineBuffer) advance(n, lines int) {
	l.start += n
	l.passed += int64(n)
	l.number += int64(lines)
}

// skipLine passes over the line at hand, however long. The error is that of the source's end before the line's.
func (l *lineBuffer) skipLine() error {
	for skipped := 0; ; {
		b := l.bytes()
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			l.advance(i+1, 1)
			return nil
		}
		if skipped += len(b); skipped > maxSkipped {
			return fmt.Errorf("%w: %w", errBroken, errLong)
		}
		l.start = l.end
		if !l.fill() {
			return l.ended()
		}
	}
}

// isBlank reports whether a line has nothing but blanks.
func isBlank(line []byte) bool {
	for _, c := range line {
		if c != ' ' && c != '\t' && c != '\r' {
			return false
		}
	}
	return true
}
