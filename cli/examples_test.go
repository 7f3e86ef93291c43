package cli

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestExamples_Parse checks that every command has an example and that all examples parse.
func TestExamples_Parse(t *testing.T) {
	var all commands
	parser, err := Default().newParser(&all)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	var walk func(node *kong.Node)
	walk = func(node *kong.Node) {
		path := strings.TrimPrefix(node.Path(), "pali3 ")
		known[path] = true
		if node.Leaf() && !node.Hidden && !strings.Contains(node.Detail, "pali3 "+strings.Fields(path)[0]) {
			t.Errorf("%s has no example", node.Path())
		}
		for _, child := range node.Children {
			walk(child)
		}
	}
	walk(parser.Model.Node)
	for path, lines := range examples {
		if !known[path] {
			t.Errorf("examples of %q, which is no command", path)
		}
		for _, line := range lines {
			for part := range strings.SplitSeq(line, " | ") {
				_, args, ours := strings.Cut(part, "pali3 ")
				if !ours {
					continue
				}
				if _, err := parser.Parse(split(strings.TrimSuffix(args, ")"))); err != nil {
					t.Errorf("%s: %v", line, err)
				}
			}
		}
	}
}

// split cuts a command line into words as a shell does, single quotes included.
func split(line string) (words []string) {
	quoted, word := false, ""
	for _, r := range line + " " {
		switch {
		case r == '\'':
			quoted = !quoted
		case r == ' ' && !quoted:
			if word != "" {
				words = append(words, word)
			}
			word = ""
		default:
			word += string(r)
		}
	}
	return words
}
