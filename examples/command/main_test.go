package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// onePixel is a GIF of one pixel.
const onePixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// files are what the session of the test works with.
var files = map[string]string{
	"wren.gif": onePixel, "owl.gif": onePixel, "bee.gif": onePixel, "cut.gif": onePixel[:20],
	"diary.txt":   "wren.gif a wren on a wall\nowl.gif a sleepy owl\nbee.gif bee\ncut.gif a robin\n",
	"curate.yaml": "rules: {few_words: {least: 2}}\n",
	"species.yaml": `family: pali3
seed: 0
data: good
tokenizer: {model: "pali3:tokenizer.model", sentinels: 64, mode_tokens: true}
images: {ops: "decode|resize(16)|negative|value_range(-1,1)"}
lengths: {encoder: 16, decoder: 8}
batch: 2
tasks:
  - {name: species, kind: species, weight: 1}
model:
  image: {width: 16, depth: 1, mlp: 24, heads: 2, patch: 8}
  language: {width: 16, mlp: 24, heads: 2, head_dim: 8, encoder_layers: 1, decoder_layers: 1}
steps: 1
optimizer: {name: adafactor_t5x, learning_rate: 0.03}
`,
	"captions.jsonl": `{"id": "wren.gif/en", "prediction": "the wren"}` + "\n" + `{"id": "owl.gif/en", "prediction": "a robin"}` + "\n",
	"truth.txt":      "wren\nowl\n",
	"guesses.txt":    "wren\nrobin\n",
}

// TestProgram_RunsWithAllAdditions runs a session of command lines, each with what it prints.
func TestProgram_RunsWithAllAdditions(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, content := range files {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ line, want string }{
		{"ingest diary diary.txt --to birds", "rejected   1"},
		{"help ingest diary", "command ingest diary diary.txt --to birds"},
		{"shards head birds --rejects", `"broken_image"`},
		{"curate birds --recipe curate.yaml --to good", "few_words                   -1"},
		{"recipe check species.yaml", "no problems found"},
		{"mix --recipe species.yaml --dump", `"target":"owl"`},
		{"mix --recipe species.yaml --digest", "0 "},
		{"help image-ops", "light becomes dark"},
		{"help recipes", "species"},
		{"eval --data good --split train --predictions captions.jsonl", "caption_named"},
		{"eval --bench species --annotations truth.txt --predictions guesses.txt", "50.00"},
		{"eval score --help", "species, "},
		{"complete eval --bench sp", "species"},
	} {
		var stdout, stderr bytes.Buffer
		status := program().Run(t.Context(), strings.Fields(c.line), strings.NewReader(""), &stdout, &stderr)
		if status != 0 || !strings.Contains(stdout.String(), c.want) {
			t.Errorf("%s: status %d, want %q in\n%s%s", c.line, status, c.want, stdout.String(), stderr.String())
		}
	}
}
