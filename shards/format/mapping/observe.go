package mapping

import (
	"maps"
	"slices"
)

// ColumnsOf returns the columns of some rows, for sources whose files do not list them. They are
// sorted and have the types of their first values. With asText, bytes that are UTF-8 are text.
func ColumnsOf(rows []map[string]any, asText bool) []Column {
	found := map[string]Column{}
	for _, values := range rows {
		for name, value := range values {
			if value = decoded(value); value == nil || found[name].Name != "" {
				continue
			}
			found[name] = columnOf(name, value, asText, 0)
		}
	}
	all := make([]Column, 0, len(found))
	for _, name := range slices.Sorted(maps.Keys(found)) {
		all = append(all, found[name])
	}
	return all
}

func columnOf(name string, value any, asText bool, depth int) Column {
	switch v := decoded(value).(type) {
	case string:
		return Column{Name: name, Type: Text}
	case []byte:
		if _, ok := Scalar(v, asText); ok && !sniffed(v) {
			return Column{Name: name, Type: Text}
		}
		return Column{Name: name, Type: Bytes}
	case Unread:
		return Column{Name: name, Type: Opaque}
	case []any:
		c := Column{Name: name}
		if len(v) > 0 && depth < maxDepth {
			c = columnOf(name, v[0], asText, depth+1)
		}
		c.List = true
		return c
	case map[string]any:
		if isStruct(v) {
			return Column{Name: name, Type: Image}
		}
		c := Column{Name: name, Type: Struct}
		if depth < maxDepth {
			c.Fields = ColumnsOf([]map[string]any{v}, asText)
		}
		return c
	}
	return Column{Name: name}
}
