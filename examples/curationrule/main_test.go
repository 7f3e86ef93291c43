package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/webli"
)

func TestCurate_AppliesOwnRules(t *testing.T) {
	dir := t.TempDir()
	recipe, raw, out := filepath.Join(dir, "curate.yaml"), filepath.Join(dir, "raw"), filepath.Join(dir, "out")
	text := "rules:\n  low_contrast: {}\n  bad_words: {words: [casino]}\n  same_site: {most: 2}\n"
	if err := os.WriteFile(recipe, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	samples := []shards.Sample{
		sample("flat", 5, "example.org", "grey"),
		sample("advert", 200, "example.org", "visit our Casino"),
		sample("one", 200, "example.org", "a house", "a casino"),
		sample("two", 200, "example.org", "a house"),
		sample("three", 200, "example.org", "a house"),
		sample("four", 200, "example.com", "a house"),
	}
	_, err := shards.Write(raw, func(yield func(shards.Sample, error) bool) {
		for _, s := range samples {
			if !yield(s, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	report, err := curate(t.Context(), recipe, raw, out)
	if err != nil {
		t.Fatal(err)
	}
	want := []webli.Removal{
		{Name: "undecodable"}, {Name: "same_key"}, {Name: "bad_words", Removed: 1}, {Name: "low_contrast", Removed: 1}, {Name: "same_site", Removed: 1},
	}
	if !slices.Equal(report.Rules, want) || report.Out != 3 || report.Texts != 1 {
		t.Errorf("%+v", report)
	}
	d, err := shards.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var details []string
	for r, err := range d.Rejects() {
		if err != nil {
			t.Fatal(err)
		}
		details = append(details, fmt.Sprintf("%s: %s: %s", r.Key, r.Reason, r.Detail))
	}
	slices.Sort(details)
	if !slices.Equal(details, []string{
		`advert: bad_words: the text contains "casino"`,
		"flat: low_contrast: image 0 has a contrast of 5, less than 10",
		"three: same_site: 2 samples of example.org were kept before it",
	}) {
		t.Errorf("rejects %q", details)
	}
}

func TestRules_NearestName(t *testing.T) {
	_, err := webli.ReadConfig([]byte("rules: {low_contrst: {}}"), "mine.yaml", "", rules())
	if err == nil || !strings.Contains(err.Error(), `the nearest legal key is "low_contrast"`) {
		t.Error(err)
	}
}

// sample returns a sample whose image has two levels of grey, contrast apart.
func sample(key string, contrast uint8, site string, texts ...string) shards.Sample {
	img := image.NewGray(image.Rect(0, 0, 32, 32))
	img.SetGray(3, len(key), color.Gray{Y: contrast})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	s := shards.Sample{
		Key:        key,
		Images:     []shards.Image{{Bytes: b.Bytes(), Format: "png", Width: 32, Height: 32}},
		Provenance: shards.Provenance{PageURL: "https://" + site + "/" + key},
	}
	for _, t := range texts {
		s.Texts = append(s.Texts, shards.Text{Kind: shards.Alt, Language: "en", Value: t})
	}
	return s
}
