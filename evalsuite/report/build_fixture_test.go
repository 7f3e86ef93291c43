package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/shards"
)

// hostile is a text that must not become markup.
const hostile = `<script>alert(1)</script>"><img src=x onerror=alert(1)>`

// drawing is an image of size by size pixels whose shades follow from n.
func drawing(n, size int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, size, size))
	for i := range size * size {
		m.Set(i%size, i/size, color.RGBA{uint8(n * 37), uint8(i % size * 255 / size), uint8(i / size * 255 / size), 255})
	}
	return m
}

// encoded are the bytes of a drawing in a format that n chooses; browsers do not show two of the
// three.
func encoded(t testing.TB, n, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch n % 3 {
	case 0:
		err = png.Encode(&b, drawing(n, size))
	case 1:
		err = bmp.Encode(&b, drawing(n, size))
	case 2:
		err = tiff.Encode(&b, drawing(n, size), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// aProject makes a project folder: a dataset of 20 images in data, of which 8 are held out,
// curated, and runs of it by name.
func aProject(t testing.TB, runs ...string) string {
	t.Helper()
	dir := t.TempDir()
	w, err := shards.Create(filepath.Join(dir, "data"), shards.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		m, err := shards.NewImage(encoded(t, n, 48))
		if err != nil {
			t.Fatal(err)
		}
		s := shards.Sample{Key: fmt.Sprintf("image-%02d", n), Split: "train", Images: []shards.Image{m}}
		if n >= 12 {
			s.Split = "val"
		}
		s.Texts = []shards.Text{{Kind: shards.Caption, Language: "en", Value: fmt.Sprintf("a red face %d %s", n, hostile)}, {Kind: shards.Caption, Language: "de", Value: "ein rotes Gesicht"}}
		s.Questions = []shards.Question{{ID: fmt.Sprintf("q%d", n), Text: "What is it?", Language: "en", Kind: "what", Answers: []shards.Answer{{Text: "face"}}}}
		if err := w.Append(s); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 5 {
		w.Reject(shards.Reject{Origin: "raw", Key: fmt.Sprint(n), Reason: "near_duplicate"})
	}
	w.Reject(shards.Reject{Origin: "raw", Key: "5", Reason: "min_side"})
	if err := w.Commit("curate"); err != nil {
		t.Fatal(err)
	}
	for i, name := range runs {
		aRun(t, filepath.Join(dir, name), i)
	}
	return dir
}

// aRun makes a run folder of the project around it whose learning rate and scores follow from n.
func aRun(t testing.TB, dir string, n int) {
	t.Helper()
	model, err := filepath.Abs("../../tokenize/sentencepiece/testdata/nmt_nfkc.model")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "run.yaml"), fmt.Sprintf(`
stage: pali3
seed: 0
data: ../data
tokenizer: {model: %q, sentinels: 8}
images: {ops: "decode|resize(32)|value_range(-1,1)"}
lengths: {encoder: 12, decoder: 6}
batch: 4
tasks:
- {name: caption, kind: caption, weight: 3}
- {name: vqa, kind: vqa, weight: 1}
model: {image: {width: 8, depth: 1, mlp: 8, heads: 1, patch: 16}, language: {width: 8, mlp: 8, heads: 1, encoder_layers: 1, decoder_layers: 1}}
steps: 100
optimizer: {name: adamw, learning_rate: %g}
`, model, 0.001*float64(n+1)))
	var lines strings.Builder
	for step := 1; step <= 100; step++ {
		loss := 5 / float64(step+n)
		fmt.Fprintf(&lines, `{"step":%d,"loss":%g,"learning_rate":0.001,"examples_per_second":40,"tasks":{"caption":%g,"vqa":%g},"time":"2026-01-01T00:00:00Z"}`+"\n", step, loss, loss*2, loss/2)
		if step%25 == 0 {
			fmt.Fprintf(&lines, `{"step":%d,"eval":{"split":"val","samples":8,"scores":{"loss":{"value":%g,"lo":0.01,"hi":9,"n":8},"caption_cider":{"value":%g,"lo":0.1,"hi":2,"n":8}}},"time":"2026-01-01T00:00:00Z"}`+"\n", step, loss*1.5, 1-loss/5)
		}
	}
	write(t, filepath.Join(dir, "metrics.jsonl"), lines.String())
	write(t, filepath.Join(dir, "model.json"), "{}")
	write(t, filepath.Join(dir, "weights.safetensors"), "")
	high := metrics.Score{Value: 0.5 + 0.4*float64(n), Lo: 0.45 + 0.4*float64(n), Hi: 0.55 + 0.4*float64(n), N: 8}
	content, err := json.Marshal(evalsuite.Evaluation{Data: "../data", Split: "val", Samples: 8, Scores: map[string]evalsuite.Scores{"vqa_accuracy": {Model: high, Blind: &metrics.Score{Value: 0.1, N: 8}}},
		ByLanguage: map[string]map[string]evalsuite.Scores{"caption_exact": {"en": {Model: high}, "de": {Model: high}}}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "evaluation-val.json"), string(content))
	var captions, answers strings.Builder
	for i := 12; i < 20; i++ {
		fmt.Fprintf(&captions, `{"id":"image-%02d/en","prediction":%q,"task":"caption"}`+"\n", i, fmt.Sprintf("said %d of run %d %s", i, n, hostile))
		items := "hand"
		if i%2 == n%2 || i == 12 {
			items = "face"
		}
		fmt.Fprintf(&answers, `{"id":"q%d","prediction":%q,"task":"vqa"}`+"\n", i, items)
	}
	write(t, filepath.Join(dir, "predictions", "val-caption.jsonl"), captions.String())
	write(t, filepath.Join(dir, "predictions", "val-vqa.jsonl"), answers.String())
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// build makes the page of runs and lays it out.
func build(t testing.TB, o Options, runs ...string) (*Report, string) {
	t.Helper()
	page, err := Build(t.Context(), runs, o)
	if err != nil {
		t.Fatal(err)
	}
	var html bytes.Buffer
	if err := Write(&html, page); err != nil {
		t.Fatal(err)
	}
	return page, html.String()
}

// sections are the anchors of a page's parts.
func sections(page *Report) string {
	var ids []string
	for _, s := range page.Sections() {
		ids = append(ids, s.ID)
	}
	return strings.Join(ids, " ")
}
