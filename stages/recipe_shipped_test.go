package stages

import (
	"strings"
	"testing"

	"github.com/pali3/pali3/recipes"
)

// TestRecipe_ShippedOnesAreValid checks every recipe that ships for a stage.
func TestRecipe_ShippedOnesAreValid(t *testing.T) {
	n := 0
	for _, name := range recipes.Names() {
		content, err := recipes.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains("\n"+string(content), "\nfamily:") {
			continue // of curation
		}
		n++
		r, err := ParseRecipe(content, name, nil)
		if err == nil {
			err = r.Check()
		}
		if err != nil {
			t.Error(err)
		}
	}
	if n < 6 {
		t.Errorf("%d recipes ship", n)
	}
}
