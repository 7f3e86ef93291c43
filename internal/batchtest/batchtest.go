// Package batchtest makes small streams of batches for tests: images with captions, questions and
// boxes in several languages, mixed from six tasks.
package batchtest

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// RecipeYAML is the recipe of [Recipe]. DATA is the dataset of [Dataset].
const RecipeYAML = `
seed: 3
data: DATA
tokenizer: {model: "pali3:tokenizer.model", sentinels: 64, mode_tokens: true}
images: {ops: "decode|resize(4)|value_range(-1,1)"}
lengths: {encoder: 64, decoder: 32}
batch: 12
tasks:
  - {name: caption, kind: caption, weight: 2, languages: [en, fr]}
  - {name: split, kind: split_cap, weight: 1}
  - {name: vqa, kind: vqa, weight: 1}
  - {name: vqg, kind: vqg, weight: 0.5}
  - {name: objects, kind: object_vqa, weight: 1}
  - {name: text, kind: denoise, weight: 1, denoisers: ul2, modes: true}
`

// Sequences is an assignment that has the images keep their aspect, as patches of varying number.
const Sequences = "images={ops: 'decode|flip_lr|resize_to_sequence(2,9)|value_range(-1,1)', sequence_lengths: [4, 9, 16]}"

// Contrastive are assignments that leave one contrastive task, with two texts an example.
var Contrastive = []string{"tasks=[{name: pairs, kind: contrastive, weight: 1}]", "lengths={encoder: 16, texts: 2}"}

// Text are assignments that leave the task without images.
var Text = []string{"tasks=[{name: text, kind: denoise, weight: 1, denoisers: ul2, modes: true}]"}

// Dataset writes 40 samples, of which number 5 has an image that does not decode.
func Dataset(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	w, err := shards.Create(dir, shards.Limits{GroupRows: 7})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		if err := w.Append(sample(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	return dir
}

func sample(i int) shards.Sample {
	m := image.NewRGBA(image.Rect(0, 0, 6+i%5, 6))
	for y := range 6 {
		for x := range 6 + i%5 {
			m.Set(x, y, color.RGBA{R: uint8(40 * x), G: uint8(40 * y), B: uint8(6 * i), A: 255})
		}
	}
	var b bytes.Buffer
	png.Encode(&b, m)
	encoded := b.Bytes()
	if i == 5 {
		encoded = encoded[:50]
	}
	s := shards.Sample{
		Key: fmt.Sprint("s", i), Split: "train",
		Images: []shards.Image{{Bytes: encoded, Format: "png", Width: int32(6 + i%5), Height: 6}},
		Texts: []shards.Text{
			{Kind: shards.Caption, Language: "en", Value: fmt.Sprintf("picture number %d of a series", i)},
			{Kind: shards.Caption, Language: "zh", Value: "一张图片"},
		},
		Questions: []shards.Question{{ID: fmt.Sprint("q", i), Text: "which number is it?", Language: "en", Answers: []shards.Answer{{Text: fmt.Sprint(i)}}}},
		Boxes:     []shards.Box{{Label: []string{"cat", "dog", "bird"}[i%3]}, {Label: []string{"tree", "house"}[i%2]}},
	}
	if i%8 == 7 {
		s.Split = "held_out"
	}
	return s
}

// Recipe returns the recipe with assignments.
func Recipe(t testing.TB, assignments ...string) mixture.Recipe {
	t.Helper()
	text := strings.ReplaceAll(RecipeYAML, "DATA", Dataset(t))
	r, err := mixture.ParseRecipe([]byte(text), "test.yaml", &mixture.Registry{Tokenizers: tokenize.Builtin()}, assignments...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Stream opens the recipe with assignments, and closes it after the test.
func Stream(t testing.TB, o mixture.Options, assignments ...string) *mixture.Stream {
	t.Helper()
	s, err := mixture.Open(Recipe(t, assignments...), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Batch makes the batch of a step.
func Batch(t testing.TB, s *mixture.Stream, step int) *mixture.Batch {
	t.Helper()
	b, err := s.Batch(t.Context(), step)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
