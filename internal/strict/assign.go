package strict

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// assign applies assignments such as "tasks.0.weight=2" to YAML: names and list positions joined by
// dots, then a YAML value. Before, it calls prepare to change the tree.
func assign(content []byte, assignments []string, prepare func(tree any) any) ([]byte, error) {
	var root any
	if err := yaml.UnmarshalWithOptions(content, &root, yaml.UseOrderedMap()); err != nil {
		return nil, err
	}
	root = prepare(root)
	for _, a := range assignments {
		path, text, ok := strings.Cut(a, "=")
		if !ok || path == "" {
			return nil, fmt.Errorf("--set %s: want name=value", a)
		}
		var value any
		if err := yaml.UnmarshalWithOptions([]byte(text), &value, yaml.UseOrderedMap()); err != nil {
			return nil, fmt.Errorf("--set %s: the value is not YAML: %w", a, err)
		}
		changed, err := set(root, strings.Split(path, "."), value)
		if err != nil {
			return nil, fmt.Errorf("--set %s: %w", a, err)
		}
		root = changed
	}
	return yaml.Marshal(root)
}

// set returns the tree with the value at the path.
func set(tree any, path []string, value any) (any, error) {
	if len(path) == 0 {
		return value, nil
	}
	switch node := tree.(type) {
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i < 0 || i >= len(node) {
			return nil, fmt.Errorf("%q is not a position in a list of %d", path[0], len(node))
		}
		changed, err := set(node[i], path[1:], value)
		node[i] = changed
		return node, err
	case yaml.MapSlice:
		for i := range node {
			if fmt.Sprint(node[i].Key) == path[0] {
				changed, err := set(node[i].Value, path[1:], value)
				node[i].Value = changed
				return node, err
			}
		}
		changed, err := set(nil, path[1:], value)
		return append(node, yaml.MapItem{Key: path[0], Value: changed}), err
	case nil:
		changed, err := set(nil, path[1:], value)
		return yaml.MapSlice{{Key: path[0], Value: changed}}, err
	}
	return nil, fmt.Errorf("%q is below a plain value", path[0])
}

// remove returns the tree without the value at a dotted path. It sets an element of a list to nil,
// so that the others keep their positions.
func remove(tree any, path string) any {
	key, rest, deeper := strings.Cut(path, ".")
	switch node := tree.(type) {
	case []any:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(node) {
			if node[i] = remove(node[i], rest); !deeper {
				node[i] = nil
			}
		}
	case yaml.MapSlice:
		for i := range node {
			if fmt.Sprint(node[i].Key) != key {
				continue
			}
			if !deeper {
				return append(node[:i:i], node[i+1:]...)
			}
			node[i].Value = remove(node[i].Value, rest)
		}
	}
	return tree
}
