package project

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// writeColumns writes a dataset of n samples without splits: texts in two languages, and images and
// questions if asked for.
func writeColumns(t *testing.T, dir string, n int, images, questions bool) {
	t.Helper()
	w, err := shards.Create(dir, shards.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		color := color.RGBA{uint8(i), uint8(3 * i), uint8(255 - i), 255}
		s := shards.Sample{Key: fmt.Sprintf("%03d", i), Texts: []shards.Text{
			{Kind: shards.Caption, Language: "en", Value: fmt.Sprintf("a square with the colour number %d of the chart", i)},
			{Kind: shards.Caption, Language: "de", Value: fmt.Sprintf("ein Quadrat in Farbe %d", i)},
		}}
		if images {
			m := image.NewRGBA(image.Rect(0, 0, 24, 24))
			for at := range 24 * 24 {
				m.SetRGBA(at%24, at/24, color)
			}
			var encoded bytes.Buffer
			if err := png.Encode(&encoded, m); err != nil {
				t.Fatal(err)
			}
			s.Images = []shards.Image{{Bytes: encoded.Bytes(), Format: "png", Width: 24, Height: 24}}
		}
		if questions {
			s.Questions = []shards.Question{{ID: s.Key, Text: "which colour?", Language: "en", Answers: []shards.Answer{{Text: fmt.Sprint(i)}}}}
		}
		if err := w.Append(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
}

// TestNewRecipe_PassesCheck makes recipes of all kinds for datasets of some columns.
func TestNewRecipe_PassesCheck(t *testing.T) {
	be := goBackend(t)
	for _, c := range []struct {
		name              string
		images, questions bool
		kinds             []string
		suited            string
		want              []string // in the suited one
	}{
		{"texts", false, false, []string{"ul2"}, "ul2", []string{"family: t5", "by language: de (70), en (70)", "split: all"}},
		{"captions", true, false, []string{"siglip", "ul2", "stage1", "stage2", "caption"}, "caption",
			[]string{"70 with an image (70 different)", "The samples have no splits.", "# init:", "# freeze: [vision_model]", "# eval: {every: 2, split: val", "kind: caption, split: all"}},
		{"questions", true, true, Kinds()[:6], "stage1", []string{"kind: vqg, split: all", "# Answers: 1 to", "70 questions, by language: en (70)."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			writeColumns(t, "data", 70, c.images, c.questions)
			var notes []string
			o := NewRecipeOptions{Size: "nano", Steps: 9, Note: func(text string) { notes = append(notes, text) }}
			suited, err := NewRecipe(t.Context(), "data", o)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(string(suited), want) {
					t.Errorf("the recipe lacks %q:\n%s", want, suited)
				}
			}
			if !slices.ContainsFunc(notes, func(note string) bool {
				return strings.Contains(note, "pali3 tokenizer train --data data --preset pali --out tokenizer")
			}) {
				t.Errorf("notes %q", notes)
			}
			trainTokenizer(t, "data")
			for _, kind := range c.kinds {
				o.Kind = kind
				text, err := NewRecipe(t.Context(), "data", o)
				if err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(string(text), "Lengths are in pieces of tokenizer.model.") {
					t.Errorf("%s: lengths of another tokenizer", kind)
				}
				found, err := stages.Inspect(t.Context(), text, kind+".yaml", "", nil, stages.InspectOptions{Backend: be})
				if err != nil || found.Failed() {
					t.Errorf("%s: %v %v\n%s", kind, found.Findings, err, text)
				}
				if kind == c.suited && found.Family == "" {
					t.Errorf("%s has no family", kind)
				}
			}
			o.Kind = ""
			again, err := NewRecipe(t.Context(), "data", o)
			o.Kind = c.suited
			named, _ := NewRecipe(t.Context(), "data", o)
			if err != nil || !bytes.Equal(again, named) {
				t.Errorf("the recipe that suits the data is not of kind %s: %v", c.suited, err)
			}
		})
	}
}

func trainTokenizer(t *testing.T, data string) {
	t.Helper()
	d, err := shards.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	model, err := mixture.TrainTokenizer(t.Context(), d, mixture.TokenizerOptions{Split: "all"})
	if err != nil {
		t.Fatal(err)
	}
	if err := model.WriteFiles("tokenizer"); err != nil {
		t.Fatal(err)
	}
}

func TestNewRecipe_SaysWhatTheDataLack(t *testing.T) {
	t.Chdir(t.TempDir())
	writeColumns(t, "texts", 70, false, false)
	writeColumns(t, "few", 5, true, true)
	for _, c := range []struct{ data, kind, want string }{
		{"texts", "vqa", "none of the 70 samples has an image"},
		{"few", "", "there are 5 different images"},
		{"texts", "ul3", `unknown kind of recipe "ul3"`},
		{"nowhere", "", "nowhere is not a dataset"},
	} {
		if _, err := NewRecipe(t.Context(), c.data, NewRecipeOptions{Kind: c.kind, Size: "nano"}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s for %s: error %v, want %q", c.kind, c.data, err, c.want)
		}
	}
}
