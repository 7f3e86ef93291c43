package cli

import (
	"strings"
	"testing"
	"unicode"

	"github.com/alecthomas/kong"
)

func TestHelp_FitsOneScreen(t *testing.T) {
	program := Default()
	parser, err := program.newParser(new(commands))
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr, status := runProgram(t, program, "", "--help")
	if lines := strings.Count(stdout, "\n"); status != 0 || stderr != "" || lines > 40 {
		t.Errorf("status %d, %d lines, %s", status, lines, stderr)
	}
	for _, name := range []string{"ingest", "shards", "tokenizer", "masks", "recipe", "weights", "cache", "eval"} {
		below, _, status := runProgram(t, program, "", name, "--help")
		if lines := strings.Count(below, "\n"); status != 0 || lines > 24 && name != "eval" { // which shows flags, too
			t.Errorf("%s: status %d, %d lines", name, status, lines)
		}
		stdout += below
	}
	for line := range strings.Lines(stdout) {
		if n := len([]rune(line)) - 1; n > 100 {
			t.Errorf("a line of %d columns: %s", n, line)
		}
	}
	var check func(*kong.Node)
	check = func(node *kong.Node) {
		for _, child := range node.Children {
			first, last := []rune(child.Help)[0], child.Help[len(child.Help)-1]
			if !unicode.IsUpper(first) || last != '.' || strings.Contains(child.Help, ". ") {
				t.Errorf("%s: help is not one sentence: %s", child.Path(), child.Help)
			}
			if !child.Hidden && !strings.Contains(stdout, child.Help) {
				t.Errorf("%s is in no help", child.Path())
			}
			check(child)
		}
	}
	check(parser.Model.Node)
}

func TestHelp_Topics(t *testing.T) {
	program := Default()
	program.Name = "birds"
	for _, topic := range topicNames() {
		stdout, stderr, status := runProgram(t, program, "", "help", topic)
		if status != 0 || stderr != "" || len(stdout) < 200 {
			t.Errorf("%s: status %d, %q, %s", topic, status, stdout, stderr)
		}
		for line := range strings.Lines(stdout) {
			if n := len([]rune(line)) - 1; n > 120 && topic != "recipes" { // whose lines are the first comments of recipes
				t.Errorf("%s: a line of %d columns: %s", topic, n, line)
			}
		}
	}
	for topic, want := range map[string]string{"recipes": "quickstart-siglip ", "image-ops": "value_range(", "exit-status": "130", "tokenizers": "birds tokenizer train"} {
		if stdout, _, _ := runProgram(t, program, "", "help", topic); !strings.Contains(stdout, want) {
			t.Errorf("%s does not have %q", topic, want)
		}
	}
}
