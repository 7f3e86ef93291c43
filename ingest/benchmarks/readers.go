package benchmarks

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"github.com/pali3/pali3/shards"
)

// each returns a reader of files that hold a list of items: in the member of that name, or in the
// file itself if it is "". N is the element's number.
func each[T any](member string, convert func(n int, v T, o Options) item) read {
	return func(ctx context.Context, o Options) iter.Seq2[item, error] {
		return func(yield func(item, error) bool) {
			n := 0
			for v, err := range elements[T](ctx, o.Annotations, member) {
				i := item{}
				if err == nil {
					i = convert(n, v, o)
				}
				if !yield(i, i.checked(err)) {
					return
				}
				n++
			}
		}
	}
}

// eachMember returns a reader of files that hold an object of items by name.
func eachMember[T any](convert func(name string, v T, o Options) item) read {
	return func(ctx context.Context, o Options) iter.Seq2[item, error] {
		return func(yield func(item, error) bool) {
			for m, err := range members[T](ctx, o.Annotations) {
				i := item{sample: shards.Sample{Key: m.name}}
				if err == nil {
					i = convert(m.name, m.value, o)
				}
				if !yield(i, i.checked(err)) {
					return
				}
			}
		}
	}
}

// eachLine yields the item of each line of a file. The file may also be a list, or hold values that
// extend over several lines.
func eachLine[T any](ctx context.Context, file string, parse func(T) (item, error)) iter.Seq2[item, error] {
	if !isLines(file) {
		return func(yield func(item, error) bool) {
			for v, err := range elements[T](ctx, file, "") {
				i := item{}
				if err == nil {
					i, err = parse(v)
				}
				if !yield(i, i.checked(err)) {
					return
				}
			}
		}
	}
	return func(yield func(item, error) bool) {
		for line, err := range textLines(ctx, file) {
			i := item{}
			if err == nil {
				var v T
				new(withoutNaN).clean(line.content)
				if err = decode(line.content, &v); err == nil {
					if i, err = parse(v); err == nil {
						err = i.checked(nil)
					}
				}
				if err != nil {
					err = fmt.Errorf("line %d: %w", line.number, err)
				}
			}
			if !yield(i, err) {
				return
			}
		}
	}
}

// isLines reports whether a file has one JSON value per line: it is not a list, and its first value
// ends in the line in which it begins.
func isLines(file string) bool {
	d, err := openDocument(file)
	if err != nil {
		return true
	}
	defer d.close()
	if d.peek() == '[' {
		return false
	}
	first, err := d.ReadValue()
	return err != nil || bytes.IndexByte(first, '\n') < 0
}

// byImage returns a reader that merges the items with the same key.
func byImage(r read) read {
	return func(ctx context.Context, o Options) iter.Seq2[item, error] { return gathered(r(ctx, o)) }
}
