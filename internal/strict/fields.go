package strict

import (
	"reflect"
	"strings"
)

// pathTag marks the fields that hold paths of files or folders, a string or a list of strings:
//
//	Data string `yaml:"data" path:"relative"`
const pathTag = "path"

// field is a key of a configuration struct.
type field struct {
	key    string // "" for an inline struct
	index  int
	kind   reflect.Type
	isPath bool
}

// fieldsOf lists the keys of a struct type in their order.
func fieldsOf(t reflect.Type) (all []field) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case !f.IsExported() || tag == "-":
			continue
		case strings.Contains(options, "inline"):
			tag = ""
		case tag == "":
			tag = strings.ToLower(f.Name)
		}
		all = append(all, field{tag, i, f.Type, f.Tag.Get(pathTag) != ""})
	}
	return all
}

// join appends a key to a dotted path; it ignores the key "".
func join(path, key string) string {
	if path == "" || key == "" {
		return path + key
	}
	return path + "." + key
}
