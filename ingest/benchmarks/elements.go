package benchmarks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
)

// elements yields the elements of an array: the member of that name, or the file itself if the name
// is "". Such a file may also have one element per line. An element of another type yields an error
// and the iteration continues. An error that wraps errBroken is the last.
func elements[T any](ctx context.Context, file, member string) iter.Seq2[T, error] {
	return elementsTo[T](ctx, file, member, true)
}

// elementsTo does what elements does. Without toEnd it does not read what follows the array, which
// saves time if the file is read several times.
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

// elementLines yields the values of a file that has them one after another instead of in a list.
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

// members yields the members of the object in a file. Errors are as for [elements].
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
		if err == nil {
			var more bool
			if more, err = restOfMembers(ctx, d, "member", yield); !more {
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

// restOfMembers yields the members of the object that a document is in, up to its end. What is the
// name of a member in errors. More is false if yield wants no more.
func restOfMembers[T any](ctx context.Context, d *document, what string, yield func(member[T], error) bool) (more bool, err error) {
	for d.peek() != '}' {
		if err := context.Cause(ctx); err != nil {
			return true, err
		}
		name, err := d.ReadToken()
		if err != nil {
			return true, d.fail(err)
		}
		m := member[T]{name: name.String()}
		mismatch, err := d.next(&m.value)
		if err != nil {
			return true, err
		}
		if mismatch != nil {
			mismatch = fmt.Errorf("%s %.100q: %w", what, m.name, mismatch)
		}
		if !yield(m, mismatch) {
			return false, nil
		}
	}
	return true, nil
}

// value decodes one member of the object in a file.
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

// load decodes a small JSON file at once.
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
