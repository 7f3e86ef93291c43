package stages

import (
	"slices"
	"testing"

	"github.com/pali3/pali3/recipes"
)

func TestDiffRecipes_FillsInDefaults(t *testing.T) {
	for _, c := range []struct {
		stage string
		sets  []string // of the second recipe
		want  []string
	}{
		{"pali3", nil, nil},
		{"pali3", []string{"temperature=1", "keep_checkpoints=2", "token_cache=1024", "schedule.kind=constant", "images.per_example=1",
			"lengths.texts=1", "tasks.0.split=train", "tasks.1.denoisers=ul2", "optimizer.beta1=0.9", "model.language.buckets=32"}, nil},
		{"siglip", []string{"model.bias=-10", "optimizer.beta2=0.999"}, nil},
		{"ul2", []string{"model.language.activation=gated-silu"}, nil},
		{"pali3", []string{"steps=7", "optimizer.learning_rate=0.002", "tasks.1.weight=3"},
			[]string{"tasks.1.weight: 1.0 -> 3.0", "steps: 6 -> 7", "optimizer.learning_rate: 0.001 -> 0.002"}},
		{"pali3", []string{"tasks=[{name: text, kind: denoise, denoisers: ul2, weight: 1}, {name: caption, kind: caption, weight: 2}]"},
			[]string{"tasks: [caption, text] -> [text, caption]"}},
	} {
		a, b := testRecipe(t, c.stage, "data"), testRecipe(t, c.stage, "data", c.sets...)
		var got []string
		for _, d := range DiffRecipes(a, b) {
			got = append(got, d.String())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s %q: %q, want %q", c.stage, c.sets, got, c.want)
		}
	}
}

func TestDiffRecipes_SpellsOutAVariant(t *testing.T) {
	a := testRecipe(t, "siglip", "data", "model={variant: B/16}")
	sizes := "{width: 768, depth: 12, mlp: 3072, heads: 12"
	b := testRecipe(t, "siglip", "data", "model={image: "+sizes+", patch: 16}, text: "+sizes+"}}")
	if d := DiffRecipes(a, b); len(d) != 0 {
		t.Errorf("B/16 and its sizes differ: %v", d)
	}
}

// TestDiffRecipes_DistinguishesShippedRecipes compares each shipped recipe with itself and with the
// next.
func TestDiffRecipes_DistinguishesShippedRecipes(t *testing.T) {
	var all []Recipe
	for _, name := range recipes.Names() {
		content, err := recipes.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := ParseRecipe(content, name, nil); err == nil {
			all = append(all, r)
		}
	}
	for i, r := range all {
		if d := DiffRecipes(r, r); len(d) != 0 {
			t.Errorf("%s differs from itself: %v", r.Stage, d)
		}
		if d := DiffRecipes(r, all[(i+1)%len(all)]); len(d) == 0 {
			t.Errorf("recipe %d equals the next", i)
		}
	}
}
