package cli

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	paint "image/draw"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pali3/pali3/random"
)

// TestOwnDataPage runs the commands of docs/own-data.md in their order, on a folder of generated
// images and with stages of a few steps. What the page says that a command prints must be part of
// what it prints.
func TestOwnDataPage(t *testing.T) {
	content, err := os.ReadFile("../docs/own-data.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	saveToys(t, dir)
	printed := ""
	for _, block := range fenced(string(content)) {
		if block.kind == "text" && !strings.Contains(printed, block.text) {
			t.Errorf("the page shows\n%sbut this is printed:\n%s", block.text, printed)
		}
		if block.kind != "sh" {
			continue
		}
		for line := range strings.Lines(block.text) {
			line, fails := strings.CutSuffix(strings.TrimSpace(line), " # exit status 1")
			words := split(line)
			c := command(t.Context(), dir, append([]string{"--quiet"}, words[1:]...)...)
			var stderr bytes.Buffer
			c.Stderr = &stderr
			out, err := c.Output()
			if (err != nil) != fails {
				t.Fatalf("%s\n%v\n%s%s", line, err, out, stderr.Bytes())
			}
			printed = string(out)
			t.Logf("%s\n%s%s", line, printed, stderr.Bytes())
			if words[1] == "start" && !fails {
				shortenStages(t, filepath.Join(dir, "mine", "recipes"))
			}
		}
	}
}

// saveToys writes the folder toys, a hundred images of coloured blocks with captions, and long.tsv,
// a table of texts of three.
func saveToys(t *testing.T, dir string) {
	t.Helper()
	colours := []struct {
		name string
		is   color.RGBA
	}{{"red", color.RGBA{220, 30, 30, 255}}, {"green", color.RGBA{30, 200, 40, 255}}, {"blue", color.RGBA{40, 60, 220, 255}}, {"yellow", color.RGBA{230, 220, 40, 255}}}
	if err := os.MkdirAll(filepath.Join(dir, "toys"), 0o755); err != nil {
		t.Fatal(err)
	}
	save := func(name string, content []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 100 {
		rng := random.New(uint64(i))
		m := image.NewRGBA(image.Rect(0, 0, 48, 48))
		var first, last string
		for at := range 9 {
			c := colours[rng.IntN(4)]
			paint.Draw(m, image.Rect(at%3*16, at/3*16, at%3*16+16, at/3*16+16), image.NewUniform(c.is), image.Point{}, paint.Src)
			if at == 0 {
				first = c.name
			}
			last = c.name
		}
		var encoded bytes.Buffer
		if err := png.Encode(&encoded, m); err != nil {
			t.Fatal(err)
		}
		save(fmt.Sprintf("toys/%03d.png", i), encoded.Bytes())
		save(fmt.Sprintf("toys/%03d.txt", i), []byte(fmt.Sprintf("a quilt from %s to %s", first, last)))
	}
	var table strings.Builder
	table.WriteString("image\tlanguage\tcaption\n")
	for _, row := range []string{"000\ten\tone quilt", "001\ten\tanother quilt", "000\tde\teine Decke", "002\ten\ta third", "000\tfr\tune couette", "001\tde\tnoch eine Decke", "002\tpl\ttrzecia"} {
		table.WriteString("toys/" + strings.Replace(row, "\t", ".png\t", 1) + "\n")
	}
	save("long.tsv", []byte(table.String()))
}

// stepsLine and everyLine are those of a recipe.
var (
	stepsLine = regexp.MustCompile(`(?m)^steps: \d+$`)
	everyLine = regexp.MustCompile(`every: \d+`)
)

// shortenStages cuts the recipes of a project to a few steps.
func shortenStages(t *testing.T, recipes string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(recipes, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text = everyLine.ReplaceAll(stepsLine.ReplaceAll(text, []byte("steps: 4")), []byte("every: 4"))
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
