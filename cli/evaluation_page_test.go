package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// checkEvaluationPage runs the commands of docs/evaluation.md in their order, in a folder with the
// quickstart's run. The models of a smoke run have other scores, and only some samples are scored,
// so of a table that the page shows, its lines are compared but not their numbers.
func checkEvaluationPage(t *testing.T, dir string) {
	content, err := os.ReadFile("../docs/evaluation.md")
	if err != nil {
		t.Fatal(err)
	}
	keepFew(t, filepath.Join(dir, "quickstart-run", "images"), 4)
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 32, 32)), nil); err != nil {
		t.Fatal(err)
	}
	save(t, filepath.Join(dir, "photos", "grey.jpg"), photo.Bytes())
	printed, commands := "", 0
	for _, block := range fenced(string(content)) {
		switch block.kind {
		case "text":
			checkShown(t, block.text, printed)
		case "json":
			checkPrediction(t, filepath.Join(dir, "french.jsonl"), block.text)
		case "sh":
			for line := range strings.Lines(block.text) {
				printed = runLine(t, dir, strings.TrimSpace(line))
				commands++
			}
		}
	}
	if commands < 6 {
		t.Errorf("the page has %d commands", commands)
	}
}

// keepFew removes all but the first n files of a folder.
func keepFew(t *testing.T, dir string, n int) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files[min(n, len(files)):] {
		if err := os.Remove(filepath.Join(dir, file.Name())); err != nil {
			t.Fatal(err)
		}
	}
}

// runLine runs a line of the page and returns what it prints. A list of files that is piped into it
// becomes its standard input. Of a dataset it takes a few samples.
func runLine(t *testing.T, dir, line string) string {
	t.Helper()
	find, line, piped := strings.Cut(line, " | ")
	if !piped {
		find, line = "", find
	}
	words := split(line)
	if words[0] != "pali3" {
		t.Fatalf("%q is not a command of pali3", line)
	}
	if slices.Contains(words, "--data") {
		words = append(words, "--samples", "12")
	}
	c := command(t.Context(), dir, append([]string{"--quiet"}, words[1:]...)...)
	if piped { // find FOLDER -name PATTERN
		parts := split(find)
		found, err := filepath.Glob(filepath.Join(dir, parts[1], parts[3]))
		if err != nil {
			t.Fatal(err)
		}
		c.Stdin = strings.NewReader(strings.Join(found, "\n"))
	}
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s\n%v\n%s%s", line, err, out, stderr.Bytes())
	}
	t.Logf("%s\n%s%s", line, out, stderr.Bytes())
	return string(out)
}

var (
	shownNumber   = regexp.MustCompile(`[0-9]+(?:\\\.[0-9]+)?`)
	shownBaseline = regexp.MustCompile(`constant|grey image`)
)

// checkShown looks for each line that the page shows in what was printed, in their order. Numbers
// and baselines may differ.
func checkShown(t *testing.T, shown, printed string) {
	t.Helper()
	rest := printed
	for line := range strings.Lines(shown) {
		line = strings.TrimSpace(line)
		if line == "" || line == "..." {
			continue
		}
		pattern := shownNumber.ReplaceAllString(regexp.QuoteMeta(line), `[0-9.]+`)
		pattern = shownBaseline.ReplaceAllString(pattern, "(?:constant|grey image)")
		pattern = strings.Join(strings.Fields(pattern), `\s+`)
		at := regexp.MustCompile(`(?m)^\s*` + pattern + `\s*$`).FindStringIndex(rest)
		if at == nil {
			t.Errorf("the page shows %q, but this is printed:\n%s", line, printed)
			return
		}
		rest = rest[at[1]:]
	}
}

// checkPrediction compares the keys of the prediction that the page shows with those in a file.
func checkPrediction(t *testing.T, path, shown string) {
	t.Helper()
	keys := func(line string) []string {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Fatal(fmt.Errorf("%s: %w", line, err))
		}
		return slices.Sorted(maps.Keys(object))
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(content), "\n")
	if got, want := keys(first), keys(shown); !slices.Equal(got, want) {
		t.Errorf("a prediction has the keys %q, the page shows %q", got, want)
	}
}
