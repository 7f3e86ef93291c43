package evalsuite

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// validated writes 6 samples for training and 12 in val: grey images with captions in six
// languages, every second with questions. One of val cannot be decoded.
func validated(t *testing.T) string {
	t.Helper()
	dir := t.TempDir() + "/data"
	w, err := shards.Create(dir, shards.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 18 {
		grey, err := greyImage(8 + i)
		if err != nil {
			t.Fatal(err)
		}
		s := shards.Sample{Key: fmt.Sprint(i), Split: "train", Images: []shards.Image{grey}}
		if i >= 6 {
			s.Split = "val"
		}
		if i == 7 {
			s.Images[0].Bytes = []byte("\x89PNG\r\n\x1a\nbroken")
			s.Images[0].SHA256 = ""
		}
		for _, language := range []string{"en", "fr", "de", "es", "it", "sw"}[:3+i%4] {
			s.Texts = append(s.Texts, shards.Text{Kind: shards.Caption, Language: language, Value: fmt.Sprintf("grey %d %s", i, language)})
		}
		for q := range 6 * (i % 2) {
			s.Questions = append(s.Questions, shards.Question{ID: fmt.Sprint(i, "-", q), Text: fmt.Sprintf("What is %d?", q), Language: "en", Answers: []shards.Answer{{Text: "grey"}}})
		}
		if err := w.Append(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	return dir
}

const validatedRecipe = `
seed: 4
data: %s
tokenizer: {model: ../tokenize/sentencepiece/testdata/nmt_nfkc.model, sentinels: 64, mode_tokens: true}
images: {ops: "decode|resize(8)|value_range(-1,1)"}
batch: 4
steps: 4
optimizer: {name: adamw, learning_rate: 1e-3}
`

const validatedPaLI3 = validatedRecipe + `
stage: pali3
lengths: {encoder: 16, decoder: 8}
tasks: [{name: caption, kind: caption, languages: [en, fr, de, es, it], weight: 1}]
model:
  image: {width: 16, depth: 1, mlp: 24, heads: 2, patch: 4}
  language: {width: 16, mlp: 24, heads: 2, head_dim: 8, encoder_layers: 1, decoder_layers: 1}
eval: {every: 2, metrics: [loss, caption_cider, caption_exact, vqa_accuracy], samples: 5, best: caption_cider}
`

const validatedSigLIP = validatedRecipe + `
stage: siglip
lengths: {encoder: 8}
tasks: [{name: names, kind: contrastive, weight: 1}]
model:
  image: {width: 16, depth: 1, mlp: 24, heads: 2, patch: 4}
  text: {width: 16, depth: 1, mlp: 24, heads: 2}
eval: {every: 2, metrics: [i2t_r1, t2i_r5]}
`

func train(t *testing.T, yaml string, warn func(string), sets ...string) (stages.Result, error) {
	t.Helper()
	r, err := stages.ParseRecipe([]byte(yaml), "test.yaml", nil, sets...)
	if err != nil {
		t.Fatal(err)
	}
	be, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	return stages.Run(context.Background(), r, t.TempDir(), stages.Options{Backend: be, Evaluator: Validator{}, Warn: warn})
}

func TestValidator_ScoresTheWeightsOfTheMoment(t *testing.T) {
	data := validated(t)
	for _, c := range []struct {
		yaml string
		sets []string
		n    map[string]int
		warn []string
	}{
		{fmt.Sprintf(validatedPaLI3, data), []string{"freeze=[vision_model]"},
			map[string]int{"loss": 5, "caption_cider": 5, "caption_exact": 5, "vqa_accuracy": 20},
			[]string{"captions are scored in de, en, fr, es, the languages with most captions", "and not in the other 1", "at most 4 questions per image are asked, and not the other 10"}},
		{fmt.Sprintf(validatedPaLI3, data), nil, map[string]int{"loss": 5, "caption_cider": 5, "caption_exact": 5, "vqa_accuracy": 20}, nil},
		{fmt.Sprintf(validatedSigLIP, data), nil, map[string]int{"i2t_r1": 11, "t2i_r5": 11}, []string{"skipped 1 samples whose image cannot be used; the last: 7: "}},
	} {
		var warned []string
		result, err := train(t, c.yaml, func(m string) { warned = append(warned, m) }, c.sets...)
		if err != nil {
			t.Fatal(err)
		}
		if len(result.Evaluations) != 2 {
			t.Fatalf("%d evaluations", len(result.Evaluations))
		}
		for _, e := range result.Evaluations {
			for name, n := range c.n {
				if s := e.Scores[name]; s.N != n || s.Value < 0 {
					t.Errorf("step %d: %s is %+v, want one of %d", e.Step, name, s, n)
				}
			}
		}
		for _, want := range c.warn {
			if !strings.Contains(strings.Join(warned, "\n"), want) {
				t.Errorf("warnings %q, want one with %q", warned, want)
			}
		}
	}
}

func TestValidator_WithoutSamplesIsAnErrorBeforeTraining(t *testing.T) {
	data := validated(t)
	d, err := shards.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	h := heldOut{HeldOut: stages.HeldOut{Data: d, Split: "val", Samples: 3}}
	if _, err := h.asked(); err == nil || !strings.Contains(err.Error(), `metrics: no sample of split "val" in `+data+" has questions and an image that can be used") {
		t.Errorf("error %v", err)
	}
}
