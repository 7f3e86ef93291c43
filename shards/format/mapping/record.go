package mapping

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/shards"
)

// row is a row while it is made into a record.
type row struct {
	*Plan
	values map[string]any
	names  []string // of the columns, sorted
	box    boxes
	sample *shards.Sample
	left   []shards.LeftOut
	reason string // of a reject
	err    error
}

// Record makes the record of a row. If the row has no key, the record gets the given one.
func (p *Plan) Record(values map[string]any, key string) shards.Record {
	s := shards.Sample{}
	r := p.row(values, &s)
	s.Key = r.key(key)
	r.images()
	r.fill()
	if r.err == nil && len(s.Images) == 0 && len(s.Texts) == 0 && len(s.Questions) == 0 {
		r.reason, r.err = shards.NoContent, fmt.Errorf("neither image nor text in columns %.500s", strings.Join(r.names, ", "))
	}
	if r.err != nil {
		bad := shards.Bad("", s.Key, r.reason, r.err)
		bad.LeftOut = r.left
		return bad
	}
	return shards.Record{Sample: s, LeftOut: r.left}
}

// Fill adds texts, questions, boxes, split and metadata of a row to a sample that has its key and
// images. It returns what it left out. If err is not nil, the row is rejected for the reason.
func (p *Plan) Fill(s *shards.Sample, values map[string]any) (left []shards.LeftOut, reason string, err error) {
	r := p.row(values, s)
	r.fill()
	return r.left, r.reason, r.err
}

func (p *Plan) row(values map[string]any, s *shards.Sample) *row {
	r := &row{Plan: p, values: values, sample: s, names: p.Names(values), box: p.box}
	if !p.NamedOnly && p.Boxes == "" && (len(r.names) > len(p.names) || len(r.names) > 0 && len(p.names) > 0 && &r.names[0] != &p.names[0]) {
		r.box = p.boxesOf(r.names) // the row has columns that others lack
		r.box.format = cmp.Or(r.box.format, p.box.format)
	}
	if len(p.unused) > 0 {
		r.left = slices.Clip(p.unused) // the same for every row; clipped, so that append copies it
	}
	return r
}

// Names returns the names of a row's columns, sorted.
func (p *Plan) Names(values map[string]any) []string {
	if len(values) == len(p.names) {
		same := true
		for _, name := range p.names {
			if _, same = values[name]; !same {
				break
			}
		}
		if same {
			return p.names
		}
	}
	return slices.Sorted(maps.Keys(values))
}

// key returns the row's key, from the named column or the first one with a common name.
func (r *row) key(otherwise string) string {
	if r.ID != "" {
		text, _ := Scalar(first(Lookup(r.values, r.ID)), true)
		return text
	}
	if r.NamedOnly {
		return otherwise
	}
	if name := r.keyColumn(); name != "" {
		text, _ := keyText(r.values[name])
		return text
	}
	return otherwise
}

// keyColumn returns the column with a common name that holds the key, or "".
func (r *row) keyColumn() string {
	best, at := "", len(keyNames)
	for _, column := range r.names {
		if r.use(column) != isKey {
			continue
		}
		n := slices.Index(keyNames, strings.ToLower(column))
		if text, ok := keyText(r.values[column]); n >= 0 && n < at && ok && text != "" {
			best, at = column, n
		}
	}
	return best
}

// keyText returns a value as a key if it is a text or an integer.
func keyText(value any) (string, bool) {
	switch value.(type) {
	case float32, float64, bool, map[string]any, []any:
		return "", false
	}
	return Scalar(value, true)
}

// first returns the first element of a list, or the value itself if it is not a list.
func first(value any) any {
	for _, v := range list(value) {
		return v
	}
	return nil
}

// fill sets everything except key and images.
func (r *row) fill() {
	r.sample.Split = cmp.Or(r.sample.Split, r.Split)
	if r.SplitColumn != "" {
		text, _ := Scalar(first(Lookup(r.values, r.SplitColumn)), true)
		r.sample.Split = cmp.Or(text, r.sample.Split)
	}
	languages := r.languages()
	for _, path := range r.Text {
		r.texts(path, Lookup(r.values, path), languages)
	}
	key := ""
	if r.ID == "" && !r.NamedOnly {
		key = r.keyColumn()
	}
	r.questions(languages)
	if r.box.has() {
		r.boxes()
	}
	for _, column := range r.names {
		if r.err != nil {
			return
		}
		r.column(column, r.values[column], languages, column == key)
	}
	for _, path := range r.Keep {
		r.keep(path, Lookup(r.values, path))
	}
}

