package stages

import (
	"slices"
	"strings"
	"testing"
)

// TestPrefixes_ReadListsAndMaps also writes them back.
func TestPrefixes_ReadListsAndMaps(t *testing.T) {
	for text, want := range map[string][]string{
		"[shared, encoder]":                {"shared", "encoder"},
		"{encoder: encoder, b.c: decoder}": {"encoder", "b.c -> decoder"},
		"{model: \"\"}":                    {"model -> "},
		"[b.c -> decoder]":                 {"b.c -> decoder"},
	} {
		r, err := ParseRecipe([]byte(testRecipeText("ul2", "data")+"init:\n  - {from: a, prefixes: "+text+"}\n"), "test.yaml", nil)
		if err != nil || !slices.Equal(r.Init[0].Prefixes, want) {
			t.Errorf("%s: %q, want %q, %v", text, r.Init, want, err)
			continue
		}
		written, err := r.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseRecipe(written, "run.yaml", nil)
		if err != nil || !slices.Equal(again.Init[0].Prefixes, want) {
			t.Errorf("%s: written as %s and read as %q, %v", text, written, again.Init, err)
		}
	}
	for _, text := range []string{"5", "{a: [b]}", "{a: {b: c}}", "[[a]]"} {
		_, err := ParseRecipe([]byte(testRecipeText("ul2", "data")+"init:\n  - {from: a, prefixes: "+text+"}\n"), "test.yaml", nil)
		if err == nil || !strings.Contains(err.Error(), "prefixes") || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
