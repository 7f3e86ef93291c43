package strict

import "reflect"

// Open is implemented by a field whose keys are not those of its type: they depend on its value.
type Open interface {
	// Keys returns pointers to the structs that have the keys. Nil means that any key is legal.
	Keys() []any
}

// openKeys returns the types of the structs behind each open field of a struct, by its path.
func openKeys(into any) map[string][]reflect.Type {
	found := map[string][]reflect.Type{}
	v := reflect.ValueOf(into)
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return found
	}
	for _, f := range fieldsOf(v.Type()) {
		open, ok := v.Field(f.index).Interface().(Open)
		if !ok {
			continue
		}
		var types []reflect.Type
		for _, keys := range open.Keys() {
			types = append(types, reflect.TypeOf(keys).Elem())
		}
		found[f.key] = types
	}
	return found
}
