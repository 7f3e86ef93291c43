package evalsuite_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// things is a dataset of images with boxes, captions and questions: 12 in train and 5 in val.
func things(t *testing.T) string {
	t.Helper()
	var samples []shards.Sample
	for i := range 17 {
		split, label := "train", []string{"cup", "plate", "fork"}[i%3]
		if i >= 12 {
			split = "val"
		}
		key := fmt.Sprintf("%s-%d", split, i)
		picture := grey(t, uint8(10+7*i))
		picture.SHA256 = shards.Hash(picture.Bytes)
		samples = append(samples, shards.Sample{
			Key: key, Split: split, Images: []shards.Image{picture},
			Boxes:     []shards.Box{{Label: label, Y1: .5, X1: .5}, {Label: "table", Y0: .5, Y1: 1, X1: 1}},
			Texts:     []shards.Text{{Kind: shards.Caption, Language: "en", Value: fmt.Sprintf("a %s, number %d", label, i)}},
			Questions: []shards.Question{{ID: key, Language: "en", Text: "what?", Answers: []shards.Answer{{Text: label}}}},
		})
	}
	dir := filepath.Join(t.TempDir(), "data")
	if _, err := shards.Write(dir, func(yield func(shards.Sample, error) bool) {
		for _, s := range samples {
			if !yield(s, nil) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	return dir
}

const thingsRecipe = `
stage: pali3
tokenizer: {model: ../tokenize/sentencepiece/testdata/nmt_nfkc.model, sentinels: 8}
images: {ops: "decode|resize(8)|value_range(-1,1)", per_example: 3}
lengths: {encoder: 60, decoder: 16}
batch: 4
tasks:
  - {name: objects, kind: object_vqa, questions: [list, is, how_many], weight: 1}
  - {name: match, kind: match, weight: 1}
  - {name: shots, kind: vqa, shots: 2, prompt: "Q {question} A", weight: 1}
model:
  image: {width: 8, depth: 1, mlp: 8, heads: 1, patch: 8}
  language: {width: 16, mlp: 16, heads: 1, head_dim: 8, encoder_layers: 1, decoder_layers: 1}
steps: 3
optimizer: {name: adamw, learning_rate: 0.02}
`

func TestEvaluate_DrawnQuestions(t *testing.T) {
	data := things(t)
	be, trained := train(t, thingsRecipe, data)
	e, err := evalsuite.Evaluate(t.Context(), be, trained, open(t, data), evalsuite.EvaluateOptions{
		Split: "val", Tasks: []string{"object_vqa", "match"}, Blind: true, Bootstrap: metrics.Bootstrap{Resamples: 20}, Dir: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Objects) < 10 || len(e.Matches) < 7 || e.Scores["object_vqa_accuracy"].Model.N != len(e.Objects) || e.Scores["match_accuracy"].Blind == nil {
		t.Fatalf("%d and %d items, scores %+v", len(e.Objects), len(e.Matches), e.Scores)
	}
	for kind := range e.ByKind["object_vqa_f1"] {
		if !slices.Contains([]string{"list", "is", "how_many"}, kind) {
			t.Errorf("a question %s, which the run was not trained on", kind)
		}
	}
	if n := len(e.Items()); n != len(e.Objects)+len(e.Matches) {
		t.Errorf("%d items", n)
	}
	var table strings.Builder
	if err := e.WriteText(&table); err != nil || !strings.Contains(table.String(), "match_accuracy") {
		t.Errorf("%v\n%s", err, table.String())
	}
}

func TestPredict_ShotsComeFromTheTrainingSplit(t *testing.T) {
	data := things(t)
	be, trained := train(t, thingsRecipe, data)
	d := open(t, data)
	hashes := map[string]string{} // of images to the answers
	for s, err := range d.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		hashes[s.Images[0].SHA256] = s.Questions[0].Answers[0].Text
		if s.Split == "val" {
			hashes[s.Images[0].SHA256] = s.Key
		}
	}
	did, err := evalsuite.Predict(t.Context(), be, trained, d, "val", evalsuite.PredictOptions{Task: "vqa"})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range did.All {
		if len(p.ImageSHA256) != 3 || hashes[p.ImageSHA256[2]] != p.ID {
			t.Fatalf("%+v", p)
		}
		want := fmt.Sprintf("Q what? A %s\nQ what? A %s\nQ what? A", hashes[p.ImageSHA256[0]], hashes[p.ImageSHA256[1]])
		if p.Prompt != want {
			t.Errorf("prompt %q, want %q", p.Prompt, want)
		}
	}
	did, err = evalsuite.Predict(t.Context(), be, trained, d, "val", evalsuite.PredictOptions{Task: "vqa", NoShots: true})
	if err != nil || did.All[0].Prompt != "Q what? A" || len(did.All[0].ImageSHA256) != 1 {
		t.Errorf("without shots: %+v, %v", did.All[0], err)
	}
	alone := filepath.Join(t.TempDir(), "alone")
	if _, err := shards.Write(alone, func(yield func(shards.Sample, error) bool) {
		for s, err := range d.Samples() {
			if s.Split == "val" && !yield(s, err) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	_, err = evalsuite.Predict(t.Context(), be, trained, open(t, alone), "val", evalsuite.PredictOptions{Task: "vqa"})
	if err == nil || !strings.Contains(err.Error(), `2 solved examples before each question: `) || !strings.Contains(err.Error(), "--no-shots") {
		t.Errorf("without a training split: %v", err)
	}
}

func TestValidator_AsksAsInTraining(t *testing.T) {
	data := things(t)
	r, err := stages.ParseRecipe([]byte(thingsRecipe+`
eval: {every: 3, metrics: [object_vqa_accuracy, object_vqa_f1, match_accuracy, vqa_accuracy], samples: 4}
`), "test.yaml", nil, "data="+data)
	if err != nil {
		t.Fatal(err)
	}
	be, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	var warned []string
	var seen []stages.Evaluated
	_, err = stages.Run(t.Context(), r, filepath.Join(t.TempDir(), "run"), stages.Options{
		Backend: be, Evaluator: evalsuite.Validator{},
		Warn: func(message string) { warned = append(warned, message) }, Evaluated: func(e stages.Evaluated) { seen = append(seen, e) },
	})
	if err != nil || len(seen) != 1 || len(warned) > 0 {
		t.Fatalf("%v, %d evaluations, warned %q", err, len(seen), warned)
	}
	if s := seen[0].Scores; s["vqa_accuracy"].N != 4 || s["object_vqa_f1"].N < 8 || s["match_accuracy"].N < 4 {
		t.Errorf("%+v", s)
	}
}
