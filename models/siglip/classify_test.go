package siglip_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/pali3/pali3/models/siglip"
)

func TestTemplates(t *testing.T) {
	for name, n := range map[string]int{"clip_paper": 81, "clip_best": 8, "class_name_only": 1} {
		all, err := siglip.Templates(name)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, text := range all {
			if strings.Count(text, "{}") != 1 || seen[text] {
				t.Errorf("%s: %q", name, text)
			}
			seen[text] = true
		}
		if len(all) != n || all[n-1] != "{}" {
			t.Errorf("%s has %d templates, the last %q", name, len(all), all[len(all)-1])
		}
	}
	if _, err := siglip.Templates("clip"); err == nil || !strings.Contains(err.Error(), "clip_paper") {
		t.Error(err)
	}
}

// TestCanonical compares with what big_vision's canonicalize_text returned.
func TestCanonical(t *testing.T) {
	for _, c := range [][3]string{
		{"A photo of a {}.", "{}", "a photo of a {}"},
		{"itap of {my} {}, the_{}!", "{}", "itap of my {} the {}"},
		{"black-and-tan  coonhound, hound", ",", "blackandtan coonhound, hound"},
		{"  Tab\tand\nline~`^$ ", "", "tab and line"},
		{"Große ÉTÉ «x» – it's", "", "große été «x» – its"},
		{"{", "{}", ""},
	} {
		if got := siglip.Canonical(c[0], c[1]); got != c[2] {
			t.Errorf("%q without %q is %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestClassEmbedding(t *testing.T) {
	got := siglip.ClassEmbedding([][]float32{{1, 0, 0}, {0, 1, 0}})
	if want := math.Sqrt(0.5); math.Abs(float64(got[0])-want) > 1e-7 || math.Abs(float64(got[1])-want) > 1e-7 || got[2] != 0 {
		t.Errorf("%v", got)
	}
	if siglip.ClassEmbedding(nil) != nil {
		t.Error("an embedding of no texts")
	}
	if zero := siglip.ClassEmbedding([][]float32{{1}, {-1}}); zero[0] != 0 {
		t.Errorf("opposite texts give %v", zero)
	}
}

// Classifies an image by the embeddings of texts about each class. A trained model gives the
// embeddings: see EmbedImages and EmbedTexts.
func ExampleClassify() {
	texts := map[string][]float32{
		"itap of a cat": {0.8, 0.6, 0}, "a bad photo of the cat": {1, 0, 0},
		"itap of a dog": {0, 0.6, 0.8}, "a bad photo of the dog": {0, 0, 1},
	}
	templates, err := siglip.Templates("clip_best")
	if err != nil {
		fmt.Println(err)
		return
	}
	names := []string{"cat", "dog"}
	var classes [][]float32
	for _, name := range names {
		var embeddings [][]float32
		for _, template := range templates[:2] {
			text := strings.Replace(siglip.Canonical(template, "{}"), "{}", name, 1)
			embeddings = append(embeddings, texts[text])
		}
		classes = append(classes, siglip.ClassEmbedding(embeddings))
	}
	class, cosine := siglip.Classify([]float32{0.6, 0.8, 0}, classes)
	fmt.Printf("%s, cosine %.2f\n", names[class], cosine)
	// Output:
	// cat, cosine 0.82
}
