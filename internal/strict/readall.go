package strict

import (
	"fmt"
	"reflect"

	"github.com/goccy/go-yaml"
)

// ReadAll reads as [ReadMoved] does but skips what it cannot read. It returns all unknown keys and
// all values of another type, and decodes the others into the struct that into points to. It
// returns an error for content that is not YAML.
func ReadAll(content []byte, name string, move func(path string) string, into any, assignments ...string) (Problems, error) {
	if len(content) > maxBytes {
		return nil, fmt.Errorf("%s: %d bytes, the limit is %d", name, len(content), maxBytes)
	}
	if err := isText(content, name); err != nil {
		return nil, err
	}
	t := reflect.TypeOf(into)
	found, err := examine(content, name, into)
	if err != nil {
		return nil, err
	}
	root, err := assign(content, nil, func(tree any) any { return moveTree(tree, t, false, move) })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, a := range assignments {
		changed, err := assign(root, []string{a}, func(tree any) any { return tree })
		if err != nil {
			found = append(found, Problem{Text: err.Error(), Line: assignedLine})
			continue
		}
		problems, err := examine(changed, assigned, into)
		if err != nil {
			found = append(found, Problem{Text: err.Error(), Line: assignedLine})
			continue
		}
		for _, p := range problems {
			if !hasProblem(found, p) {
				p.Line = assignedLine
				found = append(found, p)
			}
		}
		root = changed
	}
	return found, decodeKnown(root, name, into, found)
}

// assignedLine is the line of a problem in an assignment.
const assignedLine = -1

func hasProblem(all Problems, p Problem) bool {
	for _, other := range all {
		if other.Path == p.Path && other.Text == p.Text {
			return true
		}
	}
	return false
}

// decodeKnown decodes the keys without problems.
func decodeKnown(content []byte, name string, into any, without Problems) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: not readable as YAML: %v", name, p)
		}
	}()
	var root any
	if err := yaml.UnmarshalWithOptions(content, &root, yaml.UseOrderedMap()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, p := range without {
		if p.Path == "" && len(without) > 0 && p.Line >= 0 {
			return nil // the file has no keys at all
		}
		root = remove(root, p.Path)
	}
	if content, err = yaml.Marshal(root); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := yaml.Unmarshal(content, into); err != nil {
		return fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, false))
	}
	return nil
}
