package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// onePixel is a GIF of one pixel.
const onePixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

func boxes(labels ...string) (all []shards.Box) {
	for _, label := range labels {
		all = append(all, shards.Box{Label: label})
	}
	return all
}

func TestRun_MakesExamplesOfItsOwnKind(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if _, err := shards.Write(data, func(yield func(shards.Sample, error) bool) {
		for _, s := range []shards.Sample{{Key: "two", Boxes: boxes("cat", "cat")}, {Key: "one", Boxes: boxes("dog")}, {Key: "none"}} {
			s.Split, s.Images = "train", []shards.Image{{Bytes: []byte(onePixel)}}
			yield(s, nil)
		}
	}); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(t.Context(), &out, data); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"two: How many cat?", "-> 2\n", "one: How many dog?", "-> 1\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("printed\n%swant %q in it", out.String(), want)
		}
	}
	if strings.Contains(out.String(), "none:") {
		t.Errorf("a sample without boxes is used:\n%s", out.String())
	}
}

func TestRegistry_HoldsItsOwnKind(t *testing.T) {
	asks := registry().Asks(mixture.Task{Kind: "counting"}, &shards.Sample{Key: "k", Boxes: boxes("cat", "cat", "dog")})
	if len(asks) != 2 || asks[0].Prompt != "How many cat? <extra_id_0>" || asks[0].Truths[0] != "2" {
		t.Errorf("asks %+v", asks)
	}
	if kinds := evalsuite.PredictKinds(registry()); !strings.Contains(strings.Join(kinds, " "), "counting") {
		t.Errorf("a model cannot be asked counting: %q", kinds)
	}
	_, err := mixture.ParseRecipe([]byte(recipe), "recipe", registry(), "data=d", "tasks.0.kind=countin")
	if err == nil || !strings.Contains(err.Error(), `"counting" (of caption, contrastive, counting,`) {
		t.Errorf("error %v, want the nearest kind and all that there are", err)
	}
	if _, err := mixture.ParseRecipe([]byte(recipe), "recipe", nil, "data=d"); err == nil {
		t.Error("a recipe of an own kind is read without its registry")
	}
}
