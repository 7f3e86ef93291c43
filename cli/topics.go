package cli

import (
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/template"

	"github.com/pali3/pali3/recipes"
)

// topics holds the texts of `help TOPIC`, TOPIC.txt each.
//
//go:embed topics
var topics embed.FS

// topicNames lists the topics in order.
func topicNames() (names []string) {
	entries, _ := topics.ReadDir("topics")
	for _, entry := range entries {
		names = append(names, strings.TrimSuffix(entry.Name(), ".txt"))
	}
	return names
}

// printTopic prints the text of a topic. Found is false if there is no such topic.
func (p Program) printTopic(w io.Writer, name string) (found bool, err error) {
	if !slices.Contains(topicNames(), name) {
		return false, nil
	}
	text, err := topics.ReadFile("topics/" + name + ".txt")
	if err != nil {
		return true, err
	}
	parsed, err := template.New(name).Parse(string(text))
	if err != nil {
		return true, err
	}
	return true, parsed.Execute(w, topicData{p})
}

// topicData is the data of the topic templates.
type topicData struct{ program Program }

// Name returns the program's name.
func (t topicData) Name() string { return t.program.Name }

// Recipes lists the shipped recipes, one per line.
func (topicData) Recipes() (string, error) {
	var b strings.Builder
	for _, name := range recipes.Names() {
		file, err := recipes.Open(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "  %-24s %s\n", name, file.About())
	}
	return b.String(), nil
}

// ImageOps lists the operations of image pipelines.
func (t topicData) ImageOps() string { return t.program.Ops.String() }

// Kinds lists the task kinds.
func (t topicData) Kinds() string { return strings.Join(t.program.Kinds.Names(), ", ") }
