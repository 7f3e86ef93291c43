// Package strict reads YAML into configuration structs and takes nothing it does not know: an unknown
// key is an error that names the file, the line and the nearest legal key. Values can be overridden by
// assignments such as "train.steps=100".
//
// Structs name their keys by `yaml` tags; a struct tagged `yaml:",inline"` adds its keys to its holder's.
package strict

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/pali3/pali3/internal/picture"
)

// maxBytes bounds a configuration file.
const maxBytes = 1 << 20

// ReadFile reads the YAML file into the struct that into points to, with the assignments applied.
func ReadFile(path string, into any, assignments ...string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return Read(content, path, into, assignments...)
}

// assigned is the name, in errors, of what the assignments say.
const assigned = "--set"

// Read reads YAML into the struct that into points to, with the assignments applied. Name is the
// file's, for errors. What the YAML does not mention keeps its value.
func Read(content []byte, name string, into any, assignments ...string) error {
	return ReadMoved(content, name, nil, into, assignments...)
}

// ReadMoved reads as [Read] does and replaces the paths that the YAML has in fields tagged `path:"relative"`
// by what move makes of them, such as [From]. Paths in assignments stay as they are.
func ReadMoved(content []byte, name string, move func(path string) string, into any, assignments ...string) error {
	if len(content) > maxBytes {
		return fmt.Errorf("%s: %d bytes, the limit is %d", name, len(content), maxBytes)
	}
	if err := isText(content, name); err != nil {
		return err
	}
	if err := check(content, name, reflect.TypeOf(into)); err != nil {
		return err
	}
	if len(assignments) > 0 {
		changed, err := assign(content, assignments, func(tree any) any {
			if move == nil {
				return tree
			}
			return moveTree(tree, reflect.TypeOf(into), false, move)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		content = changed
		if err := check(content, assigned, reflect.TypeOf(into)); err != nil {
			return err
		}
	}
	if err := decode(content, name, into); err != nil {
		return err
	}
	if move != nil && len(assignments) == 0 {
		MovePaths(into, move)
	}
	return nil
}

// isText is an error for a file that can be no YAML, such as an image: it says what the file is.
func isText(content []byte, name string) error {
	kind := picture.Kind(content)
	if !utf8.Valid(content) {
		return fmt.Errorf("%s: this is %s, not YAML in UTF-8", name, kind)
	}
	if bytes.HasPrefix(bytes.TrimSpace(content), []byte("<")) {
		return fmt.Errorf("%s: this is %s, not YAML", name, kind)
	}
	return nil
}

// decode calls the decoder, which panics on some broken input; that is returned as an error.
func decode(content []byte, name string, into any) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: not readable as YAML: %v", name, p)
		}
	}()
	if err := yaml.UnmarshalWithOptions(content, into, yaml.Strict()); err != nil {
		return fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, true))
	}
	return nil
}

// check fails on the first key that the type does not have.
func check(content []byte, name string, t reflect.Type) error {
	file, err := parser.ParseBytes(content, 0)
	if err != nil {
		return fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, true))
	}
	if len(file.Docs) > 1 {
		return fmt.Errorf("%s: %d documents, one is legal", name, len(file.Docs))
	}
	for _, doc := range file.Docs {
		if err := checkNode(doc.Body, t, name, ""); err != nil {
			return err
		}
	}
	return nil
}

func checkNode(node ast.Node, t reflect.Type, name, path string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch n := node.(type) {
	case *ast.AliasNode, *ast.AnchorNode, *ast.TagNode:
		return fmt.Errorf("%s: anchors, aliases and tags are not legal here", place(name, node))
	case *ast.MappingNode:
		for _, value := range n.Values {
			if err := checkEntry(value, t, name, path); err != nil {
				return err
			}
		}
	case *ast.MappingValueNode:
		return checkEntry(n, t, name, path)
	case *ast.SequenceNode:
		if t.Kind() != reflect.Slice && t.Kind() != reflect.Array {
			return nil // the decoder says what is wrong
		}
		for i, value := range n.Values {
			if err := checkNode(value, t.Elem(), name, path+"["+strconv.Itoa(i)+"]"); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkEntry(entry *ast.MappingValueNode, t reflect.Type, name, path string) error {
	key := entry.Key.String()
	within := strings.TrimPrefix(path+"."+key, ".")
	switch t.Kind() {
	case reflect.Map:
		return checkNode(entry.Value, t.Elem(), name, within)
	case reflect.Struct:
		fields := legal(t)
		field, ok := fields[key]
		if ok {
			return checkNode(entry.Value, field, name, within)
		}
		var names []string
		for name := range fields {
			names = append(names, name)
		}
		slices.Sort(names)
		return fmt.Errorf("%s: unknown key %q; the nearest legal key is %q (of %s)",
			place(name, entry.Key), within, Nearest(key, names), strings.Join(names, ", "))
	}
	return nil
}

// place is where the node stands, for errors.
func place(name string, node ast.Node) string {
	if name == assigned {
		return name
	}
	return fmt.Sprintf("%s line %d", name, node.GetToken().Position.Line)
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

// Nearest returns the name with the least edit distance to what was written, "" if there are no names.
func Nearest(written string, names []string) string {
	best, least := "", -1
	for _, name := range names {
		if d := distance(written, name); least < 0 || d < least {
			best, least = name, d
		}
	}
	return best
}

// distance is the edit distance of Levenshtein.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
