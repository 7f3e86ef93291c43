// Package notebooks_test runs the cells of the GoNB notebooks in this folder as one program each.
package notebooks_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// program makes a Go program from a notebook's cells. In each cell, the lines before %% are
// declarations and the lines after it run in order. It drops GoNB's other commands.
func program(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var notebook struct {
		Cells []struct {
			Type   string   `json:"cell_type"`
			Source []string `json:"source"`
		} `json:"cells"`
	}
	if err := json.Unmarshal(content, &notebook); err != nil {
		t.Fatal(err)
	}
	declarations, calls := "package main\n", ""
	for i, cell := range notebook.Cells {
		if cell.Type != "code" {
			continue
		}
		var before, body strings.Builder
		into := &before
		for _, line := range cell.Source {
			switch {
			case strings.HasPrefix(line, "%%"):
				into = &body
			case !strings.HasPrefix(line, "%") && !strings.HasPrefix(line, "!"):
				into.WriteString(line)
			}
		}
		declarations += before.String() + "\n"
		if body.Len() > 0 {
			declarations += fmt.Sprintf("func cell%d() {\n%s\n}\n", i, body.String())
			calls += fmt.Sprintf("\tcell%d()\n", i)
		}
	}
	return declarations + "func main() {\n" + calls + "}\n"
}

const recipe = `
family: pali3
tokenizer: {model: ../tokenize/sentencepiece/testdata/nmt_nfkc.model}
images: {ops: "decode|resize(8)|value_range(-1,1)"}
lengths: {encoder: 32, decoder: 12}
batch: 4
tasks: [{name: caption, kind: caption, weight: 1}]
model:
  image: {width: 8, depth: 1, mlp: 8, heads: 1, patch: 8}
  language: {width: 16, mlp: 16, heads: 1, head_dim: 8, encoder_layers: 1, decoder_layers: 1}
steps: 2
optimizer: {name: adamw, learning_rate: 0.02}
`

// smallRun makes a folder with a dataset of grey images and a model that captions them.
func smallRun(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	data := filepath.Join(folder, "data")
	_, err := shards.Write(data, func(yield func(shards.Sample, error) bool) {
		for i := range 12 {
			grey := image.NewGray(image.Rect(0, 0, 8, 8))
			grey.SetGray(i%8, 1, color.Gray{Y: 200})
			var encoded bytes.Buffer
			err := png.Encode(&encoded, grey)
			s := shards.Sample{
				Key: fmt.Sprint("dot-", i), Split: []string{"train", "held_out"}[i%2], Images: []shards.Image{{Bytes: encoded.Bytes()}},
				Texts:     []shards.Text{{Kind: shards.Caption, Language: "en", Value: fmt.Sprint("a dot at ", i%8)}},
				Questions: []shards.Question{{ID: fmt.Sprint(i), Text: "How many dots?", Answers: []shards.Answer{{Text: "1"}}}},
			}
			if !yield(s, err) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := stages.ParseRecipe([]byte(recipe), "test", nil, "data="+data)
	if err != nil {
		t.Fatal(err)
	}
	be, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stages.Run(t.Context(), r, filepath.Join(folder, "caption"), stages.Options{Backend: be}); err != nil {
		t.Fatal(err)
	}
	return folder
}

// shown decodes the pages that the notebook would show.
func shown(t *testing.T, path string) (pages []string) {
	t.Helper()
	pipe, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	for decoder := gob.NewDecoder(pipe); ; {
		var message struct {
			Data      map[string]any
			DisplayID string
		}
		if err := decoder.Decode(&message); errors.Is(err, io.EOF) {
			return pages
		} else if err != nil {
			t.Fatal(err)
		}
		page, _ := message.Data["text/html"].(string)
		pages = append(pages, page)
	}
}

func TestInside_CellsRunAsAProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED with -short: the notebook's cells, compiled and run as a program")
	}
	dir := t.TempDir()
	source, binary, pipe := filepath.Join(dir, "main.go"), filepath.Join(dir, "inside"), filepath.Join(dir, "pipe")
	if err := os.WriteFile(source, []byte(program(t, "inside.ipynb")), 0o644); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, source).CombinedOutput(); err != nil {
		t.Fatalf("compiling the cells: %v\n%s", err, said)
	}
	if err := os.WriteFile(pipe, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	folder := smallRun(t)
	for name, environment := range map[string]string{"notebook": "GONB_PIPE=" + pipe, "program": "GONB_PIPE="} {
		run := exec.CommandContext(t.Context(), binary)
		run.Env = append(os.Environ(), "PALI3_RUN="+folder, environment)
		said, err := run.CombinedOutput()
		if err != nil {
			t.Fatalf("as a %s: %v\n%s", name, err, said)
		}
		for _, want := range []string{"12 samples, 12 texts, 12 questions", "image ops: decode|resize(8)", "step 100: ", "6 captions in all languages"} {
			if !strings.Contains(string(said), want) {
				t.Errorf("as a %s it did not print %q:\n%s", name, want, said)
			}
		}
		if plain := strings.Contains(string(said), "target: a dot at"); plain != (name == "program") {
			t.Errorf("as a %s it printed the batch: %v", name, plain)
		}
	}
	pages := shown(t, pipe)
	if len(pages) != 3 {
		t.Fatalf("%d pages, want 3", len(pages))
	}
	for i, want := range []struct {
		text   string
		images int
	}{{"How many dots? 1", 8}, {"prompt: Generate the alt_text in en at 0:", 4}, {"truth: a dot at", 6}} {
		if n := strings.Count(pages[i], "data:image/png;base64,"); n != want.images || !strings.Contains(pages[i], want.text) {
			t.Errorf("page %d: %d images, want %d, and %q in %s", i, n, want.images, want.text, pages[i])
		}
	}
}
