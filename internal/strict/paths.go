package strict

import (
	"path/filepath"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
)

// IsRelative reports whether a path is relative to a folder: it is not empty, absolute, a URL, or
// a name such as pali3:tokenizer.model or hf:owner/name.
func IsRelative(path string) bool {
	return path != "" && !filepath.IsAbs(path) && !strings.Contains(path, "://") && !strings.HasPrefix(path, "pali3:") && !strings.HasPrefix(path, "hf:")
}

// From returns a function that converts paths relative to the folder base to paths relative to the
// current folder.
func From(base string) func(path string) string {
	return func(path string) string {
		if base == "" || !IsRelative(path) {
			return path
		}
		return filepath.Join(base, path)
	}
}

// MovePaths applies move to the paths in the configuration that config points to: those in fields
// tagged `path:"relative"`.
func MovePaths(config any, move func(path string) string) {
	movePaths(reflect.ValueOf(config).Elem(), false, move)
}

func movePaths(v reflect.Value, isPath bool, move func(string) string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			inner := reflect.New(v.Type().Elem()) // a copy, because others may hold the pointer
			inner.Elem().Set(v.Elem())
			movePaths(inner.Elem(), isPath, move)
			v.Set(inner)
		}
	case reflect.Struct:
		for _, f := range fieldsOf(v.Type()) {
			movePaths(v.Field(f.index), f.isPath, move)
		}
	case reflect.Slice:
		if v.Len() == 0 || structOf(v.Type().Elem()) == nil && !isPath {
			return
		}
		all := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(all, v)
		for i := range v.Len() {
			movePaths(all.Index(i), isPath, move)
		}
		v.Set(all)
	case reflect.String:
		if isPath {
			v.SetString(move(v.String()))
		}
	}
}

// moveTree does what [MovePaths] does to YAML that is not decoded into the type yet.
func moveTree(tree any, t reflect.Type, isPath bool, move func(string) string) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch node := tree.(type) {
	case yaml.MapSlice:
		if t.Kind() != reflect.Struct {
			return tree
		}
		for i, item := range node {
			key, _ := item.Key.(string)
			if f, ok := find(t, key); ok {
				node[i].Value = moveTree(item.Value, f.kind, f.isPath, move)
			}
		}
	case []any:
		if t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
			for i := range node {
				node[i] = moveTree(node[i], t.Elem(), isPath, move)
			}
		}
	case string:
		if isPath {
			return move(node)
		}
	}
	return tree
}

// find returns a key of a struct type, including the keys of inline structs.
func find(t reflect.Type, key string) (field, bool) {
	for _, f := range fieldsOf(t) {
		if f.key == key && key != "" {
			return f, true
		}
		if f.key == "" {
			if within, ok := find(structOf(f.kind), key); ok {
				return within, true
			}
		}
	}
	return field{}, false
}
