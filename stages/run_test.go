package stages

import (
	"bytes"
	"context"
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

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/shards"
)

// testRecipes are three stages on the same data: two towers, a language model, both joined.
var testRecipes = map[string]string{
	"siglip": `
lengths: {encoder: 8}
images: {ops: "decode|resize(8)|value_range(-1,1)"}
tasks: [{name: names, kind: contrastive, weight: 1}]
model:
  image: {width: 16, depth: 1, mlp: 24, heads: 2, patch: 4}
  text: {width: 16, depth: 1, mlp: 24, heads: 2}
optimizer: {name: adafactor_bigvision, learning_rate: 1e-3, clip_norm: 1}
`,
	"ul2": `
lengths: {encoder: 16, decoder: 16}
tasks: [{name: text, kind: denoise, denoisers: ul2, modes: true, weight: 1}]
model:
  language: {width: 16, mlp: 24, heads: 2, head_dim: 8, encoder_layers: 1, decoder_layers: 1}
optimizer: {name: adafactor_t5x, learning_rate: 0.02}
`,
	"pali3": `
lengths: {encoder: 16, decoder: 8}
images: {ops: "decode|resize(8)|value_range(-1,1)"}
tasks:
  - {name: caption, kind: caption, weight: 2}
  - {name: text, kind: denoise, denoisers: ul2, weight: 1}
model:
  image: {width: 16, depth: 1, mlp: 24, heads: 2, patch: 4}
  language: {width: 16, mlp: 24, heads: 2, head_dim: 8, encoder_layers: 1, decoder_layers: 1}
freeze: [vision_model]
optimizer: {name: adamw, learning_rate: 1e-3}
`,
}

// paligemmaRecipe is a recipe of the family paligemma, with tasks of images and of text alone.
const paligemmaRecipe = `
lengths: {encoder: 16, decoder: 8}
images: {ops: "decode|resize(8)|value_range(-1,1)"}
tasks:
  - {name: caption, kind: caption, prompt: "caption {lang}", weight: 2}
  - {name: text, kind: denoise, denoisers: ul2, weight: 1}
model:
  image: {width: 16, depth: 1, mlp: 24, heads: 2, patch: 4}
  language: {width: 16, depth: 2, mlp: 24, heads: 4, kv_heads: 2, head_dim: 8, post_norms: true, logit_softcap: 30, dropout: 0.1}
  mean_by_example: true
freeze: [vision_model]
optimizer: {name: adamw, learning_rate: 3e-3}
`

// t5gemma2Recipe is a recipe of the family t5gemma2 with tasks of images and of text alone. Two by
// two tokens of the image encoder are averaged, behind what is kept of it.
const t5gemma2Recipe = `
lengths: {encoder: 16, decoder: 8}
images: {ops: "decode|resize(8)|value_range(-1,1)"}
tasks:
  - {name: caption, kind: caption, prompt: "caption {lang}", weight: 2}
  - {name: text, kind: denoise, denoisers: ul2, weight: 1}
model:
  image: {width: 16, depth: 1, mlp: 24, heads: 2, patch: 2}
  pool: 2
  width: 16
  encoder: {depth: 2, mlp: 24, heads: 4, kv_heads: 2, head_dim: 8}
  random_projection: true
  dropout: 0.1
freeze: [vision_model]
optimizer: {name: adamw, learning_rate: 3e-3}
`

const testTokenizer = "../tokenize/sentencepiece/testdata/nmt_nfkc.model"

