package stages

import (
	"bytes"
	"strings"
	"testing"

	"github.com/pali3/pali3/recipes"
)

// FuzzReadRecipe reads recipes. A recipe that is accepted can be written, as run.yaml is, and reads
// again as the same.
func FuzzReadRecipe(f *testing.F) {
	for _, name := range recipes.Names() {
		text, err := recipes.Read(name)
		if err != nil {
			f.Fatal(err)
		}
		if kind := (recipes.Recipe{Text: text}).Kind(); kind == recipes.Training {
			f.Add(text, "steps=3")
		}
	}
	f.Add([]byte("family: siglip\nsteps: 10\nbatch: 2\ntasks: [{kind: pair, data: d, weight: 1}]"), "tasks.0.weight=2")
	f.Fuzz(func(t *testing.T, text []byte, assignment string) {
		if bytes.Contains(text, []byte("include")) || strings.Contains(assignment, "include") {
			return // it would read files
		}
		ParseRecipe(text, "r.yaml", nil, assignment)
		r, err := ReadRecipe(text, "r.yaml", "", nil, assignment)
		if err != nil {
			return
		}
		written, err := r.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadRecipe(written, "r.yaml", "", nil)
		if err != nil {
			t.Fatalf("%s\nwas written as\n%s\nwhich is refused: %v", text, written, err)
		}
		if twice, err := again.YAML(); err != nil || !bytes.Equal(twice, written) {
			t.Errorf("%s\nreads as\n%s (%v)", written, twice, err)
		}
	})
}
