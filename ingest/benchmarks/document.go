package benchmarks

import (
	"bufio"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// maxElement is the most that one element of a JSON file may take, in bytes. What is read of a file at once is one element, so
// that a file of many gigabytes needs no more memory than a small one.
const maxElement = 64 << 20

// errNoMember is wrapped by the error of a JSON object that lacks a member.
var errNoMember = errors.New("no such member")

// errBroken is wrapped by an error after which nothing of a file is read.
var errBroken = errors.New("the file cannot be read on")

// document is a JSON file that is read piece by piece.
type document struct {
	*jsontext.Decoder
	name    string
	file    io.Closer
	limited *limited
}

// limited lets no more than so many bytes through before it is filled up again.
type limited struct {
	source io.Reader
	left   int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("an element of over %d bytes", maxElement)
	}
	n, err := l.source.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

// openText opens a file that may be compressed by gzip or bzip2, and skips a byte order mark.
func openText(file string) (*bufio.Reader, io.Closer, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, err
	}
	content := bufio.NewReaderSize(f, 1<<18)
	switch magic, _ := content.Peek(3); {
	case len(magic) == 3 && magic[0] == 0x1f && magic[1] == 0x8b:
		unzipped, err := gzip.NewReader(content)
		if err != nil {
			f.Close()
			return nil, nil, fmt.Errorf("opening %s: %w", file, err)
		}
		content = bufio.NewReaderSize(unzipped, 1<<18)
	case string(magic) == "BZh":
		content = bufio.NewReaderSize(bzip2.NewReader(content), 1<<18)
	}
	if mark, _ := content.Peek(3); string(mark) == "\xef\xbb\xbf" {
		content.Discard(3)
	}
	return content, f, nil
}

func openDocument(file string) (*document, error) {
	content, f, err := openText(file)
	if err != nil {
		return nil, err
	}
	d := &document{name: file, file: f, limited: &limited{source: content}}
	d.Decoder = jsontext.NewDecoder(d.limited, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	return d, nil
}

func (d *document) close() { d.file.Close() }

// peek returns the kind of the next token, whose limit begins here.
func (d *document) peek() jsontext.Kind {
	d.limited.left = maxElement
	return d.PeekKind()
}

// fail says where an error is.
func (d *document) fail(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("reading %s near byte %d: %w", d.name, d.InputOffset(), err)
}

// enter takes the beginning of the array or object that is next.
func (d *document) enter(kind jsontext.Kind) error {
	got := d.peek()
	if got != kind && got != 0 {
		return d.fail(fmt.Errorf("found %s where %s begins", got, kind))
	}
	if _, err := d.ReadToken(); err != nil {
		return d.fail(err)
	}
	return nil
}

// find goes to the value of a member of the object that is next.
func (d *document) find(member string) error {
	if err := d.enter('{'); err != nil {
		return err
	}
	for d.peek() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return d.fail(err)
		}
		if name.String() == member {
			return nil
		}
		if err := d.skip(); err != nil {
			return d.fail(err)
		}
	}
	return fmt.Errorf("%s: %w: %q", d.name, errNoMember, member)
}

// skip passes over a value of any size.
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

// next decodes the value that is next. The error of one that is well-formed, but of another type, is told apart.
func (d *document) next(into any) (mismatch, err error) {
	d.limited.left = maxElement
	value, err := d.ReadValue()
	if err != nil {
		return nil, d.fail(err)
	}
	if mismatch = json.Unmarshal(value, into); mismatch != nil {
		mismatch = d.fail(mismatch)
	}
	return mismatch, nil
}

// elements yields the elements of an array: of the file's member of that name, or, if it is "", of the file. One of another
// type is an error, and the next follows; any other error is the last.
func elements[T any](ctx context.Context, file, member string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		d, err := openDocument(file)
		if err != nil {
			yield(none, fmt.Errorf("%w: %w", errBroken, err))
			return
		}
		defer d.close()
		if member != "" {
			err = d.find(member)
		}
		if err == nil {
			err = d.enter('[')
		}
		for err == nil && d.peek() != ']' {
			if err = context.Cause(ctx); err != nil {
				break
			}
			var value T
			mismatch, failed := d.next(&value)
			if err = failed; err == nil && !yield(value, mismatch) {
				return
			}
		}
		if err != nil {
			yield(none, fmt.Errorf("%w: %w", errBroken, err))
		}
	}
}

// member is a member of a JSON object.
type member[T any] struct {
	name  string
	value T
}

// members yields the members of the object that a file is, as [elements] does.
func members[T any](ctx context.Context, file string) iter.Seq2[member[T], error] {
	return func(yield func(member[T], error) bool) {
		d, err := openDocument(file)
		if err != nil {
			yield(member[T]{}, fmt.Errorf("%w: %w", errBroken, err))
			return
		}
		defer d.close()
		err = d.enter('{')
		for err == nil && d.peek() != '}' {
			if err = context.Cause(ctx); err != nil {
				break
			}
			name, failed := d.ReadToken()
			if failed != nil {
				err = d.fail(failed)
				break
			}
			m := member[T]{name: name.String()}
			mismatch, failed := d.next(&m.value)
			if err = failed; err == nil && !yield(m, mismatch) {
				return
			}
		}
		if err != nil {
			yield(member[T]{}, fmt.Errorf("%w: %w", errBroken, err))
		}
	}
}

// value decodes one member of the object that a file is.
func value[T any](file, name string) (v T, err error) {
	d, err := openDocument(file)
	if err != nil {
		return v, err
	}
	defer d.close()
	if err := d.find(name); err != nil {
		return v, err
	}
	mismatch, err := d.next(&v)
	return v, errors.Join(err, mismatch)
}
