package stages

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestInspect_FindsMistakes changes a sound recipe in one place each.
func TestInspect_FindsMistakes(t *testing.T) {
	data, run := testData(t), filepath.Join(t.TempDir(), "run")
	runStage(t, testRecipe(t, "ul2", data, "steps=1"), run)
	for _, c := range []struct {
		stage     string
		sets      []string
		want, key string
	}{
		{"pali3", nil, "", ""},
		{"pali3", []string{"images.ops=decode|resize(8,10)"}, "image 10 is not a multiple of patch 4; let the image ops end in 8 or 12 pixels", "model.image"},
		{"pali3", []string{"images.ops=decode|resize(8,12)"}, "", ""},
		{"pali3", []string{"images.ops=decode|rezize(8)"}, "resize", "images.ops"},
		{"pali3", []string{"images.ops=decode"}, "images of various sizes", "images.ops"},
		{"pali3", []string{"images.eval_ops=decode|resize(12)"}, "12 by 12 pixels, but images.ops give 8 by 8", "images.eval_ops"},
		{"pali3", []string{"images.ops=decode|resize(9)"}, "image 9 is not a multiple of patch 4; let the image ops end in 8 or 12 pixels", "model.image"},
		{"pali3", []string{"model.image.heads=3"}, "width 16 is not a multiple of heads 3", "model.image"},
		{"pali3", []string{"init=[{from: " + run + "}]"}, "", ""},
		{"pali3", []string{"init=[{from: " + run + "}]", "model.language.width=24"}, "weight shared.weight has shape [2688 16], the model's is [2688 24]", "init.0.from"},
		{"pali3", []string{"init=[{from: " + run + ", prefixes: [vision_model]}]"}, "is not in it", "init.0.from"},
		{"pali3", []string{"init=[{from: " + run + ", prefixes: [vision]}]"}, `no weight's name begins with "vision"; the model has vision_model`, "init.0.prefixes.0"},
		{"pali3", []string{"freeze=[vision]"}, `freeze: no weight's name begins with "vision"`, "freeze.0"},
		{"pali3", []string{"optimizer.rate_multipliers=[{prefix: vision_model, value: 2}]"}, `rate_multipliers: no weight's name begins with "vision_model"`, "optimizer.rate_multipliers.0.prefix"},
		{"pali3", []string{"tasks.0.texts=[title]"}, "kinds of text: caption 20", "tasks.0"},
		{"pali3", []string{"tasks.0.kind=contrastive"}, "kind contrastive has texts to compare and no target", "tasks.0.kind"},
		{"pali3", []string{"lengths.decoder=3"}, "100.0% of 20 examples are truncated: lengths.decoder is 3", "lengths.decoder"},
		{"pali3", []string{"batch=60"}, "20 samples, and a batch of 60 takes about 40 of them", "batch"},
		{"pali3", []string{"model.text.width=8"}, `unknown key "model.text"`, "model.text"},
		{"pali3", []string{"schedule={warm_up: 4, cooldown: 4}"}, "longer than the run of 6", "schedule"},
		{"pali3", []string{"tokenizer.sentinels=0"}, "sentinels", "tasks.1.denoisers"},
		{"pali3", []string{"eval={every: 2, split: dev}"}, `split "dev" has no sample`, "eval.split"},
		{"pali3", []string{"eval={every: 2, data: nowhere}"}, "nowhere is not a dataset", "eval.data"},
		{"siglip", []string{"images.per_example=2"}, "siglip takes one image per example, images.per_example is 2", "images.per_example"},
		{"ul2", []string{"tasks.0.modes=true", "tokenizer.mode_tokens=false"}, "no mode tokens", "tasks.0.denoisers"},
	} {
		content := []byte(testRecipeText(c.stage, data))
		found, err := Inspect(t.Context(), content, "test.yaml", "", c.sets, InspectOptions{Backend: openBackend(t)})
		if err != nil {
			t.Fatal(err)
		}
		if c.want == "" {
			for _, f := range found.Findings {
				if f.Severity == "error" {
					t.Errorf("%s %q: %v", c.stage, c.sets, f)
				}
			}
			if found.Failed() || found.Model == nil || found.Memory == nil || len(found.Tasks) == 0 {
				t.Errorf("%s %q: %+v", c.stage, c.sets, found)
			}
			continue
		}
		hit := false
		for _, f := range found.Findings {
			hit = hit || strings.Contains(f.Message, c.want) && f.Key == c.key && (strings.HasPrefix(f.Place, "--set") || f.Line > 0)
		}
		if !hit {
			t.Errorf("%s %q: %v, want %s: %q", c.stage, c.sets, found.Findings, c.key, c.want)
		}
	}
}

// TestInspect_WarnsOfTooLittleMemory gives less than the model needs.
func TestInspect_WarnsOfTooLittleMemory(t *testing.T) {
	content := []byte(testRecipeText("ul2", testData(t)))
	found, err := Inspect(t.Context(), content, "test.yaml", "", nil, InspectOptions{Backend: openBackend(t), Memory: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Findings) == 0 || !strings.Contains(found.Findings[0].Message, "of memory, 1 MiB are free") || found.Failed() {
		t.Errorf("%v", found.Findings)
	}
}
