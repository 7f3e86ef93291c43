package benchmarks

import (
	"bytes"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/pali3/pali3/internal/jsonerr"
)

// maxElement is the maximum size of an element of a JSON file, in bytes. A file is read one element
// at a time, so a file of many gigabytes needs no more memory than a small one.
const maxElement = 64 << 20

// errNoMember is wrapped by the error for a JSON object that lacks a member.
var errNoMember = errors.New("there is no member")

// errKind is wrapped by the error for a value that is not the expected list or object.
var errKind = errors.New("the layout")

// errBroken is wrapped by an error that ends the reading of a file.
var errBroken = errors.New("the file cannot be read on")

// document is a JSON file that is read piece by piece.
type document struct {
	*jsontext.Decoder
	name    string
	file    io.Closer
	limited *limited
	passed  map[string]bool // names of the first members that seek passed
	twice   string          // a member that occurs twice
}

// limited reads at most left bytes from source.
type limited struct {
	source io.Reader
	left   int
	lines  int // line ends that were read
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("an element of over %d bytes", maxElement)
	}
	n, err := l.source.Read(p[:min(len(p), l.left)])
	l.left -= n
	l.lines += bytes.Count(p[:n], []byte{'\n'})
	return n, err
}

func openDocument(file string) (*document, error) {
	content, f, err := openText(file)
	if err != nil {
		return nil, err
	}
	d := &document{name: filepath.Base(file), file: f, limited: &limited{source: &pythonJSON{source: content}}}
	d.Decoder = jsontext.NewDecoder(d.limited, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	return d, nil
}

func (d *document) close() { d.file.Close() }

// peek returns the kind of the next token and resets the limit for it.
func (d *document) peek() jsontext.Kind {
	d.limited.left = maxElement
	return d.PeekKind()
}

// fail adds the file and the position to an error and explains it.
func (d *document) fail(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	line := 1 + d.limited.lines - bytes.Count(d.UnreadBuffer(), []byte{'\n'})
	return fmt.Errorf("reading %s line %d, near byte %d: %w", d.name, line, d.InputOffset(), jsonerr.Explain(err))
}

// enter reads the beginning of the next value, an array or object.
func (d *document) enter(kind jsontext.Kind) error {
	got := d.peek()
	if got != kind && got != 0 {
		return d.fail(fmt.Errorf("found %s, expected %s by %w", jsonerr.Kind(got), jsonerr.Kind(kind), errKind))
	}
	if _, err := d.ReadToken(); err != nil {
		return d.fail(err)
	}
	return nil
}

// find enters the next value, an object, and goes to the value of a member.
func (d *document) find(member string) error {
	if err := d.enter('{'); err != nil {
		return err
	}
	return d.seek(member)
}

// seek goes to the value of a member of the current object.
func (d *document) seek(member string) error {
	for d.peek() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return d.fail(err)
		}
		found := name.String()
		if d.passed[found] && d.twice == "" {
			d.twice = found
		}
		if d.passed == nil {
			d.passed = map[string]bool{}
		}
		if len(d.passed) < maxPassed {
			d.passed[found] = true
		}
		if found == member && d.twice != member {
			return nil
		}
		if err := d.skip(); err != nil {
			return d.fail(err)
		}
	}
	return fmt.Errorf("%s: %w %q", d.name, errNoMember, member)
}

// skip skips a value of any size.
func (d *document) skip() error {
	for depth := 0; ; {
		d.limited.left = maxElement
		token, err := d.ReadToken()
		if err != nil {
			return err
		}
		switch token.Kind() {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// next decodes the next value. If it is well-formed but of another type, next returns mismatch.
func (d *document) next(into any) (mismatch, err error) {
	d.limited.left = maxElement
	value, err := d.ReadValue()
	if err != nil {
		return nil, d.fail(err)
	}
	if mismatch = decode(value, into); mismatch != nil {
		mismatch = d.fail(mismatch)
	}
	return mismatch, nil
}

// maxPassed is the number of members that are checked for duplicates.
const maxPassed = 1000

// end reads from the end of a list to the end of the file. For a file with several JSON values or a
// duplicate member its error does not wrap errBroken, because the list was complete.
func (d *document) end(member string) error {
	if _, err := d.ReadToken(); err != nil { // the end of the list
		return fmt.Errorf("%w: %w", errBroken, d.fail(err))
	}
	if member == "" {
		return d.over()
	}
	if err := d.seek(member); !errors.Is(err, errNoMember) {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	return d.endObject()
}

// endObject reads the end of an object after seek has passed all members.
func (d *document) endObject() error {
	if _, err := d.ReadToken(); err != nil {
		return fmt.Errorf("%w: %w", errBroken, d.fail(err))
	}
	if d.twice != "" {
		return fmt.Errorf("reading %s: the member %.100q comes twice, and only the first is read", d.name, d.twice)
	}
	return d.over()
}

// over returns an error if something follows the file's value.
func (d *document) over() error {
	d.limited.left = maxElement
	at := d.InputOffset()
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading %s: the JSON ends at byte %d, and what follows is not read", d.name, at)
	}
	return nil
}
