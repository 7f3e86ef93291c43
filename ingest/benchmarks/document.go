package benchmarks

import (
	"cmp"
	"context"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"

	"github.com/pali3/pali3/internal/jsonerr"
)

// maxElement is the most that one element of a JSON file may take, in bytes. What is read of a file
// at once is one element, so that a file of many gigabytes needs no more memory than a small one.
const maxElement = 64 << 20

// errNoMember is wrapped by the error of a JSON object that lacks a member.
var errNoMember = errors.New("there is no member")

// errKind is wrapped by the error of a file that is no list or object where one is expected.
var errKind = errors.New("the layout")

// errBroken is wrapped by an error after which nothing of a file is read.
var errBroken = errors.New("the file cannot be read on")

// document is a JSON file that is read piece by piece.
type document struct {
	*jsontext.Decoder
	name    string
	file    io.Closer
	limited *limited
	passed  map[string]bool // names of the members that seek came by, the first few
	doubled string          // one that came twice
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

// peek returns the kind of the next token, whose limit begins here.
func (d *document) peek() jsontext.Kind {
	d.limited.left = maxElement
	return d.PeekKind()
}

// fail says where an error is, and what it means.
func (d *document) fail(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("reading %s near byte %d: %w", d.name, d.InputOffset(), jsonerr.Explain(err))
}

// enter takes the beginning of the array or object that is next.
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

// find goes to the value of a member of the object that is next.
func (d *document) find(member string) error {
	if err := d.enter('{'); err != nil {
		return err
	}
	return d.seek(member)
}

// seek goes to the value of a member of the object that the document is in.
func (d *document) seek(member string) error {
	for d.peek() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return d.fail(err)
		}
		found := name.String()
		if d.passed[found] && d.doubled == "" {
			d.doubled = found
		}
		if d.passed == nil {
			d.passed = map[string]bool{}
		}
		if len(d.passed) < maxPassed {
			d.passed[found] = true
		}
		if found == member && d.doubled != member {
			return nil
		}
		if err := d.skip(); err != nil {
			return d.fail(err)
		}
	}
	return fmt.Errorf("%s: %w %q", d.name, errNoMember, member)
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

// next decodes the value that is next. The error of one that is well-formed, but of another type,
// is told apart.
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

// maxPassed is how many members are looked at for whether they come twice.
const maxPassed = 1000

// end reads what follows the list that was read, to the end of the file. The error of a file with
// more than one JSON value in it, or with a member twice, is not broken: what was read is whole.
func (d *document) end(member string) error {
	if _, err := d.ReadToken(); err != nil { // the list's end
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

// endObject reads the end of an object whose members seek came by.
func (d *document) endObject() error {
	if _, err := d.ReadToken(); err != nil {
		return fmt.Errorf("%w: %w", errBroken, d.fail(err))
	}
	if d.doubled != "" {
		return fmt.Errorf("reading %s: the member %.100q comes twice, and only the first is read", d.name, d.doubled)
	}
	return d.over()
}

// over checks that nothing follows the value that the file is.
func (d *document) over() error {
	d.limited.left = maxElement
	at := d.InputOffset()
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading %s: the JSON ends at byte %d, and what follows is not read", d.name, at)
	}
	return nil
}

// elements yields the elements of an array: of the file's member of that name, or, if it is "", of
// the file, which may have one element a line instead. One of another type is an error, and the
// next follows; an error that wraps errBroken is the last.
func elements[T any](ctx context.Context, file, member string) iter.Seq2[T, error] {
	return elementsTo[T](ctx, file, member, true)
}

// elementsTo does what elements does. Unless it goes to the end, what follows the array is not
// looked at: for a file that is read several times.
func elementsTo[T any](ctx context.Context, file, member string, toEnd bool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		d, err := openDocument(file)
		if err != nil {
			yield(none, fmt.Errorf("%w: %w", errBroken, err))
			return
		}
		defer d.close()
		if member == "" && d.peek() == '{' {
			elementLines(ctx, d, file, yield)
			return
		}
		if member != "" {
			err = d.find(member)
		}
		if err == nil {
			err = d.enter('[')
		}
		for n := 0; err == nil && d.peek() != ']'; n++ {
			if err = context.Cause(ctx); err != nil {
				break
			}
			var value T
			mismatch, failed := d.next(&value)
			if mismatch != nil {
				mismatch = fmt.Errorf("%s[%d]: %w", member, n, mismatch)
			}
			if err = failed; err == nil && !yield(value, mismatch) {
				return
			}
		}
		if errors.Is(err, errNoMember) && toEnd {
			if more := d.endObject(); more != nil && !yield(none, more) {
				return
			}
		}
		if errors.Is(err, errKind) {
			err = fmt.Errorf("%w; it is %v", err, shapeOf(file))
		}
		if err != nil {
			yield(none, fmt.Errorf("%w: %w", errBroken, err))
		} else if toEnd {
			if err := d.end(member); err != nil {
				yield(none, err)
			}
		}
	}
}

// elementLines yields the values of a file that has one after another, where a list of them is
// expected.
func elementLines[T any](ctx context.Context, d *document, file string, yield func(T, error) bool) {
	var none T
	for n := 1; ; n++ {
		err := context.Cause(ctx)
		if err == nil && d.peek() == 0 && d.over() == nil {
			return
		}
		var value T
		var mismatch error
		if err == nil {
			mismatch, err = d.next(&value)
		}
		if err != nil {
			yield(none, fmt.Errorf("%w: %w", errBroken, err))
			return
		}
		if mismatch != nil {
			mismatch = fmt.Errorf("value %d: %w", n, mismatch)
		}
		if n == 1 && d.peek() == 0 && d.over() == nil {
			yield(none, fmt.Errorf("%w: reading %s: found an object, expected a list by %w; it is %v", errBroken, d.name, errKind, shapeOf(file)))
			return
		}
		if !yield(value, mismatch) {
			return
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
		if err = d.enter('{'); errors.Is(err, errKind) {
			err = fmt.Errorf("%w; it is %v", err, shapeOf(file))
		}
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
			if mismatch != nil {
				mismatch = fmt.Errorf("member %.100q: %w", m.name, mismatch)
			}
			if err = failed; err == nil && !yield(m, mismatch) {
				return
			}
		}
		if err == nil {
			if _, err = d.ReadToken(); err == nil {
				if err := d.over(); err != nil {
					yield(member[T]{}, err)
				}
				return
			}
			err = d.fail(err)
		}
		yield(member[T]{}, fmt.Errorf("%w: %w", errBroken, err))
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

// load reads a small JSON file whole.
func load[T any](file string) (v T, err error) {
	d, err := openDocument(file)
	if err != nil {
		return v, err
	}
	defer d.close()
	mismatch, err := d.next(&v)
	if err = cmp.Or(err, mismatch); err != nil {
		return v, err
	}
	return v, d.over()
}
