package strict

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Problem is what is wrong with the value of a key.
type Problem struct {
	// Path is the key in the form of assignments, "" for the whole file.
	Path string
	// Text names the key, what was found and what is legal.
	Text string
	// Line of the key in its file; 0 if it is not known, -1 for an assignment.
	Line int
}

func (p Problem) Error() string { return p.Text }

// Problems are the problems of a configuration.
type Problems []Problem

// Add adds a problem with a key.
func (p *Problems) Add(path, format string, values ...any) {
	*p = append(*p, Problem{Path: path, Text: fmt.Sprintf(format, values...)})
}

// Err returns the first problem, or nil.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p[0]
}

// At returns the first problem with the place of its key and the number of further problems, or
// nil.
func (p Problems) At(content []byte, name string, assignments []string) error {
	switch len(p) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%s: %w", Place(content, name, assignments, p[0].Path), p[0])
	}
	return fmt.Errorf("%s: %w (and %d more; pali3 recipe check lists all)", Place(content, name, assignments, p[0].Path), p[0], len(p)-1)
}

// onTheRecipe is the end of the place of an assignment.
const onTheRecipe = " on the recipe"

// Place returns where a key got its value: "siglip.yaml line 7", or the assignment. For a missing
// key it returns the place of the key above it.
func Place(content []byte, name string, assignments []string, path string) string {
	for _, a := range slices.Backward(assignments) {
		key, _, _ := strings.Cut(a, "=")
		if key == path || strings.HasPrefix(path, key+".") || strings.HasPrefix(key, path+".") && path != "" {
			return "--set " + a + onTheRecipe
		}
	}
	if places := mergedPlaces(content); places != nil {
		return placeOf(places, path, name)
	}
	if line := LineOf(Lines(content), path); line > 0 {
		return fmt.Sprintf("%s line %d", name, line)
	}
	return name
}

// LineOf returns the line of a key, or of the nearest key above it that exists, or 0.
func LineOf(lines map[string]int, path string) int {
	for path != "" {
		if line, ok := lines[path]; ok {
			return line
		}
		path = path[:max(0, strings.LastIndexByte(path, '.'))]
	}
	return 0
}

// Lines returns the line of each key of YAML, counted from 1, by the key's dotted path. For text
// that is not YAML it returns an empty map.
func Lines(content []byte) (lines map[string]int) {
	lines = map[string]int{}
	if len(content) > maxBytes {
		return lines
	}
	defer func() { _ = recover() }() // the parser panics on some broken input, whose lines are not needed
	file, err := parser.ParseBytes(content, 0)
	if err != nil {
		return lines
	}
	for _, doc := range file.Docs {
		addLines(doc.Body, "", lines)
	}
	return lines
}

func addLines(node ast.Node, path string, lines map[string]int) {
	switch n := node.(type) {
	case *ast.MappingNode:
		for _, value := range n.Values {
			addLines(value, path, lines)
		}
	case *ast.MappingValueNode:
		within := join(path, keyName(n.Key))
		lines[within] = n.Key.GetToken().Position.Line
		addLines(n.Value, within, lines)
	case *ast.SequenceNode:
		for i, value := range n.Values {
			within := join(path, strconv.Itoa(i))
			lines[within] = firstLine(value)
			addLines(value, within, lines)
		}
	}
}

// keyName returns a key without the quotes that it may stand in.
func keyName(key ast.MapKeyNode) string {
	if s, ok := key.(*ast.StringNode); ok {
		return s.Value
	}
	return key.String()
}

// firstLine returns the line in which a node begins.
func firstLine(node ast.Node) int {
	if m, ok := node.(*ast.MappingNode); ok && len(m.Values) > 0 {
		node = m.Values[0]
	}
	if m, ok := node.(*ast.MappingValueNode); ok {
		node = m.Key
	}
	return node.GetToken().Position.Line
}
