package mixture

import (
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// boxed is a sample with three objects, a box that is empty, and one of another image.
var boxed = shards.Sample{Key: "k", Boxes: []shards.Box{
	{Label: "dog", Y0: 0.5, X0: 0, Y1: 1, X1: 0.25},
	{Label: "cat", Y0: 0.25, X0: 0.5, Y1: 0.5, X1: 1},
	{Label: "cat", Y0: 0, X0: 0.5, Y1: 0.25, X1: 1},
	{Label: "empty", Y0: 0.5, X0: 0.5, Y1: 0.5, X1: 0.5},
	{Label: "elsewhere", Image: 1, Y0: 0, X0: 0, Y1: 1, X1: 1},
}}

func TestDetect_TargetsListTheBoxesOfThePrompt(t *testing.T) {
	all := Labels{objectBoxes: {"bird", "cat", "cow", "dog", "owl"}}
	for form, separator := range map[BoxForm]string{"": " ; ", BoxLocations: " ; ", BoxIntegers: " and "} {
		task := &Task{Kind: "detect", Prompt: detectPrompt, Boxes: form}
		absent := map[int]int{}
		for i := range 300 {
			d, err := makeDetect(&Material{Task: task, Sample: &boxed, Labels: all, Rng: random.New(uint64(i))})
			if err != nil {
				t.Fatal(err)
			}
			again, _ := makeDetect(&Material{Task: task, Sample: &boxed, Labels: all, Rng: random.New(uint64(i))})
			if again.Prompt != d.Prompt || again.Target != d.Target {
				t.Fatalf("%+v and %+v from one stream", d, again)
			}
			labels := strings.Split(strings.TrimPrefix(d.Prompt, "detect "), separator)
			if !slices.Contains(labels, "cat") || !slices.Contains(labels, "dog") {
				t.Fatalf("%q lacks a label of the image", d.Prompt)
			}
			absent[len(labels)-2]++
			if got := labelsOf(t, form, d.Target); len(got) != 3 ||
				(slices.Index(labels, "cat") < slices.Index(labels, "dog")) != (got[0] == "cat") {
				t.Fatalf("%q is answered with %q", d.Prompt, d.Target)
			}
		}
		if absent[0] == 0 || absent[1] == 0 || absent[2] == 0 || len(absent) != 3 {
			t.Errorf("%s: absent labels %v, want 0 to 2", form, absent)
		}
	}
}

// labelsOf returns the labels of a target, which must be well formed.
func labelsOf(t *testing.T, form BoxForm, target string) (labels []string) {
	t.Helper()
	if form == BoxIntegers {
		found, invalid := tokenize.ParsePlainRegions(target)
		if len(invalid) > 0 {
			t.Fatalf("%q: %v", target, invalid)
		}
		for _, r := range found {
			labels = append(labels, r.Label)
		}
		return labels
	}
	found, invalid := tokenize.ParseRegions(target)
	if len(invalid) > 0 {
		t.Fatalf("%q: %v", target, invalid)
	}
	for _, r := range found {
		labels = append(labels, r.Label)
	}
	return labels
}

func TestDetect_AsksForAllBoxes(t *testing.T) {
	task := &Task{Kind: "detect", Prompt: detectPrompt, Boxes: BoxIntegers}
	asks := askForBoxes(task, &boxed)
	if len(asks) != 1 || asks[0].Prompt != "detect cat and dog" || asks[0].ID != "k/boxes" ||
		asks[0].Truths[0] != "0 500 250 999 cat 250 500 500 999 cat 500 0 999 250 dog" {
		t.Errorf("%+v", asks)
	}
	task.Boxes = BoxLocations
	if asks = askForBoxes(task, &boxed); len(asks) != 1 || asks[0].Prompt != "detect cat ; dog" ||
		!strings.HasPrefix(asks[0].Truths[0], "<loc0000><loc0512><loc0256><loc1023> cat ; ") {
		t.Errorf("%+v", asks)
	}
	if asks = askForBoxes(task, &shards.Sample{}); asks != nil {
		t.Errorf("%+v of a sample without boxes", asks)
	}
}

func TestDetect_RefusesScoringWithOpsThatMoveBoxes(t *testing.T) {
	r := Recipe{Batch: 1, Lengths: Lengths{Encoder: 8, Decoder: 8}, Tokenizer: tokenize.Config{Model: "x"},
		Images: ImageConfig{Ops: "decode|resize(9)|random_crop(8)"}, Data: "d",
		Tasks: []Task{{Name: "a", Kind: "detect", Weight: 1, Boxes: "corners"}}}
	var all []string
	for _, p := range r.Problems() {
		all = append(all, p.Text)
	}
	text := strings.Join(all, "\n")
	if !strings.Contains(text, "random_crop(8) of images.ops moves them") || !strings.Contains(text, `"corners"; legal are locations and integers`) {
		t.Errorf("problems %s", text)
	}
}

func TestDetect_AsksForFewerLabelsThanFit(t *testing.T) {
	vocab, err := recipe(t).OpenVocabulary()
	if err != nil {
		t.Fatal(err)
	}
	var s shards.Sample
	for i := range 8 {
		y := float32(i) / 8
		s.Boxes = append(s.Boxes, shards.Box{Label: string(rune('a' + i)), Y0: y, X0: 0, Y1: y + .1, X1: 1})
	}
	task := &Task{Kind: "detect", Prompt: detectPrompt, Boxes: BoxIntegers, Fit: FitLeaveOut}
	all, named := Labels{objectBoxes: {"a", "b", "c", "x", "y"}}, map[string]int{}
	for seed := range uint64(400) {
		m := &Material{Task: task, Sample: &s, Labels: all, Rng: random.New(seed), room: room{vocab, 64, 60}}
		d, err := makeDetect(m)
		if err != nil || !m.Fits(d.Target) || len(d.LeftOut) != 1 {
			t.Fatalf("%+v, %v", d, err)
		}
		labels := strings.Split(strings.TrimPrefix(d.Prompt, "detect "), " and ")
		found := labelsOf(t, BoxIntegers, d.Target)
		if len(found)+d.LeftOut[0].Count != 8 {
			t.Fatalf("%q lacks %v", d.Target, d.LeftOut)
		}
		for _, label := range found {
			if !slices.Contains(labels, label) {
				t.Fatalf("%q is answered with %q", d.Prompt, d.Target)
			}
			named[label]++
		}
	}
	if len(named) != 8 || named["h"] < named["a"]*2/3 {
		t.Errorf("boxes named %v: not equally often", named)
	}
}
