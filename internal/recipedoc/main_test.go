package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
	"github.com/pali3/pali3/webli"
)

const root = "../.."

// TestPage_IsThatOfTheSource makes docs/recipes.md and compares.
func TestPage_IsThatOfTheSource(t *testing.T) {
	want, err := render(root)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, "docs/recipes.md"))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/recipes.md is not what the source says: make docs")
	}
}

// TestPage_HasEveryKey looks for the keys of recipes as run.yaml writes them.
func TestPage_HasEveryKey(t *testing.T) {
	page, err := render(root)
	if err != nil {
		t.Fatal(err)
	}
	content, err := stages.Recipe{}.YAML()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^ *([a-z_]+):`).FindAllStringSubmatch(string(content), -1) {
		if !strings.Contains(page, "| `"+m[1]+"` |") {
			t.Errorf("no row of %s", m[1])
		}
	}
}

func TestSplit_TakesOutDefaultAndLegalValues(t *testing.T) {
	for doc, want := range map[string][3]string{
		"Rate of it. Default: 0.9. Legal: 0 to below 1.": {"Rate of it.", "0.9", "0 to below 1"},
		"Name. Required. Legal: a, b.\n":                 {"Name.", "required", "a, b"},
		"Rate. Default:\n0, off. Legal: 0\nto 1.":        {"Rate.", "0, off", "0\nto 1"},
		"Plain, as it\nis.":                              {"Plain, as it\nis.", "", ""},
	} {
		meaning, standard, legal := split(doc)
		if got := [3]string{meaning, standard, legal}; got != want {
			t.Errorf("%q: %q, want %q", doc, got, want)
		}
	}
}

var example = regexp.MustCompile("(?s)```yaml\n# (mine/recipes/(\\w+)\\.yaml)\n.*?```")

// TestExamples_AreSound checks the worked examples as pali3 recipe check does, in their order, on a
// small dataset, each beginning with untrained weights of those before.
func TestExamples_AreSound(t *testing.T) {
	t.Chdir(project(t))
	be, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range example.FindAllStringSubmatch(page, -1) {
		path, name := m[1], m[2]
		names = append(names, name)
		content := []byte(strings.TrimSuffix(strings.TrimPrefix(m[0], "```yaml\n"), "```"))
		dir := filepath.Dir(path)
		if name == "curate" {
			if found := webli.Inspect(content, path, dir, nil, nil); len(found) > 0 {
				t.Errorf("%v", found)
			}
			continue
		}
		found, err := stages.Inspect(t.Context(), content, path, dir, nil, stages.InspectOptions{Backend: be})
		if err != nil {
			t.Fatal(err)
		}
		if len(found.Findings) > 0 || found.Memory == nil || len(found.Tasks) == 0 {
			t.Errorf("%s: %v", path, found.Findings)
		}
		r, err := stages.ReadRecipe(content, path, dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		vocabulary, err := r.Mixture.OpenVocabulary()
		if err != nil {
			t.Fatal(err)
		}
		network, err := r.Network(r.Mixture.Shape(), vocabulary.Size())
		if err != nil {
			t.Fatal(err)
		}
		specs, err := network.Model.Specs(be)
		if err != nil {
			t.Fatal(err)
		}
		run := filepath.Join("mine", name)
		if err := os.Mkdir(run, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := weights.Initial(specs, 1).Save(filepath.Join(run, stages.WeightsFile), nil); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"siglip", "ul2", "stage1", "stage2", "caption", "vqa", "curate"}; !slices.Equal(names, want) {
		t.Errorf("examples %v, want %v", names, want)
	}
}

// project makes a folder that holds mine/data and mine/tokenizer.model.
func project(t *testing.T) string {
	t.Helper()
	model, err := os.ReadFile(filepath.Join(root, "tokenize/sentencepiece/testdata/nmt_nfkc.model"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	w, err := shards.Create(filepath.Join(dir, "mine/data"), shards.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 48 {
		m := image.NewGray(image.Rect(0, 0, 64, 64))
		m.SetGray(i%8, i/8, color.Gray{Y: 255})
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		err := w.Append(shards.Sample{
			Key: fmt.Sprint(i), Split: "train",
			Images:    []shards.Image{{Bytes: b.Bytes(), Format: "png", Width: 64, Height: 64}},
			Texts:     []shards.Text{{Kind: shards.Caption, Language: "en", Value: "a small dot"}},
			Questions: []shards.Question{{Language: "en", Text: "what is it?", Answers: []shards.Answer{{Text: "a dot"}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "mine/tokenizer.model"), model, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}
