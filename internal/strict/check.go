package strict

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// check returns an error for the first key that the configuration does not have, or value of
// another type.
func check(content []byte, name string, into any) error {
	problems, err := examine(content, name, into)
	if err != nil || len(problems) == 0 {
		return err
	}
	if places := mergedPlaces(content); places != nil {
		return fmt.Errorf("%s: %w", placeOf(places, problems[0].Path, name), problems[0])
	}
	return fmt.Errorf("%s: %w", lineOf(name, problems[0].Line), problems[0])
}

// lineOf names a line of a file, or the assignments instead.
func lineOf(name string, line int) string {
	if name == assigned {
		return name
	}
	return fmt.Sprintf("%s line %d", name, line)
}

// examine lists all keys that the configuration does not have and all values of another type. It
// returns an error for text that is not YAML.
func examine(content []byte, name string, into any) (found Problems, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: not readable as YAML: %v", name, p)
		}
	}()
	file, err := parser.ParseBytes(content, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, true))
	}
	if len(file.Docs) > 1 {
		return nil, fmt.Errorf("%s: %d documents, one is legal", name, len(file.Docs))
	}
	e := examiner{&found, openKeys(into)}
	for _, doc := range file.Docs {
		e.node(doc.Body, reflect.TypeOf(into), "")
	}
	return found, nil
}

type examiner struct {
	found *Problems
	open  map[string][]reflect.Type // see openKeys
}

// add adds a problem at a node. path has brackets around positions, as in messages.
func (e examiner) add(node ast.Node, path, format string, values ...any) {
	dotted := strings.NewReplacer("[", ".", "]", "").Replace(path)
	*e.found = append(*e.found, Problem{Path: dotted, Text: fmt.Sprintf(format, values...), Line: node.GetToken().Position.Line})
}

func (e examiner) node(node ast.Node, t reflect.Type, path string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reads(t) && (!isMapping(node) || t.Kind() == reflect.Slice) {
		e.scalar(node, t, path)
		return
	}
	switch n := node.(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode:
	case *ast.AliasNode, *ast.AnchorNode, *ast.TagNode:
		e.add(node, path, "anchors, aliases and tags are not legal here")
	case *ast.MappingNode:
		if e.is(node, t, path, reflect.Struct, reflect.Map) {
			for _, value := range n.Values {
				e.entry(value, t, path)
			}
		}
	case *ast.MappingValueNode:
		if e.is(node, t, path, reflect.Struct, reflect.Map) {
			e.entry(n, t, path)
		}
	case *ast.SequenceNode:
		if e.is(node, t, path, reflect.Slice, reflect.Array) {
			for i, value := range n.Values {
				e.node(value, t.Elem(), path+"["+strconv.Itoa(i)+"]")
			}
		}
	default:
		e.scalar(node, t, path)
	}
}

// is reports whether the type is of one of the kinds, and adds a problem if not.
func (e examiner) is(node ast.Node, t reflect.Type, path string, kinds ...reflect.Kind) bool {
	if slices.Contains(kinds, t.Kind()) {
		return true
	}
	e.wrong(node, t, path)
	return false
}

// wrong adds the problem of a value of another type.
func (e examiner) wrong(node ast.Node, t reflect.Type, path string) {
	found := "a list"
	switch node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		found = "keys with values"
	case *ast.SequenceNode:
	default:
		found = strings.TrimSpace(node.String())
		if len(found) > 40 {
			found = strings.ToValidUTF8(found[:40], "") + "..."
		}
	}
	if path == "" {
		e.add(node, path, "%s; %s are legal here", found, typeName(t))
		return
	}
	e.add(node, path, "%s: %s; legal is %s", path, found, typeName(t))
}

// typeName returns the words for a type.
func typeName(t reflect.Type) string {
	switch k := t.Kind(); {
	case k == reflect.Bool:
		return "true or false"
	case k >= reflect.Int && k <= reflect.Int64:
		return "a whole number"
	case k >= reflect.Uint && k <= reflect.Uint64:
		return "a whole number from 0 on"
	case k == reflect.Float32 || k == reflect.Float64:
		return "a number"
	case k == reflect.Slice || k == reflect.Array:
		return "a list, [in, brackets] or with a - before each element"
	case k == reflect.String:
		return "a text"
	}
	return "keys with values"
}

// scalar adds a problem if the decoder does not accept the value for the type, or would truncate a
// fraction or a number that is too large.
func (e examiner) scalar(node ast.Node, t reflect.Type, path string) {
	if t.Kind() == reflect.Interface {
		return
	}
	whole := t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64
	if x, ok := numberIn(node); ok && whole && !holds(t, x) {
		e.wrong(node, t, path)
		return
	}
	if yaml.NodeToValue(node, reflect.New(t).Interface()) != nil {
		e.wrong(node, t, path)
	}
}

// numberIn returns the number that a node holds and that is none of a whole number's type: one with
// a point or an exponent, or one beyond 64 bits, which the parser takes for a text.
func numberIn(node ast.Node) (x float64, ok bool) {
	switch n := node.(type) {
	case *ast.FloatNode:
		return n.Value, true
	case *ast.StringNode:
		x, err := strconv.ParseFloat(n.Value, 64)
		return x, err == nil
	}
	return 0, false
}

// holds reports whether an integer type has a number.
func holds(t reflect.Type, x float64) bool {
	if t.Kind() >= reflect.Uint {
		return x == math.Trunc(x) && x >= 0 && x < math.Ldexp(1, t.Bits())
	}
	return x == math.Trunc(x) && x >= -math.Ldexp(1, t.Bits()-1) && x < math.Ldexp(1, t.Bits()-1)
}

// reads reports whether values of a type read themselves from YAML.
func reads(t reflect.Type) bool {
	_, ok := reflect.New(t).Interface().(yaml.InterfaceUnmarshaler)
	return ok
}

func isMapping(node ast.Node) bool {
	switch node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	return false
}

func (e examiner) entry(entry *ast.MappingValueNode, t reflect.Type, path string) {
	key := keyName(entry.Key)
	within := strings.TrimPrefix(path+"."+key, ".")
	if t.Kind() == reflect.Map {
		e.node(entry.Value, t.Elem(), within)
		return
	}
	fields := legal(t)
	if types, open := e.open[path]; open && path != "" {
		if types == nil {
			return
		}
		fields = map[string]reflect.Type{}
		for _, of := range types {
			maps.Copy(fields, legal(of))
		}
	}
	if field, ok := fields[key]; ok {
		e.node(entry.Value, field, within)
		return
	}
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	if len(names) == 0 {
		e.add(entry.Key, within, "unknown key %q; no key is legal here", within)
		return
	}
	slices.Sort(names)
	e.add(entry.Key, within, "unknown key %q; the nearest legal key is %q (of %s)", within, Nearest(key, names), strings.Join(names, ", "))
}

// legal returns the keys of a struct type and their types.
func legal(t reflect.Type) map[string]reflect.Type {
	keys := map[string]reflect.Type{}
	for _, f := range fieldsOf(t) {
		if f.key != "" {
			keys[f.key] = f.kind
			continue
		}
		for name, kind := range legal(structOf(f.kind)) {
			keys[name] = kind
		}
	}
	return keys
}
