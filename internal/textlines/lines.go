package textlines

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

var (
	// ErrEnd is returned at the end of a text.
	ErrEnd = errors.New("no more rows")
	// ErrBroken is wrapped by an error that ends the reading of a text.
	ErrBroken = errors.New("the table is damaged from here on")
	// ErrLong is returned for a line of more than [MaxLine] bytes.
	ErrLong = fmt.Errorf("a line of over %d bytes", MaxLine)
)

const (
	// MaxLine is the maximum length of a line, in bytes.
	MaxLine = 16 << 20

	firstBuffer = 1 << 16
	maxSkipped  = 1 << 30 // bytes of a line that is too long; beyond it the text counts as damaged
)

// Lines reads a text line by line with look-ahead over the lines of a row. A line ends with a line
// feed, a carriage return and a line feed, or a carriage return alone.
type Lines struct {
	source     io.Reader
	buf        []byte
	start, end int   // buf[start:end] is unread
	err        error // at the end of the source
	number     int64 // lines before start
	passed     int64 // bytes before start
	lone       bool  // the last line ended with a carriage return alone
}

// Span is the position of a line, in bytes from the first unread byte: its content is [From, End),
// its ending [End, Next).
type Span struct {
	From, End, Next int
	Ending          Ending
}

// Ending is how a line ends.
type Ending int

// Endings of lines.
const (
	AtEnd          Ending = iota // with the text
	LineFeed                     // alone
	CarriageReturn               // alone
	CRLF                         // carriage return and line feed
)

// New returns a reader of the lines of a text.
func New(source io.Reader) *Lines { return &Lines{source: source} }

// Number returns the number of lines before the current one.
func (l *Lines) Number() int64 { return l.number }

// Passed returns the number of bytes before the current line.
func (l *Lines) Passed() int64 { return l.passed }

// Bytes returns the unread bytes in memory.
func (l *Lines) Bytes() []byte { return l.buf[l.start:l.end] }

// Fill reads more of the source. It returns false at the end.
func (l *Lines) Fill() bool {
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

// Ended returns the error at the end of the source: ErrEnd, or one that wraps ErrBroken.
func (l *Lines) Ended() error {
	if errors.Is(l.err, io.EOF) {
		return ErrEnd
	}
	return fmt.Errorf("%w: %w", ErrBroken, l.err)
}

// Span returns the line that begins at an offset. At the end of the source the error is ErrEnd or
// wraps ErrBroken; for a line that is too long it is ErrLong.
func (l *Lines) Span(from int) (Span, error) {
	searched := from
	for {
		b := l.Bytes()
		if s, found := l.endOf(b, from, searched); found {
			l.lone = s.Ending == CarriageReturn
			return s, nil
		}
		if len(b)-from > MaxLine {
			return Span{}, ErrLong
		}
		if searched = len(b); searched > from && b[searched-1] == '\r' {
			for searched > from && b[searched-1] == '\r' {
				searched--
			}
		}
		if l.Fill() {
			continue
		}
		if b = l.Bytes(); len(b) == from || !errors.Is(l.err, io.EOF) {
			return Span{}, l.Ended()
		}
		end := from + len(bytes.TrimRight(b[from:], "\r"))
		return Span{from, end, len(b), AtEnd}, nil
	}
}

// endOf finds the end of the line that begins at from, searching from searched on.
func (l *Lines) endOf(b []byte, from, searched int) (s Span, found bool) {
	first, second := byte('\n'), byte('\r') // searches for the likelier ending first
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
		return Span{from, until, until + 1, LineFeed}, true
	}
	next := until + 1 // behind the carriage returns
	for next < len(b) && b[next] == '\r' {
		next++
	}
	switch {
	case next == len(b):
		return s, false // depends on what follows
	case b[next] == '\n':
		return Span{from, until, next + 1, CRLF}, true
	}
	return Span{from, until, until + 1, CarriageReturn}, true
}

// Advance skips n bytes that are in memory and counts their lines.
func (l *Lines) Advance(n, lines int) {
	l.start += n
	l.passed += int64(n)
	l.number += int64(lines)
}

// SkipLine skips the current line, however long. It returns an error if the source ends before the
// line does.
func (l *Lines) SkipLine() error {
	for skipped := 0; ; {
		b := l.Bytes()
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			l.Advance(i+1, 1)
			return nil
		}
		if skipped += len(b); skipped > maxSkipped {
			return fmt.Errorf("%w: %w", ErrBroken, ErrLong)
		}
		l.start = l.end
		if !l.Fill() {
			return l.Ended()
		}
	}
}

// IsBlank reports whether a line consists of blanks only.
func IsBlank(line []byte) bool {
	for _, c := range line {
		if c != ' ' && c != '\t' && c != '\r' {
			return false
		}
	}
	return true
}

// NextLine returns the next line that is not blank, and its number from 1. For a line that is too
// long it returns a fault and skips the line.
func (l *Lines) NextLine() (line []byte, number int64, err error) {
	for {
		s, err := l.Span(0)
		if errors.Is(err, ErrLong) {
			number, err = l.PassLong()
			return nil, number, err
		}
		if err != nil {
			return nil, 0, err
		}
		line := l.Bytes()[:s.End]
		l.Advance(s.Next, 1)
		if !IsBlank(line) {
			return line, l.number, nil
		}
	}
}

// PassLong skips the current line, which is too long, and returns the fault for it.
func (l *Lines) PassLong() (number int64, err error) {
	number = l.number + 1
	if err := l.SkipLine(); err != nil && !errors.Is(err, ErrEnd) {
		return 0, err
	}
	return number, BadLine(number, "%w", ErrLong)
}