// testData writes 20 images of one bright pixel with captions.
func testData(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	w, err := shards.Create(dir, shards.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		m := image.NewGray(image.Rect(0, 0, 8, 8))
		m.SetGray(i%8, i/8, color.Gray{Y: 255})
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		err := w.Append(shards.Sample{
			Key: fmt.Sprint(i), Split: "train",
			Images: []shards.Image{{Bytes: b.Bytes(), Format: "png", Width: 8, Height: 8}},
			Texts:  []shards.Text{{Kind: shards.Caption, Language: "en", Value: fmt.Sprintf("a dot in row %d and column %d", i/8, i%8)}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestRun_TrainsPaliGemma trains a prefix-LM on a frozen SigLIP's image encoder, and resumes it.
func TestRun_TrainsPaliGemma(t *testing.T) {
	data, runs := testData(t), t.TempDir()
	siglip, dir := filepath.Join(runs, "siglip"), filepath.Join(runs, "paligemma")
	runStage(t, testRecipe(t, "siglip", data), siglip)
	r := testRecipe(t, "paligemma", data, "steps=30")
	r.Init = []Init{{From: siglip, Prefixes: []string{"vision_model"}}}
	result := runStage(t, r, dir)
	if !(result.Loss > 0) || result.Trained >= result.Parameters {
		t.Errorf("the run ends with %+v", result)
	}
	trained := reopen(t, dir)
	const patch = "vision_model.embeddings.patch_embedding.weight"
	if !slices.Equal(flat(reopen(t, siglip).Weights, patch), flat(trained.Weights, patch)) {
		t.Error("the frozen image encoder is not SigLIP's")
	}
	const projection = "multi_modal_projector.linear.weight"
	if slices.Equal(flat(trained.Weights, projection), flat(trained.Untrained().Weights, projection)) {
		t.Error("the projection learned nothing")
	}
}

func testRecipe(t testing.TB, stage, data string, sets ...string) Recipe {
	t.Helper()
	r, err := ParseRecipe([]byte(testRecipeText(stage, data)), "test.yaml", nil, sets...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// testRecipeText is the recipe of a stage, or of a family that has none, on the dataset data.
func testRecipeText(stage, data string) string {
	key, body := "stage", testRecipes[stage]
	if body == "" {
		key, body = "family", map[string]string{"paligemma": paligemmaRecipe, "t5gemma2": t5gemma2Recipe}[stage]
	}
	return fmt.Sprintf("%s: %s\nseed: 4\ndata: %s\ntokenizer: {model: %s, sentinels: 64, mode_tokens: true}\nbatch: 6\nsteps: 6\ncheckpoint_every: 2\n",
		key, stage, data, testTokenizer) + body
}

func runStage(t testing.TB, r Recipe, dir string) Result {
	t.Helper()
	result, err := Run(t.Context(), r, dir, Options{Backend: openBackend(t), Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func flat(set *weights.Set, name string) []float32 {
	return tensors.MustCopyFlatData[float32](set.Get(name))
}

// TestRun_StagesBuildOnEachOther trains the towers and the language model, joins them, and enlarges
// the images.
func TestRun_StagesBuildOnEachOther(t *testing.T) {
	data, runs := testData(t), t.TempDir()
	in := func(name string) string { return filepath.Join(runs, name) }
	for _, stage := range []string{"siglip", "ul2"} {
		result := runStage(t, testRecipe(t, stage, data), in(stage))
		if result.Steps != 6 || !(result.Loss > 0) || result.Trained != result.Parameters {
			t.Errorf("%s: %+v", stage, result)
		}
	}
	join := testRecipe(t, "pali3", data)
	join.Init = []Init{{From: in("siglip"), Prefixes: []string{"vision_model"}}, {From: in("ul2")}}
	joined := runStage(t, join, in("joined"))

	siglip, ul2, pali3 := reopen(t, in("siglip")), reopen(t, in("ul2")), reopen(t, in("joined"))
	if joined.Trained >= joined.Parameters {
		t.Errorf("nothing was frozen: %+v", joined)
	}
	const patch = "vision_model.embeddings.patch_embedding.weight"
	if !slices.Equal(flat(siglip.Weights, patch), flat(pali3.Weights, patch)) {
		t.Error("the frozen image encoder is not SigLIP's")
	}
	shared := distance(flat(ul2.Weights, "shared.weight"), flat(pali3.Weights, "shared.weight"))
	if drawn := distance(flat(pali3.Untrained().Weights, "shared.weight"), flat(pali3.Weights, "shared.weight")); shared == 0 || shared > drawn {
		t.Errorf("embeddings are %g from UL2's, %g from those first drawn", shared, drawn)
	}

	large := testRecipe(t, "pali3", data, "images.ops=decode|resize(12)|value_range(-1,1)", "steps=1", "freeze=[]", "optimizer.learning_rate=1e-9")
	large.Init = []Init{{From: in("joined")}}
	runStage(t, large, in("large"))
	table, err := vit.ResizePositions(flat(pali3.Weights, positionTable), []int{4, 16}, 3, 3, 16)
	if err != nil {
		t.Fatal(err)
	}
	if d := distance(table, flat(reopen(t, in("large")).Weights, positionTable)); d > 1e-6 {
		t.Errorf("the enlarged position table is %g from the resized one", d)
	}
}

// positionTable is the weight whose shape depends on the image size.
const positionTable = visionPrefix + ".embeddings.position_embedding.weight"

func distance(a, b []float32) (sum float64) {
	for i := range a {
		sum += math.Abs(float64(a[i] - b[i]))
	}
	return sum / float64(len(a))
}

func reopen(t testing.TB, dir string) *Trained {
	t.Helper()
	trained, err := Open(openBackend(t), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return trained
}

// TestRun_ResumesAfterInterrupt interrupts a run, and asks for one that is finished.
func TestRun_ResumesAfterInterrupt(t *testing.T) {
	data, dir, whole := testData(t), t.TempDir(), t.TempDir()
	r := testRecipe(t, "pali3", data)
	runStage(t, r, whole)

	ctx, cancel := context.WithCancel(t.Context())
	_, err := Run(ctx, r, dir, Options{Backend: openBackend(t), Progress: func(p Progress) {
		if p.Step == 3 {
			cancel()
		}
	}})
	if err == nil || Finished(dir) {
		t.Fatalf("the interrupted run ended with %v", err)
	}
	r.CheckpointEvery = 5
	if result := runStage(t, r, dir); result.Resumed != 3 {
		t.Errorf("resumed at %d", result.Resumed)
	}
	want, err := os.ReadFile(filepath.Join(whole, WeightsFile))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, err := os.ReadFile(filepath.Join(dir, WeightsFile)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("the weights differ from those of a run in one go (%v)", err)
		}
		if result := runStage(t, r, dir); result.Resumed != 6 {
			t.Errorf("the finished run began again at %d", result.Resumed)
		}
	}

	r.Optimizer.LearningRate *= 2
	if _, err := Run(t.Context(), r, dir, Options{Backend: openBackend(t)}); err == nil || !strings.Contains(err.Error(), "of another recipe") {
		t.Errorf("another learning rate: %v", err)
	}
}

// TestReadRecipe_ReadsRunYAML reads what a run wrote and gets the same run.
func TestReadRecipe_ReadsRunYAML(t *testing.T) {
	data, dir := testData(t), t.TempDir()
	runStage(t, testRecipe(t, "ul2", data), dir)
	content, err := os.ReadFile(filepath.Join(dir, RecipeFile))
	if err != nil {
		t.Fatal(err)
	}
	r, err := ReadRecipe(content, RecipeFile, dir, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, content)
	}
	if result := runStage(t, r, dir); result.Resumed != 6 {
		t.Errorf("resumed at %d", result.Resumed)
	}
}

func TestRun_RejectsBadRecipes(t *testing.T) {
	data := testData(t)
	for _, c := range []struct {
		stage, set, want string
	}{
		{"ul2", "stage=ul", `recipe: stage: "ul"; it is one of siglip, t5, pali3`},
		{"ul2", "steps=0", "recipe: steps: 0"},
		{"ul2", "optimizer.name=sgd", `recipe: optimizer: name "sgd"`},
		{"ul2", "schedule.kind=cosinus", `recipe: schedule: kind "cosinus"`},
		{"ul2", "model.language.vocab=7", "recipe: model.language.vocab is 7, the data has"},
		{"ul2", "model.variant=ul3", `recipe: model: language model "ul3"`},
		{"siglip", "images.ops=decode|resize(8,10)", "image 10 is not a multiple of patch 4"},
		{"siglip", "images.ops=decode|resize(9)", "image 9 is not a multiple of patch 4"},
		{"siglip", "images.per_example=2", "one image per example"},
		{"pali3", "freeze=[vision]", `freezing "vision"`},
		{"pali3", "init=[{from: nowhere}]", "nowhere"},
		{"pali3", "init=[{prefixes: [shared]}]", "init[0]: from: missing"},
	} {
		r := testRecipe(t, c.stage, data, c.set)
		_, err := Run(t.Context(), r, t.TempDir(), Options{Backend: openBackend(t)})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v\nwant one with %q", c.set, err, c.want)
		}
	}
	_, err := ParseRecipe([]byte("stage: ul2\noptimiser: {}\n"), "r.yaml", nil)
	if err == nil || !strings.Contains(err.Error(), `r.yaml line 2: unknown key "optimiser"; the nearest legal key is "optimizer"`) {
		t.Errorf("an unknown key: %v", err)
	}
}

// TestRun_TakesPublicWeights takes an image encoder from a folder of a hub, divided into files in
// bfloat16, under the names of another model.
func TestRun_TakesPublicWeights(t *testing.T) {
	data, hub := testData(t), filepath.Join(t.TempDir(), "hub")
	run := filepath.Join(t.TempDir(), "run")
	runStage(t, testRecipe(t, "siglip", data, "steps=1"), run)
	siglip := reopen(t, run)
	err := siglip.Weights.SaveSharded(hub, weights.SaveOptions{
		DType: "BF16", MaxShardBytes: 4000, Names: func(ours string) string { return "vision_tower." + ours },
	})
	if err != nil {
		t.Fatal(err)
	}
	if files, _ := filepath.Glob(filepath.Join(hub, "model-*.safetensors")); len(files) < 2 {
		t.Fatalf("files %q", files)
	}
	joined := filepath.Join(t.TempDir(), "joined")
	join := testRecipe(t, "pali3", data, "steps=1", "init=[{from: "+hub+", prefixes: {vision_tower.vision_model: vision_model}}]")
	var notes []string
	note := func(m string) { notes = append(notes, m) }
	if _, err := Run(t.Context(), join, joined, Options{Backend: openBackend(t), Note: note}); err != nil {
		t.Fatal(err)
	}
	if len(notes) != 3 || !strings.Contains(notes[0], "took weights from "+hub) || !strings.Contains(notes[0], "ignored") || !strings.Contains(notes[2], "encoded 4 images") {
		t.Errorf("notes %q", notes)
	}
	const patch = "vision_model.embeddings.patch_embedding.weight"
	taken := flat(reopen(t, joined).Weights, patch)
	for i, v := range flat(siglip.Weights, patch) {
		if got := taken[i]; math.Abs(float64(got-v)) > math.Abs(float64(v))/256 {
			t.Fatalf("element %d of the frozen image encoder is %g, in the hub's file %g", i, got, v)
		}
	}
	for set, want := range map[string]string{
		"init=[{from: " + hub + "}]":                                    "it has none of the model's weights, but vision_tower",
		"init=[{from: " + hub + ", prefixes: {none: vision_model}}]":    `no tensor's name begins with "none"; it has vision_tower`,
		"init=[{from: " + hub + ", prefixes: {vision_tower: image}}]":   `freezing "image": no weight's name begins with it`,
		"init=[{from: " + filepath.Dir(hub) + ", prefixes: [encoder]}]": "it has no weights",
		"init=[{from: " + hub + "/none, prefixes: [vision_model]}]":     "does not exist; train it first",
	} {
		r, err := ParseRecipe([]byte(testRecipeText("pali3", data)), "test.yaml", nil, set)
		if err == nil {
			_, err = Run(t.Context(), r, t.TempDir(), Options{Backend: openBackend(t)})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", set, err, want)
		}
	}
}
