package evalsuite

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

const tokensPaliGemma = validatedRecipe + `
family: paligemma
lengths: {encoder: 16, decoder: 8}
tasks: [{name: caption, kind: caption, prompt: "caption {lang}", weight: 1}]
model:
  image: {width: 16, depth: 1, mlp: 24, heads: 2, patch: 4}
  language: {width: 16, depth: 2, mlp: 24, heads: 4, kv_heads: 2, head_dim: 8}
eval: {every: 2, metrics: [loss, caption_cider, vqa_accuracy], samples: 5}
`

const tokensT5Gemma2 = validatedRecipe + `
family: t5gemma2
lengths: {encoder: 16, decoder: 8}
tasks: [{name: caption, kind: caption, prompt: "caption {lang}", weight: 1}]
model:
  image: {width: 16, depth: 1, mlp: 24, heads: 2, patch: 2}
  pool: 2
  width: 16
  encoder: {depth: 2, mlp: 24, heads: 4, kv_heads: 2, head_dim: 8}
  random_projection: true
eval: {every: 2, metrics: [loss, caption_cider, vqa_accuracy], samples: 5}
`

// TestEvaluate_UsesVisualTokensOfTheRun scores models on images that the run's evaluations left the
// tokens of, without an image encoder, and on others. The scores equal those without the folder.
func TestEvaluate_UsesVisualTokensOfTheRun(t *testing.T) {
	data := validated(t)
	d, err := shards.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	be, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		yaml string
		sets []string
	}{
		"pali3": {validatedPaLI3, nil}, "siglip": {validatedSigLIP, nil}, "paligemma": {tokensPaliGemma, nil}, "t5gemma2": {tokensT5Gemma2, nil},
		"any aspect": {validatedSigLIP, []string{"images.ops=decode|resize_to_sequence(4,9)|value_range(-1,1)", "model.image.naflex=3"}},
	} {
		t.Run(name, func(t *testing.T) {
			tokens, run := filepath.Join(t.TempDir(), "tokens"), t.TempDir()
			sets := append(c.sets, "freeze=[vision_model]", "steps=6", "eval.samples=12", "visual_tokens="+tokens)
			r, err := stages.ParseRecipe([]byte(fmt.Sprintf(c.yaml, data)), "test.yaml", nil, sets...)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := stages.Run(t.Context(), r, run, stages.Options{Backend: be, Evaluator: Validator{}}); err != nil {
				t.Fatal(err)
			}
			evaluate := func(split string, change func(*stages.Trained)) (scores string, encoded, reused int64, kept *stages.VisualTokenFolder) {
				t.Helper()
				trained, err := stages.Open(be, run, nil)
				if err == nil {
					err = trained.OpenVisualTokens()
				}
				if err != nil {
					t.Fatal(err)
				}
				change(trained)
				e := NewEvaluator(be, trained)
				found, err := e.Evaluate(t.Context(), d, EvaluateOptions{Split: split, Untrained: name == "pali3"})
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range e.predictors[:1] {
					if p != nil {
						encoded, reused = p.tokens.Counts()
					}
				}
				for _, m := range e.embedders[:1] {
					if m != nil && m.tokens != nil {
						encoded, reused = m.tokens.Counts()
					}
				}
				if kept = trained.VisualTokens; kept != nil {
					if problems := kept.CloseAndReport(); len(problems) > 0 {
						t.Errorf("problems %q", problems)
					}
				}
				all, err := json.Marshal(found.Scores)
				if err != nil {
					t.Fatal(err)
				}
				return string(all), encoded, reused, kept
			}
			same := func(*stages.Trained) {}
			want, all, _, _ := evaluate("val", func(t *stages.Trained) { t.VisualTokens.Close(); t.VisualTokens = nil })
			got, encoded, reused, kept := evaluate("val", same)
			if got != want {
				t.Errorf("the scores are\n%s\nwith the run's tokens, without them\n%s", got, want)
			}
			if most := int64(2); encoded > most || reused < 11 { // the broken image, and a grey one
				t.Errorf("encoded %d images (%d without the folder), reused %d; %s", encoded, all, reused, kept)
			}
			evaluate("train", same)
			if _, encoded, _, kept := evaluate("all", same); encoded > 2 {
				t.Errorf("encoded %d images of all splits; %s", encoded, kept)
			}
		})
	}
}
