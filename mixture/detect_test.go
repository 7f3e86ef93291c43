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
			d, err := makeDetect(task, &boxed, all, random.New(uint64(i)))
			if err != nil {
				t.Fatal(err)
			}
			again, _ := makeDetect(task, &boxed, all, random.New(uint64(i)))
			if again.Prompt != d.Prompt || again.Target != d.Target {
				t.Fatalf("%q and %q from one stream", d, again)
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

func TestDetect_RefusesOpsThatMoveBoxes(t *testing.T) {
	r := Recipe{Batch: 1, Lengths: Lengths{Encoder: 8, Decoder: 8}, Tokenizer: tokenize.Config{Model: "x"},
		Images: ImageConfig{Ops: "decode|resize(9)|random_crop(8)"}, Data: "d",
		Tasks: []Task{{Name: "a", Kind: "detect", Weight: 1, Boxes: "corners"}}}
	var all []string
	for _, p := range r.Problems() {
		all = append(all, p.Text)
	}
	text := strings.Join(all, "\n")
	if !strings.Contains(text, "random_crop") || !strings.Contains(text, `"corners"; legal are locations and integers`) {
		t.Errorf("problems %s", text)
	}
}
