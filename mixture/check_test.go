package mixture

import (
	"strings"
	"testing"
)

// TestOpen_NamesImpossibleNumbers reads and opens recipes whose numbers are legal one by one.
func TestOpen_NamesImpossibleNumbers(t *testing.T) {
	for _, c := range []struct{ sets, want string }{
		{"batch=16777217", "batch: 16777217, must be at most 16777216"},
		{"lengths.encoder=1048577", "lengths.encoder: 1048577, must be at most 1048576"},
		{"lengths.decoder=-1", "lengths.decoder: -1, must not be below zero"},
		{"images.per_example=65537", "images.per_example: 65537, must be at most 65536"},
		{"seed=18446744073709551616", `seed: "18446744073709551616"; legal is a whole number from 0 on`},
		{"tasks.0.weight=1e308 tasks.1.weight=1e308", "tasks: weight: split: 1e+308 to the power of 1/temperature, 1, is 1e+308, beyond what can be added up"},
		{"temperature=1e-9", "is +Inf, beyond what can be added up; bring temperature and weights nearer to 1"},
		{"temperature=0.0005 tasks.0.weight=1", "tasks: weight: vqg: 0.5 to the power of 1/temperature, 2000, is 0"},
		{"curriculum=[{step:#0,#weights:#{caption:#1e308,#vqa:#1e308}}]", "curriculum[0]: weight: vqa: 1e+308"},
		{"sizes=true temperature=0.004", "weight: caption: "}, // 2·40 to the power of 250
		{"lengths.encoder=1", "no text fits into lengths.encoder 1 and lengths.decoder 32 with its mode, sentinels and end; raise them"},
		{"tokenizer.model=pali3:other", "this program has no model of that name, but pali3:tokenizer.model; to read a file, leave out pali3:"},
	} {
		var sets []string
		for _, set := range strings.Fields(c.sets) {
			sets = append(sets, strings.ReplaceAll(set, "#", " "))
		}
		text := strings.NewReplacer("DATA", recipe(t).Data, "MODEL", model).Replace(recipeYAML)
		r, err := ParseRecipe([]byte(text), "test.yaml", nil, sets...)
		if err == nil {
			_, err = Open(r, Options{})
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.sets, err, c.want)
		}
	}
}
