// Command recipedoc prints docs/recipes.md: the page in page.md with the tables of all keys of
// recipes, which are made from the doc comments of the structs that recipes are read into.
//
// A doc comment may hold sentences that begin with "Default:" and "Legal:", and the sentence
// "Required.". They fill the columns of those names.
package main

import (
	_ "embed"
	"fmt"
	"os"
	"strings"

	"github.com/pali3/pali3/augment"
)

//go:embed page.md
var page string

// tables are the marks in page.md, each with the struct whose keys take its place.
var tables = map[string]structName{
	"<!-- keys of training -->\n":  {"stages", "Recipe"},
	"<!-- keys of siglip -->\n":    {"models/siglip", "Config"},
	"<!-- keys of t5 -->\n":        {"models/t5", "Model"},
	"<!-- keys of pali3 -->\n":     {"models/pali3", "Config"},
	"<!-- keys of paligemma -->\n": {"models/paligemma", "Config"},
	"<!-- keys of t5gemma2 -->\n":  {"models/t5gemma2", "Config"},
	"<!-- keys of maskvae -->\n":   {"models/maskvae", "Config"},
	"<!-- keys of curation -->\n":  {"webli", "Config"},
}

// opsMark is where the table of image ops is.
const opsMark = "<!-- ops -->\n"

// opsTable lists the built-in image ops.
func opsTable() string {
	var b strings.Builder
	b.WriteString("| op | what it does |\n|---|---|\n")
	for _, o := range augment.BuiltinOps() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.ReplaceAll(o.Usage, "|", `\|`), o.Help)
	}
	return b.String()
}

// prefixes are the keys that hold the structs of tables.
var prefixes = map[string]string{
	"<!-- keys of siglip -->\n": "model", "<!-- keys of t5 -->\n": "model", "<!-- keys of pali3 -->\n": "model",
	"<!-- keys of paligemma -->\n": "model", "<!-- keys of t5gemma2 -->\n": "model", "<!-- keys of maskvae -->\n": "model",
}

// valueTables are the marks in page.md, each with what writes the table of values in its place.
var valueTables = map[string]func() string{
	"<!-- kinds -->\n":     kindsTable,
	"<!-- prompts -->\n":   promptTables,
	"<!-- denoisers -->\n": denoisersTable,
}

func main() {
	text, err := render(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "recipedoc:", err)
		os.Exit(1)
	}
	fmt.Print(text)
}

// render returns the page for the source below root.
func render(root string) (string, error) {
	text := "<!-- Made by `make docs` from internal/recipedoc/page.md and the comments of the structs. Edit those. -->\n\n" + page
	for mark, name := range tables {
		if !strings.Contains(text, mark) {
			return "", fmt.Errorf("page.md has no %q", mark)
		}
		s := source{root: root, packages: map[string]map[string]*structDoc{}}
		reference, err := s.reference(name, prefixes[mark])
		if err != nil {
			return "", err
		}
		text = strings.Replace(text, mark, reference, 1)
	}
	if !strings.Contains(text, opsMark) {
		return "", fmt.Errorf("page.md has no %q", opsMark)
	}
	text = strings.Replace(text, opsMark, opsTable(), 1)
	for mark, table := range valueTables {
		if !strings.Contains(text, mark) {
			return "", fmt.Errorf("page.md has no %q", mark)
		}
		text = strings.Replace(text, mark, table(), 1)
	}
	return text, nil
}
