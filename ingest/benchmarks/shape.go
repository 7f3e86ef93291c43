package benchmarks

import (
	"bytes"
	"encoding/json/jsontext"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/csvtext"
	"github.com/pali3/pali3/internal/textlines"
)

// shape describes a file by its beginning and the names in it: enough to recognise the file of a
// benchmark.
type shape struct {
	kind    string          // for messages: "an object", "a list", "lines of JSON", "a table", or another kind
	members []string        // of an object
	fields  map[string]bool // "images.file_name" of the elements of a member, ".image" of a list's or a line's, "*.imageId" of the values by name
}

// Limits on what a shape records.
const (
	shapeElements = 20
	shapeNames    = 40
)

// shapeOf returns the shape of a file. It may read the whole file, so it is for error messages.
func shapeOf(file string) shape {
	s := shape{fields: map[string]bool{}}
	d, err := openDocument(file)
	if err != nil {
		_, s.kind, _ = strings.Cut(err.Error(), ": ")
		return s
	}
	defer d.close()
	switch d.peek() {
	case '{':
		s.object(d)
	case '[':
		s.kind = "a list"
		s.elements(d, "")
	default:
		s.table(file)
	}
	return s
}

// object records the members of the next value, an object, and whether another object follows.
func (s *shape) object(d *document) {
	s.kind = "an object"
	if _, err := d.ReadToken(); err != nil {
		return
	}
	for d.peek() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return
		}
		member := name.String()
		if len(s.members) < shapeNames {
			s.members = append(s.members, member)
		}
		switch d.peek() {
		case '[':
			s.elements(d, member)
		case '{':
			if value, err := d.ReadValue(); err == nil {
				s.value("*", value)
			}
		default:
			if d.skip() != nil {
				return
			}
		}
	}
	if _, err := d.ReadToken(); err == nil && d.peek() == '{' {
		s.kind = "lines of JSON"
		for _, name := range s.members {
			s.fields["."+name] = true
		}
	}
}

// elements records the first elements of the next value, a list, and skips the rest.
func (s *shape) elements(d *document, member string) {
	d.ReadToken()
	for n := 0; d.peek() != ']'; n++ {
		if n >= shapeElements || d.PeekKind() != '{' {
			if d.skip() != nil {
				return
			}
			continue
		}
		value, err := d.ReadValue()
		if err != nil {
			return
		}
		s.value(member, value)
	}
	d.ReadToken()
}

func (s *shape) value(of string, value jsontext.Value) {
	var fields map[string]jsontext.Value
	if decode(value, &fields) != nil {
		return
	}
	for name := range fields {
		if len(s.fields) < 4*shapeNames {
			s.fields[of+"."+name] = true
		}
	}
}

// table records a file that is not JSON.
func (s *shape) table(file string) {
	s.kind = "no JSON"
	text, closer, err := openText(file)
	if err != nil {
		return
	}
	defer closer.Close()
	switch begin, _ := text.Peek(1); {
	case len(begin) == 0:
		s.kind = "empty"
		return
	case begin[0] == 0x80:
		s.kind = "a Python pickle"
		return
	}
	begin, _ := text.Peek(1 << 16)
	if len(begin) == 1<<16 && !bytes.ContainsAny(begin, "\r\n") {
		return
	}
	table, err := csvtext.Open(textlines.New(bytes.NewReader(begin)), textlines.Encoding{}, csvtext.Dialect{}, nil)
	if err == nil && len(table.Names()) > 1 {
		s.kind = "a table"
		for _, name := range table.Names() {
			s.members = append(s.members, name)
			s.fields[","+name] = true
		}
	}
}

func (s *shape) has(fields string) bool {
	for name := range strings.FieldsSeq(fields) {
		if !s.fields[name] {
			return false
		}
	}
	return true
}

// String describes the file and names the layout that it resembles.
func (s shape) String() string {
	var b strings.Builder
	b.WriteString(s.kind)
	if len(s.members) > 0 {
		what := "members"
		if s.kind == "a table" {
			what = "columns"
		}
		fmt.Fprintf(&b, " with the %s %s", what, firstOf(s.members, 12))
	}
	if s.kind == "a list" {
		var names []string
		for _, name := range slices.Sorted(maps.Keys(s.fields)) {
			names = append(names, strings.TrimPrefix(name, "."))
		}
		if len(names) > 0 {
			fmt.Fprintf(&b, " of objects with the fields %s", firstOf(names, 12))
		}
	}
	for _, signature := range signatures {
		if s.has(signature.fields) {
			fmt.Fprintf(&b, "; it looks like %s", signature.layout)
			break
		}
	}
	return b.String()
}

// firstOf lists the first n names.
func firstOf(names []string, n int) string {
	text := ""
	for i, name := range names {
		if i == n {
			return fmt.Sprintf("%s and %d more", text, len(names)-n)
		}
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%.60s", name)
	}
	return text
}
