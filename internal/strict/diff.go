package strict

import (
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// Difference is a key whose value differs between two configurations.
type Difference struct {
	// Path is the key in the form that assignments take: "tasks.0.weight".
	Path string `json:"path"`
	// A and B are the two values: a number, a text, a list, or a map from keys to values; nil for a
	// side that has none.
	A any `json:"a"`
	B any `json:"b"`
}

// String returns the difference on one line: "steps: 100 -> 200".
func (d Difference) String() string {
	return d.Path + ": " + Text(d.A) + " -> " + Text(d.B)
}

// Text returns a value of a [Difference] as YAML on one line, or "(none)" for nil.
func Text(value any) string {
	if value == nil {
		return "(none)"
	}
	content, err := yaml.MarshalWithOptions(value, yaml.Flow(true))
	if err != nil {
		return fmt.Sprint(value)
	}
	return strings.TrimSpace(string(content))
}

// Diff lists the keys whose values differ between two configurations of one type, in the order of
// its fields. It matches elements of lists by their key "name" if they have one, otherwise by
// position. Paths have the positions in a, or in b for an element that a lacks. Diff compares paths
// of files as files.
func Diff[T any](a, b T) (all []Difference) {
	diff(reflect.ValueOf(&a).Elem(), reflect.ValueOf(&b).Elem(), "", &all)
	return all
}

func diff(a, b reflect.Value, path string, all *[]Difference) {
	if x, ok := a.Interface().(Open); ok {
		diffOpen(x.Keys(), b.Interface().(Open).Keys(), path, all)
		return
	}
	switch {
	case a.Kind() == reflect.Pointer:
		if !a.IsNil() && !b.IsNil() {
			diff(a.Elem(), b.Elem(), path, all)
			return
		}
	case a.Kind() == reflect.Struct && !writes(a):
		for _, f := range fieldsOf(a.Type()) {
			x, y := a.Field(f.index), b.Field(f.index)
			if !f.isPath || !samePaths(x, y) {
				diff(x, y, join(path, f.key), all)
			}
		}
		return
	case a.Kind() == reflect.Slice && structOf(a.Type().Elem()) != nil:
		diffList(a, b, path, all)
		return
	case a.Kind() == reflect.Slice && a.Len() == 0 && b.Len() == 0:
		return // nil and empty
	}
	if !reflect.DeepEqual(a.Interface(), b.Interface()) {
		*all = append(*all, Difference{path, plain(a), plain(b)})
	}
}

// diffOpen compares fields whose keys depend on their values: key by key if they have the same
// keys.
func diffOpen(a, b []any, path string, all *[]Difference) {
	same := len(a) == len(b)
	for i := range a {
		same = same && reflect.TypeOf(a[i]) == reflect.TypeOf(b[i])
	}
	if !same {
		*all = append(*all, Difference{path, plainOpen(a), plainOpen(b)})
		return
	}
	for i := range a {
		diff(reflect.ValueOf(a[i]), reflect.ValueOf(b[i]), path, all)
	}
}

func plainOpen(keys []any) any {
	values := map[string]any{}
	for _, k := range keys {
		maps.Copy(values, plain(reflect.ValueOf(k)).(map[string]any))
	}
	return values
}

// writes reports whether a value writes itself as YAML.
func writes(v reflect.Value) bool {
	_, ok := v.Interface().(yaml.InterfaceMarshaler)
	return ok
}

// diffList compares lists of structs.
func diffList(a, b reflect.Value, path string, all *[]Difference) {
	idsA, idsB := identities(a), identities(b)
	for i, id := range idsA {
		at := join(path, strconv.Itoa(i))
		if j := slices.Index(idsB, id); j >= 0 {
			diff(a.Index(i), b.Index(j), at, all)
		} else {
			*all = append(*all, Difference{at, plain(a.Index(i)), nil})
		}
	}
	for j, id := range idsB {
		if !slices.Contains(idsA, id) {
			*all = append(*all, Difference{join(path, strconv.Itoa(j)), nil, plain(b.Index(j))})
		}
	}
	inA := slices.DeleteFunc(slices.Clone(idsA), func(id string) bool { return !slices.Contains(idsB, id) })
	inB := slices.DeleteFunc(slices.Clone(idsB), func(id string) bool { return !slices.Contains(idsA, id) })
	if !slices.Equal(inA, inB) { // the order
		*all = append(*all, Difference{path, idsA, idsB})
	}
}

// identities returns identifiers for the elements of a list: their names if these are unique,
// otherwise their positions.
func identities(list reflect.Value) []string {
	names, positions := make([]string, list.Len()), make([]string, list.Len())
	named := true
	for i := range names {
		positions[i] = strconv.Itoa(i)
		element := list.Index(i)
		for element.Kind() == reflect.Pointer && !element.IsNil() {
			element = element.Elem()
		}
		if element.Kind() == reflect.Struct {
			for _, f := range fieldsOf(element.Type()) {
				if f.key == "name" && element.Field(f.index).Kind() == reflect.String {
					names[i] = element.Field(f.index).String()
				}
			}
		}
		named = named && names[i] != "" && !slices.Contains(names[:i], names[i])
	}
	if named {
		return names
	}
	return positions
}

// samePaths reports whether two values with paths refer to the same files.
func samePaths(a, b reflect.Value) bool {
	if a.Kind() != reflect.String {
		return false
	}
	x, y := a.String(), b.String()
	if x == y || x == "" || y == "" || !IsRelative(x) && !filepath.IsAbs(x) || !IsRelative(y) && !filepath.IsAbs(y) {
		return x == y
	}
	x, errX := filepath.Abs(x)
	y, errY := filepath.Abs(y)
	return errX == nil && errY == nil && x == y
}

// plain returns a value without Go types. Of a struct it keeps the fields that are not zero.
func plain(v reflect.Value) any {
	if v.CanInterface() {
		if open, ok := v.Interface().(Open); ok {
			return plainOpen(open.Keys())
		}
		if writes(v) {
			if value, err := v.Interface().(yaml.InterfaceMarshaler).MarshalYAML(); err == nil {
				return value
			}
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return plain(v.Elem())
	case reflect.Struct:
		values := map[string]any{}
		for _, f := range fieldsOf(v.Type()) {
			switch inner := v.Field(f.index); {
			case inner.IsZero():
			case f.key == "":
				for key, value := range plain(inner).(map[string]any) {
					values[key] = value
				}
			default:
				values[f.key] = plain(inner)
			}
		}
		return values
	case reflect.Slice:
		values := make([]any, v.Len())
		for i := range values {
			values[i] = plain(v.Index(i))
		}
		return values
	case reflect.String:
		return v.String()
	}
	return v.Interface()
}

// structOf returns the struct type that a type is or points to, or nil.
func structOf(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	return t
}
