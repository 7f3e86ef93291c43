// Command curationrule curates a dataset with rules of its own: one that judges each image, one
// that judges each text, and one that compares samples. The recipe turns them on by name:
//
//	rules:
//	  low_contrast: {least: 20}
//	  bad_words: {words: [casino, viagra]}
//	  same_site: {most: 1000}
//
// Use:
//
//	go run ./examples/curationrule RECIPE DATASET OUT
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/webli"
)

// rules are the rules of this program with their default parameters.
func rules() webli.Rules {
	return webli.Rules{"low_contrast": lowContrast{Least: 10}, "bad_words": badWords{}, "same_site": sameSite{Most: 10}}
}

// lowContrast removes samples with a nearly uniform image.
type lowContrast struct {
	Least uint8 `yaml:"least"` // difference between the lightest and the darkest value, of 255
}

func (p lowContrast) MakeRule() (webli.Rule, error) {
	return webli.SampleRule(func(_ *shards.Sample, images []*augment.Image) string {
		for i, img := range images {
			if contrast := slices.Max(img.Pix) - slices.Min(img.Pix); contrast < p.Least {
				return fmt.Sprintf("image %d has a contrast of %v, less than %v", i, contrast, p.Least)
			}
		}
		return ""
	}), nil
}

// badWords drops texts that contain one of its words.
type badWords struct {
	Words []string `yaml:"words"`
}

func (p badWords) Validate() error {
	if slices.Contains(p.Words, "") {
		return errors.New("words has an empty word")
	}
	return nil
}

func (p badWords) MakeRule() (webli.Rule, error) {
	return webli.TextRule(func(t shards.Text) string {
		for _, word := range strings.Fields(strings.ToLower(t.Value)) {
			if slices.Contains(p.Words, word) {
				return fmt.Sprintf("the text contains %q", word)
			}
		}
		return ""
	}), nil
}

// sameSite keeps the first samples of each web site.
type sameSite struct {
	Most int `yaml:"most"` // samples of a site
}

func (p sameSite) MakeRule() (webli.Rule, error) {
	seen := map[string]int{}
	return webli.Rule{
		Examine: func(s *shards.Sample, _ []*augment.Image) any {
			if u, err := url.Parse(cmp.Or(s.Provenance.PageURL, s.Provenance.URL)); err == nil {
				return strings.Clone(u.Host)
			}
			return ""
		},
		Remove: func(c *webli.Candidate) string {
			site := c.Note.(string)
			if seen[site]++; site != "" && seen[site] > p.Most {
				return fmt.Sprintf("%d samples of %s were kept before it", p.Most, site)
			}
			return ""
		},
	}, nil
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "use: curationrule RECIPE DATASET OUT")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	report, err := curate(ctx, os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, "curationrule:", err)
		os.Exit(1)
	}
	for _, r := range report.Rules {
		fmt.Println(r.Name, r.Removed)
	}
}

func curate(ctx context.Context, recipe, dataset, out string) (webli.Report, error) {
	text, err := os.ReadFile(recipe)
	if err != nil {
		return webli.Report{}, err
	}
	config, err := webli.ReadConfig(text, recipe, "", rules())
	if err != nil {
		return webli.Report{}, err
	}
	in, err := shards.Open(dataset)
	if err != nil {
		return webli.Report{}, err
	}
	defer in.Close()
	return webli.Curate(ctx, []*shards.Dataset{in}, out, config, webli.Options{Command: "curationrule"})
}
