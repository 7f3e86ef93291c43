package webli_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/webli"
)

func Example() {
	dir, err := os.MkdirTemp("", "curate")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	w, err := shards.Create(filepath.Join(dir, "raw"), shards.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	for i, alt := range []string{"a lighthouse at dusk", "IMG_2041.jpg", "https://example.org/"} {
		text := shards.Text{Kind: shards.Alt, Language: "en", Value: alt}
		if err := w.Append(shards.Sample{Key: fmt.Sprint(i), Texts: []shards.Text{text}}); err != nil {
			log.Fatal(err)
		}
	}
	if err := w.Commit("example"); err != nil {
		log.Fatal(err)
	}

	raw, err := shards.Open(filepath.Join(dir, "raw"))
	if err != nil {
		log.Fatal(err)
	}
	defer raw.Close()
	config, err := webli.ParseConfig([]byte("texts: {boilerplate: true, max_runes: 1000}"), "example")
	if err != nil {
		log.Fatal(err)
	}
	report, err := webli.Curate(context.Background(), []*shards.Dataset{raw}, filepath.Join(dir, "clean"), config, webli.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("in", report.In, "out", report.Out)
	for _, r := range report.Rules {
		fmt.Println(r.Name, r.Removed)
	}
	// Output:
	// in 3 out 1
	// undecodable 0
	// same_key 0
	// text_length 0
	// text_boilerplate 2
}

func ExampleParseConfig_error() {
	_, err := webli.ParseConfig([]byte("images:\n  min_size: 200\n"), "mine.yaml")
	fmt.Println(err)
	// Output: mine.yaml line 2: unknown key "images.min_size"; the nearest legal key is "min_side" (of max_aspect, max_pixels, max_samples, min_side)
}

func ExampleSplit() {
	dir, err := os.MkdirTemp("", "split")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	_, err = shards.Write(filepath.Join(dir, "clean"), func(yield func(shards.Sample, error) bool) {
		for i := range 1000 {
			text := shards.Text{Kind: shards.Caption, Language: "en", Value: fmt.Sprint("page ", i)}
			s := shards.Sample{Key: fmt.Sprint(i), Texts: []shards.Text{text}, Metadata: map[string]string{"book": fmt.Sprint(i / 4)}}
			if !yield(s, nil) {
				return
			}
		}
	})
	if err != nil {
		log.Fatal(err)
	}
	clean, err := shards.Open(filepath.Join(dir, "clean"))
	if err != nil {
		log.Fatal(err)
	}
	defer clean.Close()
	report, err := webli.Split(context.Background(), clean, filepath.Join(dir, "data"), webli.SplitConfig{
		Fractions:    []webli.Fraction{{Name: "val", Part: 0.1}, {Name: "test", Part: 0.1}},
		By:           "book", // keeps the pages of a book together
		KeepTogether: webli.NearDuplicates,
	}, webli.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range report.Splits {
		fmt.Println(p.Name, p.Samples)
	}
	// Output:
	// train 808
	// val 64
	// test 128
}

// maxWords drops texts of more than Most words.
type maxWords struct {
	Most int `yaml:"most"`
}

func (p maxWords) MakeRule() (webli.Rule, error) {
	return webli.TextRule(func(t shards.Text) string {
		if n := len(strings.Fields(t.Value)); n > p.Most {
			return fmt.Sprintf("%d words, more than %d", n, p.Most)
		}
		return ""
	}), nil
}

func ExampleRules() {
	rules := webli.Rules{"max_words": maxWords{Most: 100}}
	config, err := webli.ReadConfig([]byte("rules: {max_words: {most: 3}}"), "mine.yaml", "", rules)
	fmt.Println(config.Rules["max_words"], err)
	_, err = webli.ReadConfig([]byte("rules: {max_word: {}}"), "mine.yaml", "", rules)
	fmt.Println(err)
	// Output:
	// {3} <nil>
	// mine.yaml line 1: unknown key "rules.max_word"; the nearest legal key is "max_words" (of max_words)
}