// column handles a column that the mapping does not name.
func (r *row) column(column string, value any, languages []string, isTheKey bool) {
	if value == nil {
		return
	}
	switch u := r.use(column); u {
	case isText:
		if _, named := r.named[column]; !named {
			r.texts(column, value, languages)
		}
	case isKey:
		if _, named := r.named[column]; !named && !isTheKey {
			if text, _ := keyText(value); text != r.sample.Key {
				r.metadata(column, value)
			}
		}
	case isURL:
		if text, ok := Scalar(value, true); ok && r.sample.Provenance.URL == "" && utf8.ValidString(text) {
			r.sample.Provenance.URL = text
		} else {
			r.metadata(column, value)
		}
	case isSplit:
		if _, named := r.named[column]; named {
			return
		}
		if text, ok := Scalar(value, true); ok && utf8.ValidString(text) {
			r.sample.Split = cmp.Or(text, r.sample.Split)
		} else {
			r.metadata(column, value)
		}
	case isImage:
		if _, named := r.named[column]; !named {
			r.besidesImages(column, value)
		}
	case isBoxes, isBoxEdge, isBoxLabel:
		if _, named := r.named[column]; !named && !r.box.takes(column) {
			r.metadata(column, value)
		}
	case isNested:
		r.fields(column, value, 0)
	case unused:
		if r.KeepNamed {
			if _, planned := r.uses[column]; !planned {
				r.leave(shards.LeftColumn, column, 1)
			}
			return
		}
		if r.sniffs && sniffed(value) {
			return // an image
		}
		r.metadata(column, value)
	}
}

// fields keeps the other fields of a struct of which some are named.
func (r *row) fields(column string, value any, depth int) {
	r.rest(column, value, func(name string) bool {
		path := column + "/" + name
		if _, named := r.named[path]; named {
			return true
		}
		nested := r.useOf(path) == isNested && depth < maxDepth
		if nested {
			r.fields(path, field(value, name, 0), depth+1)
		}
		return nested
	})
}

// rest keeps the fields of a struct, or of the structs in a list, that are not taken.
func (r *row) rest(column string, value any, taken func(name string) bool) {
	value = decoded(value)
	for _, name := range fieldNames(value) {
		switch path := column + "/" + name; {
		case taken(name):
		case r.KeepNamed:
			if !slices.Contains(r.Keep, path) {
				r.leave(shards.LeftColumn, path, 1)
			}
		default:
			r.metadata(path, gathered(value, name))
		}
	}
}

// gathered returns a field of a struct, or the list of that field of the structs in a list.
func gathered(value any, name string) any {
	switch v := value.(type) {
	case map[string]any:
		return v[name]
	case []any:
		all := make([]any, 0, len(v))
		for _, element := range v {
			fields, _ := decoded(element).(map[string]any)
			all = append(all, fields[name])
		}
		return all
	}
	return nil
}

// fieldNames returns the names of the fields of a struct, or of the structs in a list.
func fieldNames(value any) []string {
	names := map[string]bool{}
	for _, element := range list(value) {
		fields, _ := decoded(element).(map[string]any)
		for name := range fields {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// keep puts a named column into the metadata.
func (r *row) keep(path string, value any) {
	if value == nil {
		return
	}
	text, ok := Scalar(value, true)
	if !ok {
		if text, ok = r.shown(value); !ok {
			r.leave(shards.LeftColumn, path, 1)
			return
		}
	}
	if !utf8.ValidString(text) {
		r.reject(shards.BadText, fmt.Errorf("column %s is not UTF-8", path))
		return
	}
	r.setMetadata(path, text)
}

// metadata keeps a column without another use in the metadata, if it can be shown as text.
func (r *row) metadata(column string, value any) {
	if value == nil || empty(value) {
		return
	}
	if len(r.Keep) == 0 && !r.KeepNamed && !sniffed(value) {
		if text, ok := r.shown(value); ok {
			r.setMetadata(column, text)
			return
		}
	}
	r.leave(shards.LeftColumn, column, 1)
}

// empty reports whether a value is a list without values, an empty struct or no bytes.
func empty(value any) bool {
	switch v := value.(type) {
	case []any:
		return !slices.ContainsFunc(v, func(element any) bool { return element != nil })
	case map[string]any:
		return len(v) == 0
	case []byte:
		return len(v) == 0
	}
	return false
}

func (r *row) setMetadata(name, text string) {
	if text == "" {
		return
	}
	if r.sample.Metadata == nil {
		r.sample.Metadata = map[string]string{}
	}
	r.sample.Metadata[name] = text
}

// leave counts what is left out of the row.
func (r *row) leave(reason, name string, n int) {
	for i := len(r.unused); i < len(r.left); i++ { // the earlier ones belong to the plan
		if l := &r.left[i]; l.Reason == reason && l.Name == name {
			l.N += int64(n)
			return
		}
	}
	if n > 0 {
		r.left = append(r.left, shards.LeftOut{Reason: reason, Name: name, N: int64(n)})
	}
}

// reject rejects the row, unless it has been rejected already.
func (r *row) reject(reason string, err error) {
	if r.err == nil {
		r.reason, r.err = reason, err
	}
}
