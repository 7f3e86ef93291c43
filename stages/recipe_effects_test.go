package stages

import (
	"strings"
	"testing"
)

// TestCompareEffects_SaysWhatAKeyChanges changes one key at a time.
func TestCompareEffects_SaysWhatAKeyChanges(t *testing.T) {
	data := testData(t)
	a := testRecipe(t, "pali3", data, "stream_version=2")
	for _, c := range []struct {
		set    string
		want   []string
		absent string // from all lines
	}{
		{"optimizer.learning_rate=0.5", []string{"stream: every example that was compared is equal, pixels too, in the same batches", "weights: all", "because of optimizer.learning_rate"}, "task"},
		{"steps=9", []string{"stream: every example that was compared is equal", "resume: a run of the first recipe can be resumed with the second"}, "cannot"},
		{"seed=99", []string{"stream: the order differs", "because of seed", "weights: all"}, ""},
		{"tasks.1.weight=9", []string{"stream: the order differs from", "% of the examples; its own examples are the same, in the same order"}, "other prompts"},
		{"tasks.0.prompt=say {lang}", []string{"stream: the order is the same: each example", "task caption: the same samples, in the same order; other prompts in", "task text: its own examples are the same"}, "other targets"},
		{"batch=3", []string{"stream: a step takes 3 examples instead of", "the order is the same: each example", "its own examples are the same"}, "other pr"},
		{"lengths.decoder=3", []string{"batches have another shape", "other targets in"}, ""},
		{"model.language.encoder_layers=2", []string{"stream: every example", "can be taken over (init)", "in the second alone: encoder.block.1"}, "first alone"},
		{"curriculum=[{step: 1}, {step: 2, weights: {text: 9}}]", []string{"stream: the order is the same up to example", "at the end of the curriculum"}, "other prompts"},
		{"data=nowhere", []string{"stream: not compared: ", "weights: all", "if the files have the same content"}, "cannot"},
		{"tokenizer.model=nowhere", []string{"stream: not compared: ", "weights: not compared: tokenizer"}, "cannot"},
	} {
		b := testRecipe(t, "pali3", data, "stream_version=2", c.set)
		found, err := CompareEffects(t.Context(), a, b, openBackend(t))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Join(found.Lines(), "\n")
		for _, want := range c.want {
			if !strings.Contains(lines, want) {
				t.Errorf("%s: no %q in\n%s", c.set, want, lines)
			}
		}
		if c.absent != "" && strings.Contains(lines, c.absent) {
			t.Errorf("%s: %q in\n%s", c.set, c.absent, lines)
		}
	}
	other := testRecipe(t, "ul2", data)
	found, err := CompareEffects(t.Context(), a, other, openBackend(t))
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Join(found.Lines(), "\n"); !strings.Contains(lines, "task caption: only in the first, with") || !strings.Contains(lines, "in the first alone: vision_model") {
		t.Errorf("another family:\n%s", lines)
	}
}
