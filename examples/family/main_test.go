package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"os"
	"strings"
	"testing"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/shards"
)

// recipe trains the family on names of colours.
const recipe = `family: bag
seed: 0
data: colours
tokenizer: {model: "pali3:tokenizer.model"}
images: {ops: "decode|resize(8)|value_range(-1,1)"}
lengths: {encoder: 6}
batch: 6
tasks:
  - {name: colours, kind: contrastive, split: train, weight: 1}
model: {width: 16}
steps: 150
optimizer: {name: adamw, learning_rate: 0.03}
`

var colours = map[string]color.RGBA{
	"red": {R: 255, A: 255}, "green": {G: 255, A: 255}, "blue": {B: 255, A: 255},
	"yellow": {R: 255, G: 255, A: 255}, "white": {R: 255, G: 255, B: 255, A: 255}, "black": {A: 255},
}

// write makes a dataset of an image of each colour, in a split to train on and one to score.
func write(t *testing.T, dir string) {
	t.Helper()
	_, err := shards.Write(dir, func(yield func(shards.Sample, error) bool) {
		for name, c := range colours {
			m := image.NewRGBA(image.Rect(0, 0, 8, 8))
			for i := range 64 {
				m.Set(i%8, i/8, c)
			}
			var content bytes.Buffer
			if err := png.Encode(&content, m); err != nil {
				t.Error(err)
			}
			for _, split := range []string{"train", "test"} {
				yield(shards.Sample{
					Key: split + name, Split: split, Images: []shards.Image{{Bytes: content.Bytes()}},
					Texts: []shards.Text{{Kind: "caption", Language: "en", Value: name}},
				}, nil)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestProgram_TrainsAndScoresItsOwnFamily runs a session of command lines, each with what it
// prints.
func TestProgram_TrainsAndScoresItsOwnFamily(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "colours")
	if err := os.WriteFile("bag.yaml", []byte(recipe), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ line, want string }{
		{"recipe check bag.yaml", "no problems found"},
		{"train --recipe bag.yaml --out run --json", `"family": "bag"`},
		{"eval --model run --data colours --split test --json", `"i2t_r1"`},
	} {
		var stdout, stderr bytes.Buffer
		status := program().Run(t.Context(), strings.Fields(c.line), strings.NewReader(""), &stdout, &stderr)
		if status != 0 || !strings.Contains(stdout.String(), c.want) {
			t.Fatalf("%s: status %d, want %q in\n%s%s", c.line, status, c.want, stdout.String(), stderr.String())
		}
	}
	content, err := os.ReadFile("run/evaluation-test.json")
	if err != nil {
		t.Fatal(err)
	}
	var scored evalsuite.Evaluation
	if err := json.Unmarshal(content, &scored); err != nil {
		t.Fatal(err)
	}
	if r1 := scored.Scores["i2t_r1"].Model.Value; r1 < 0.99 {
		t.Errorf("finds the name of %.0f%% of the colours", 100*r1)
	}
}

func TestProgram_NamesTheKeysOfItsFamily(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "colours")
	text := strings.Replace(recipe, "width: 16", "widht: 16", 1)
	if err := os.WriteFile("bag.yaml", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	program().Run(t.Context(), []string{"recipe", "check", "bag.yaml"}, strings.NewReader(""), &stdout, &stderr)
	if want := `unknown key "model.widht"; the nearest legal key is "width"`; !strings.Contains(stdout.String(), want) {
		t.Errorf("printed\n%s%swant %q", stdout.String(), stderr.String(), want)
	}
}
