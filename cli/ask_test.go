package cli

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
)

// tinyRun trains a PaLI-3 of a few thousand weights on captions in two languages, in the current
// folder.
func tinyRun(t *testing.T, dir string) {
	t.Helper()
	write := func(name string, content []byte) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	table := "file,alt,lang\n"
	for i, name := range []string{"red", "green", "blue"} {
		im := image.NewRGBA(image.Rect(0, 0, 8, 8))
		for at := range 64 {
			im.Set(at%8, at/8, color.RGBA{R: uint8(i * 100), G: uint8(at), A: 255})
		}
		var content bytes.Buffer
		if err := png.Encode(&content, im); err != nil {
			t.Fatal(err)
		}
		write("img/"+name+".png", content.Bytes())
		table += fmt.Sprintf("img/%s.png,a %s square,en\nimg/%s.png,ein Quadrat,de\n", name, name, name)
	}
	write("t.csv", []byte(table))
	model, err := filepath.Abs("../tokenize/sentencepiece/testdata/nmt_nfkc.model")
	if err != nil {
		t.Fatal(err)
	}
	write("r.yaml", []byte(`stage: pali3
data: data
tokenizer: {model: `+model+`, sentinels: 64, mode_tokens: true}
images: {ops: "decode|resize(8)|value_range(-1,1)"}
lengths: {encoder: 24, decoder: 4}
batch: 2
tasks:
  - {name: caption, kind: caption, split: all, weight: 1}
model:
  image: {width: 16, depth: 1, mlp: 24, heads: 2, patch: 4}
  language: {width: 16, mlp: 24, heads: 2, head_dim: 8, encoder_layers: 1, decoder_layers: 1}
steps: 1
optimizer: {name: adafactor_t5x, learning_rate: 0.02}
`))
	mustRun(t, dir, "-q", "ingest", "table", "t.csv", "--image-column", "file", "--text-column", "alt", "--language-column", "lang", "--to", "data")
	mustRun(t, dir, "-q", "train", "--recipe", "r.yaml", "--out", "run")
}

// runCommandLine runs a command and returns its standard output, its standard error and its exit
// status.
func runCommandLine(t *testing.T, dir string, args ...string) (out, log string, status int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := command(t.Context(), dir, args...)
	c.Stdout, c.Stderr = &stdout, &stderr
	c.Stdin = strings.NewReader("img/red.png\nimg/green.png\n")
	c.Run() // the status has the error
	return stdout.String(), stderr.String(), c.ProcessState.ExitCode()
}

func TestCaption_ManyImages(t *testing.T) {
	dir := t.TempDir()
	tinyRun(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "bad.png"), []byte("\x89PNG\r\n\x1a\nno image"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		args   string
		lines  int
		log    string
		status int
	}{
		{"one image", "caption img/red.png --model run", 1, "", 0},
		{"a folder", "caption img --model run --lang de", 3, "", 0},
		{"a pattern and a bad file", "caption img/*.png bad.png gone.png *.gif --model run", 3, "3 of 6 images could not be answered; the errors are above", 1},
		{"bad files alone", "caption bad.png gone.png --model run", 0, "2 of 2 images could not be answered", 1},
		{"one bad file", "caption bad.png --model run", 0, "bad.png: ", 1},
		{"a list on standard input", "caption --list - --model run", 2, "", 0},
		{"a language that it never saw", "caption img/red.png --lang fr --model run", 1, "caption in fr, only in de, en", 0},
		{"a task that it never saw", "ask img red? --model run", 3, "the run was never trained on vqa, only on caption", 0},
		{"the question as a flag", "ask img/red.png img/blue.png --question red? --model run", 2, "never trained on vqa", 0},
		{"no question", "ask img/red.png --model run", 0, "name images and then a question", 2},
		{"no images", "caption --model run", 0, "no images: name files or folders", 2},
		{"an empty folder", "caption data/none* --model run", 0, "no file matches", 1},
	} {
		out, log, status := runCommandLine(t, dir, strings.Fields(c.args)...)
		if strings.Count(out, "\n") != c.lines && status != 2 || status != c.status || !strings.Contains(log, c.log) || c.log == "" && log != "" {
			t.Errorf("%s: status %d\n%s\n%s", c.name, status, out, log)
		}
	}
}

func TestCaption_JSON(t *testing.T) {
	dir := t.TempDir()
	tinyRun(t, dir)
	out, log, status := runCommandLine(t, dir, "caption", "img/red.png", "--model", "run", "--json")
	var one imageAnswer
	if err := json.Unmarshal([]byte(out), &one); err != nil || one.Image != "img/red.png" || status != 0 {
		t.Errorf("%v: %s %s", err, out, log)
	}
	out, log, status = runCommandLine(t, dir, "caption", "img/red.png", "gone.png", "img/red.png", "--model", "run", "--json")
	var several []imageAnswer
	if err := json.Unmarshal([]byte(out), &several); err != nil || len(several) != 3 || several[0].Text != several[2].Text || status != 1 {
		t.Errorf("%v: status %d %s %s", err, status, out, log)
	}
	if len(several) == 3 && (!strings.Contains(several[1].Error, "gone.png") || several[0].Error != "" || several[0].Text != one.Text) {
		t.Errorf("%+v", several)
	}
}
