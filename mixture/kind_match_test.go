package mixture

import (
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/shards"
)

// TestMatch_AnswersAreTrue asks the stream, whose samples have an English and a Chinese text.
func TestMatch_AnswersAreTrue(t *testing.T) {
	s := open(t, recipe(t, "tasks.0.kind=match", "tasks.0.languages=[]"), Options{NoPixels: true})
	counts := map[string]int{}
	for at := range 600 {
		d, err := s.tasks[0].draw(s.recipe.Seed, at, 0)
		if err != nil {
			t.Fatal(err)
		}
		draft, err := s.draft(s.tasks[0], &d)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.TrimSuffix(strings.TrimPrefix(draft.Prompt, "Answer in EN: Does this text describe the image? "), " <extra_id_0>")
		own := slices.ContainsFunc(d.sample.Texts, func(t shards.Text) bool { return t.Value == text })
		if (draft.Target == "yes") != own {
			t.Fatalf("%s: %q is answered %s", d.sample.Key, text, draft.Target)
		}
		counts[draft.Target]++
	}
	if counts["yes"] < 240 || counts["no"] < 240 {
		t.Errorf("answers %v", counts)
	}
}
