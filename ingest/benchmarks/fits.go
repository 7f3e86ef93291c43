package benchmarks

import (
	"fmt"
	"path/filepath"
	"strings"
)

// fits returns an error unless the first elements of a file have the fields that the layout needs.
func (l layout) fits(file string) error {
	want := l.needs
	if want == "" {
		return nil
	}
	s := beginning(file, want)
	if s == nil {
		return nil
	}
	for name := range strings.FieldsSeq(want) {
		if !s.fields[name] {
			return fmt.Errorf("%w: %s is no file of %s: no %s in it; it is %v", errBroken, filepath.Base(file), l.name, fieldPlace(name), shapeOf(file))
		}
	}
	return nil
}

// fieldPlace describes a field of a shape for messages.
func fieldPlace(name string) string {
	of, field, _ := strings.Cut(name, ".")
	switch of {
	case "":
		return fmt.Sprintf("element with %s", field)
	case "*":
		return fmt.Sprintf("member that has %s", field)
	}
	return fmt.Sprintf("element of %s with %s", of, field)
}

// beginning returns the shape of the first elements of a file. It returns nil if there are none,
// also because the file is damaged before them.
func beginning(file, want string) *shape {
	s := &shape{fields: map[string]bool{}}
	d, err := openDocument(file)
	if err != nil {
		return nil
	}
	defer d.close()
	member, _, _ := strings.Cut(want, ".")
	kind := d.peek()
	switch {
	case kind == 0 || kind == 'n':
		return nil
	case member == "*" && kind != '{', member == "" && kind != '{' && kind != '[', member != "" && kind != '{':
		return s
	case member == "*":
		d.ReadToken()
		for n := 0; n < shapeElements && d.peek() == '"'; n++ {
			d.ReadToken()
			s.next(d, "*")
		}
	case member == "" && kind == '{':
		for n := 0; n < shapeElements && d.peek() == '{'; n++ {
			s.next(d, "")
		}
	default:
		s.list(d, member)
		for name := range strings.FieldsSeq(want) { // another list of the same file
			if of, _, _ := strings.Cut(name, "."); of != member {
				if other, err := openDocument(file); err == nil {
					s.list(other, of)
					other.close()
				}
			}
		}
	}
	if len(s.members) == 0 {
		return nil
	}
	return s
}

// list records the first elements of a list.
func (s *shape) list(d *document, member string) {
	if member != "" && d.find(member) != nil {
		s.members = append(s.members, "no "+member)
		return
	}
	if d.enter('[') != nil {
		s.members = append(s.members, "no list")
		return
	}
	for n := 0; n < shapeElements && d.peek() != ']' && d.PeekKind() != 0; n++ {
		s.next(d, member)
	}
}

// next records the next value.
func (s *shape) next(d *document, of string) {
	d.limited.left = maxElement
	value, err := d.ReadValue()
	if err != nil {
		return
	}
	s.members = append(s.members, of)
	s.value(of, value)
}
