package evalsuite_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/google/go-cmp/cmp"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// grey returns an image of one level of grey.
func grey(t *testing.T, level uint8) shards.Image {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range m.Pix {
		m.Pix[i] = level
	}
	m.SetGray(0, 0, color.Gray{Y: level / 2})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return shards.Image{Bytes: b.Bytes()}
}

// noisy returns an image that compresses badly.
func noisy(t *testing.T) shards.Image {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * i * 7 >> 3)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return shards.Image{Bytes: b.Bytes()}
}

// shades is a dataset of light and dark images: a training split, and a split val of which one
// sample has no caption, one no image, and one an image that is damaged.
func shades(t *testing.T) string {
	t.Helper()
	var samples []shards.Sample
	add := func(split string, n int, level uint8, en, fr string) {
		name := fmt.Sprintf("%s-%d", split, n)
		samples = append(samples, shards.Sample{
			Key: name, Split: split, Images: []shards.Image{grey(t, level)},
			Texts:     []shards.Text{{Kind: shards.Alt, Language: "en", Value: en}, {Kind: shards.Alt, Language: "fr", Value: fr}, {Kind: shards.Title, Language: "de", Value: "nicht gelernt"}},
			Questions: []shards.Question{{ID: name + "?", Kind: "light", Language: "en", Text: "is it light?", Answers: []shards.Answer{{Text: map[bool]string{true: "yes", false: "no"}[level > 127]}}}},
		})
	}
	for i := range 8 {
		add("train", 2*i, uint8(10+i), "a dark night sky", "un ciel noir de nuit")
		add("train", 2*i+1, uint8(240-i), "a bright white wall", "un mur blanc et clair")
	}
	for i := range 3 {
		add("val", 2*i, uint8(30+i), "a dark night sky", "un ciel noir de nuit")
		add("val", 2*i+1, uint8(220-i), "a bright white wall", "un mur blanc et clair")
	}
	cut := noisy(t)
	clear(cut.Bytes[len(cut.Bytes)/2 : len(cut.Bytes)-40])
	samples = append(samples,
		shards.Sample{Key: "bare", Split: "val", Images: []shards.Image{grey(t, 99)}},
		shards.Sample{Key: "text", Split: "val", Texts: []shards.Text{{Kind: shards.Alt, Language: "en", Value: "no image"}}},
		shards.Sample{Key: "cut", Split: "val", Images: []shards.Image{cut}, Texts: []shards.Text{{Kind: shards.Alt, Language: "en", Value: "a bright white wall"}}},
	)
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

const shadesRecipe = `
stage: pali3
tokenizer: {model: ../tokenize/sentencepiece/testdata/nmt_nfkc.model}
images: {ops: "decode|resize(8)|value_range(-1,1)"}
lengths: {encoder: 20, decoder: 16}
batch: 4
tasks:
  - {name: caption, kind: caption, texts: [alt], weight: 1}
  - {name: vqa, kind: vqa, weight: 1}
model:
  image: {width: 8, depth: 1, mlp: 8, heads: 1, patch: 8}
  language: {width: 16, mlp: 16, heads: 1, head_dim: 8, encoder_layers: 1, decoder_layers: 1}
steps: 3
optimizer: {name: adamw, learning_rate: 0.02}
`

const shadesSigLIP = `
stage: siglip
tokenizer: {model: ../tokenize/sentencepiece/testdata/nmt_nfkc.model}
images: {ops: "decode|resize(8)|value_range(-1,1)"}
lengths: {encoder: 12}
batch: 4
tasks: [{name: names, kind: contrastive, texts: [alt], weight: 1}]
model:
  image: {width: 8, depth: 1, mlp: 8, heads: 1, patch: 8}
  text: {width: 8, depth: 1, mlp: 8, heads: 1}
steps: 2
optimizer: {name: adamw, learning_rate: 0.02}
`

// train trains a recipe on a dataset and opens the run.
func train(t *testing.T, recipe, data string, sets ...string) (compute.Backend, *stages.Trained) {
	t.Helper()
	parsed, err := stages.ParseRecipe([]byte(recipe), "recipe", nil, append(sets, "data="+data)...)
	if err != nil {
		t.Fatal(err)
	}
	be, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	run := filepath.Join(t.TempDir(), "run")
	if _, err := stages.Run(t.Context(), parsed, run, stages.Options{Backend: be}); err != nil {
		t.Fatal(err)
	}
	trained, err := stages.Open(be, run, nil)
	if err != nil {
		t.Fatal(err)
	}
	return be, trained
}

func open(t *testing.T, dir string) *shards.Dataset {
	t.Helper()
	d, err := shards.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// meanROUGEL averages the ROUGE-L of captions by image.
func meanROUGEL(items []evalsuite.Item) float64 {
	sums, counts := map[int]float64{}, map[int]float64{}
	for _, item := range items {
		tokens := metrics.PTBTokenize([]string{item.Prediction})
		sums[item.Sample] += metrics.ROUGEL(tokens[0], metrics.PTBTokenize(item.References))
		counts[item.Sample]++
	}
	mean := 0.0
	for image, sum := range sums {
		mean += sum / counts[image] / float64(len(sums))
	}
	return mean
}

func TestEvaluate_ScoresCaptionsAndAnswers(t *testing.T) {
	data := shades(t)
	be, trained := train(t, shadesRecipe, data)
	var warned []string
	e, err := evalsuite.Evaluate(t.Context(), be, trained, open(t, data), evalsuite.EvaluateOptions{
		Split: "val", Blind: true, Untrained: true, Batch: 3, Bootstrap: metrics.Bootstrap{Resamples: 20},
		Warn: func(message string) { warned = append(warned, message) },
	})
	if err != nil {
		t.Fatal(err)
	}
	for metric, n := range map[string]int{
		"caption_cider": 7, "caption_exact": 7, "caption_bleu1": 7, "caption_bleu2": 7, "caption_bleu3": 7, "caption_bleu4": 7,
		"caption_rouge_l": 7, "caption_meteor_exact_stem": 7, "vqa_accuracy": 6,
	} {
		if s := e.Scores[metric]; s.Model.N != n || s.Blind == nil || s.Untrained == nil || e.BlindBy[metric] == "" {
			t.Errorf("%s: %+v, blind by %q", metric, s, e.BlindBy[metric])
		}
	}
	if len(e.ByLanguage["caption_cider"]) != 2 || e.ByLanguage["caption_bleu4"]["fr"].Model.N != 6 || e.ByKind["vqa_accuracy"]["light"].Model.N != 6 {
		t.Errorf("by language %+v, by kind %+v", e.ByLanguage, e.ByKind)
	}
	if _, ok := e.ByLanguage["caption_meteor_exact_stem"]["fr"]; ok || e.ByLanguage["caption_meteor_exact_stem"]["en"].Model.N != 7 {
		t.Errorf("METEOR of captions that are not English: %+v", e.ByLanguage["caption_meteor_exact_stem"])
	}
	if want := meanROUGEL(e.Captions); math.Abs(e.Scores["caption_rouge_l"].Model.Value-want) > 1e-15 {
		t.Errorf("ROUGE-L %v, want %v", e.Scores["caption_rouge_l"].Model.Value, want)
	}
	// Each of the two captions of a language is right about half of the images, and so is each
	// answer.
	if best := e.Scores["caption_exact"].Blind.Value; best < 0.4 || best > 0.6 {
		t.Errorf("the best constant caption is right %v of the time", best)
	}
	if best := e.Scores["vqa_accuracy"].Blind.Value; best != 0.5 {
		t.Errorf("the best constant answer is right %v of the time", best)
	}
	if e.Samples != 8 || len(e.Captions) != 13 || len(e.Answers) != 6 || e.Failed["caption"] != 1 {
		t.Errorf("%d samples, %d captions, %d answers, failed %v", e.Samples, len(e.Captions), len(e.Answers), e.Failed)
	}
	want := []string{
		"1 of 9 samples have no image, for example text",
		"1 of 8 samples have no text of kind alt, for example bare",
		"1 of 13 requests failed and count as wrong, for example cut/en",
		"2 of 8 samples have no question with an answer, for example bare, cut",
	}
	for i, prefix := range want {
		if i >= len(warned) || !strings.HasPrefix(warned[i], prefix) {
			t.Errorf("warning %d does not begin with %q: %q", i, prefix, warned)
		}
	}
	checkItems(t, e, 19, "caption_exact", "caption_cider", "vqa_accuracy")
}

// checkItems checks that the mean of each metric over the scored items is the metric's score.
func checkItems(t *testing.T, e *evalsuite.Evaluation, n int, names ...string) {
	t.Helper()
	items := e.Items()
	if len(items) != n {
		t.Errorf("%d scored items, want %d", len(items), n)
	}
	for _, name := range names {
		sum, weights := 0.0, 0.0
		for _, item := range items {
			weight := item.Weight
			if weight == 0 {
				weight = 1
			}
			if value, ok := item.Values[name]; ok {
				sum, weights = sum+value*weight, weights+weight
			}
		}
		if got, want := sum/weights, e.Scores[name].Model.Value; math.Abs(got-want) > 1e-12 {
			t.Errorf("%s: the items have the mean %g, the score is %g", name, got, want)
		}
	}
}

func TestEvaluate_RetrievalBesideChance(t *testing.T) {
	data := shades(t)
	be, trained := train(t, shadesSigLIP, data)
	e, err := evalsuite.Evaluate(t.Context(), be, trained, open(t, data), evalsuite.EvaluateOptions{
		Split: "val", Blind: true, Bootstrap: metrics.Bootstrap{Resamples: 20},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"i2t_r1", "i2t_r5", "i2t_r10", "t2i_r1", "t2i_r5", "t2i_r10"} {
		if s := e.Scores[name]; s.Model.N != 6 || s.Blind == nil || e.BlindBy[name] != "chance" {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if got := e.Scores["t2i_r1"].Blind.Value; got != 1.0/6 {
		t.Errorf("chance is %v", got)
	}
	if len(e.LeftOut) != 3 || e.LeftOut[2].Count != 1 || !strings.Contains(e.LeftOut[2].String(), "cut") {
		t.Errorf("left out %v", e.LeftOut)
	}
	checkItems(t, e, 12, "i2t_r1", "i2t_r5", "i2t_r10", "t2i_r1", "t2i_r5", "t2i_r10")
}

// TestEvaluate_ResumesIdentically cuts the predictions of an evaluation as a kill would, and finds
// the same again.
func TestEvaluate_ResumesIdentically(t *testing.T) {
	data := shades(t)
	be, trained := train(t, shadesRecipe, data)
	o := evalsuite.EvaluateOptions{Split: "val", Dir: t.TempDir(), Blind: true, Batch: 2, Bootstrap: metrics.Bootstrap{Resamples: 20}}
	want, err := evalsuite.Evaluate(t.Context(), be, trained, open(t, data), o)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(o.Dir, "val-captions-model.jsonl")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []int{0, 1, 700, len(whole) / 2, len(whole) - 1} {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+evalsuite.PartialSuffix, whole[:part], 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := evalsuite.Evaluate(t.Context(), be, trained, open(t, data), o)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("cut at %d (-straight +resumed):\n%s", part, diff)
		}
		if again, _ := os.ReadFile(path); !bytes.Equal(again, whole) {
			t.Errorf("cut at %d: the file is another", part)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(o.Dir, "*"+evalsuite.PartialSuffix)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestEvaluate_TakesNoOtherModelsPredictions: what another model said into the same files is not
// its own.
func TestEvaluate_TakesNoOtherModelsPredictions(t *testing.T) {
	data := shades(t)
	be, first := train(t, shadesRecipe, data)
	_, second := train(t, shadesRecipe, data, "steps=9")
	dir := t.TempDir()
	lines := func(model *stages.Trained) []byte {
		t.Helper()
		_, err := evalsuite.Evaluate(t.Context(), be, model, open(t, data), evalsuite.EvaluateOptions{Split: "val", Tasks: []string{"caption"}, Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(filepath.Join(dir, "val-captions-model.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	one := lines(first)
	if two := lines(second); bytes.Equal(one, two) {
		t.Error("the second model's predictions are the first's")
	}
	if again := lines(first); !bytes.Equal(one, again) {
		t.Error("the first model says something else than before")
	}
}

func TestEvaluate_SaysWhatToDo(t *testing.T) {
	data := shades(t)
	be, trained := train(t, shadesRecipe, data)
	_, siglip := train(t, shadesSigLIP, data)
	for _, c := range []struct {
		name  string
		model *stages.Trained
		o     evalsuite.EvaluateOptions
		want  string
	}{
		{"no such split", trained, evalsuite.EvaluateOptions{Split: "vla"}, `has no split "vla"; did you mean "val"? It has train: 16 samples, val: 9 samples`},
		{"retrieval of a PaLI-3", trained, evalsuite.EvaluateOptions{Split: "val", Tasks: []string{"retrieval"}}, "use a model of the family siglip"},
		{"captions of a SigLIP", siglip, evalsuite.EvaluateOptions{Split: "val", Tasks: []string{"caption"}}, "a model of the family siglip cannot do the task caption"},
		{"unknown task", trained, evalsuite.EvaluateOptions{Split: "val", Tasks: []string{"vqg"}}, `unknown task "vqg"; choose from caption, vqa, ocr, object_vqa, match, retrieval`},
		{"no such language", trained, evalsuite.EvaluateOptions{Split: "val", Tasks: []string{"caption"}, Languages: []string{"ja"}}, "8 of 8 samples have no text of kind alt in ja"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := evalsuite.Evaluate(t.Context(), be, c.model, open(t, data), c.o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestScorePredictions_CountsWhatDoesNotMatch(t *testing.T) {
	data := shades(t)
	path := filepath.Join(t.TempDir(), "p.jsonl")
	content := `{"id":"val-0/en","prediction":"a dark night sky"}
{"id":"val-1/en","prediction":"a bright white wall"}
{"id":"val-1/en","prediction":"a dark night sky"}
{"id":"val-2/en","prediction":"","error":"cannot be read"}
{"id":"nowhere/en","prediction":"a wall"}

not JSON
{"prediction":"without an id"}
{"id":"val-0?","prediction":"No."}
`
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	var warned []string
	e, err := evalsuite.ScorePredictions(t.Context(), open(t, data), path, evalsuite.EvaluateOptions{
		Split: "val", Languages: []string{"en"}, Blind: true, Bootstrap: metrics.Bootstrap{Resamples: 20},
		Warn: func(message string) { warned = append(warned, message) },
	})
	if err != nil {
		t.Fatal(err)
	}
	c := e.Predictions
	if c.Asked != 13 || c.Lines != 8 || c.Missing.Count != 9 || c.Unknown.Count != 1 || c.Doubles.Count != 1 || c.Failed.Count != 1 || c.Unread.Count != 2 {
		t.Errorf("%+v", c)
	}
	if got := e.Scores["caption_exact"].Model; got.Value != 2.0/7 || got.N != 7 {
		t.Errorf("exact %+v", got)
	}
	if got := e.Scores["vqa_accuracy"].Model; got.Value != 1.0/6 {
		t.Errorf("accuracy %+v", got)
	}
	if len(warned) != 8 || !strings.Contains(warned[3], "9 of 13 have no prediction and count as wrong, for example") {
		t.Errorf("warned %q", warned)
	}
	if err := os.WriteFile(path, []byte(`{"id":"7","prediction":"x"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := evalsuite.ScorePredictions(t.Context(), open(t, data), path, evalsuite.EvaluateOptions{Split: "val"}); err == nil || !strings.Contains(err.Error(), `the first id in the file is "7"`) {
		t.Errorf("predictions for other data: %v", err)
	}
}

func TestPredict_ResumesAndKeepsToItsModel(t *testing.T) {
	data := shades(t)
	be, trained := train(t, shadesRecipe, data)
	_, other := train(t, shadesRecipe, data, "steps=9")
	out := filepath.Join(t.TempDir(), "p.jsonl")
	o := evalsuite.PredictOptions{Task: "caption", Languages: []string{"en", "xx"}, Out: out, Batch: 2}
	var warned []string
	o.Warn = func(message string) { warned = append(warned, message) }
	did, err := evalsuite.Predict(t.Context(), be, trained, open(t, data), "val", o)
	if err != nil {
		t.Fatal(err)
	}
	if did.Predictions != 16 || did.Failed.Count != 2 { // 8 images in 2 languages, one of them damaged
		t.Errorf("%+v", did)
	}
	if !slices.Contains(warned, "the run was never trained on caption in xx, only in en, fr") {
		t.Errorf("warned %q", warned)
	}
	whole, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	checkLines(t, whole)
	if _, err := evalsuite.Predict(t.Context(), be, other, open(t, data), "val", o); err == nil || !strings.Contains(err.Error(), "holds other predictions") {
		t.Errorf("another model in its file: %v", err)
	}
	if did, err = evalsuite.Predict(t.Context(), be, trained, open(t, data), "val", o); err != nil || did.Found != 16 {
		t.Errorf("again: %+v, %v", did, err)
	}
	if err := os.Rename(out, out+evalsuite.PartialSuffix); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(out+evalsuite.PartialSuffix, int64(len(whole)/2)); err != nil {
		t.Fatal(err)
	}
	if did, err = evalsuite.Predict(t.Context(), be, trained, open(t, data), "val", o); err != nil || did.Found == 0 || did.Found > 8 {
		t.Errorf("resumed: %+v, %v", did, err)
	}
	if again, _ := os.ReadFile(out); !bytes.Equal(again, whole) {
		t.Error("the resumed file is another")
	}
}

// checkLines looks for every field in the lines that have an answer.
func checkLines(t *testing.T, content []byte) {
	t.Helper()
	for line := range bytes.Lines(content) {
		var p evalsuite.Prediction
		if err := json.Unmarshal(line, &p); err != nil {
			t.Fatal(err)
		}
		if p.Error == "" && (p.Score == nil || *p.Score >= 0) || p.Error != "" && p.Prediction != "" ||
			len(p.ImageSHA256) != 1 || len(p.Weights) != 64 || p.Task != "caption" || !strings.Contains(p.Prompt, "alt_text in "+p.Language) {
			t.Errorf("%s", line)
		}
	}
}

func TestPredictFiles_OneBadImageDoesNotStopTheRest(t *testing.T) {
	data := shades(t)
	be, trained := train(t, shadesRecipe, data)
	images := map[string]shards.Image{"a.png": grey(t, 20), "b.png": grey(t, 230)}
	read := func(path string) (shards.Image, error) {
		if image, ok := images[path]; ok {
			return image, nil
		}
		return shards.Image{}, fmt.Errorf("%s: no image", path)
	}
	paths := []string{"a.png", "bad.png", "b.png", "a.png"}
	did, err := evalsuite.PredictFiles(t.Context(), be, trained, paths, read, evalsuite.PredictOptions{Task: "vqa", Question: "is it light?"})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, p := range did.All {
		ids = append(ids, p.ID)
	}
	if diff := cmp.Diff([]string{"a.png", "bad.png", "b.png"}, ids); diff != "" || did.Failed.Count != 1 || did.Failed.Names[0] != "bad.png: no image" || len(did.LeftOut) != 1 {
		t.Errorf("%s%+v", diff, did)
	}
	for _, o := range []evalsuite.PredictOptions{{Task: "vqa"}, {Task: "caption", Question: "who?"}, {Task: "split_cap"}, {Task: "vqq"}, {Task: "object_vqa"}} {
		if _, err := evalsuite.PredictFiles(t.Context(), be, trained, paths, read, o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}
