package main

import (
	"slices"
	"strings"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/webli"
)

// species are the birds that this program knows.
var species = []string{"wren", "owl", "robin"}

// named returns the first species that a text names, or "".
func named(text string) string {
	words := strings.Fields(strings.ToLower(text))
	i := slices.IndexFunc(words, func(word string) bool { return slices.Contains(species, word) })
	if i < 0 {
		return ""
	}
	return words[i]
}

// speciesKind asks for the species that a caption names.
var speciesKind = mixture.Kind{
	Name: "species", Prompt: "Which bird is it?", Image: true, Target: true,
	Usable: func(t *mixture.Task, s *shards.Sample) bool {
		texts := t.TextsOf(s)
		return len(texts) > 0 && named(texts[0].Value) != ""
	},
	Make: func(m *mixture.Material) (mixture.Draft, error) {
		return mixture.Draft{Prompt: m.Task.Prompt, Target: named(m.Task.TextsOf(m.Sample)[0].Value)}, nil
	},
}

// negativeOp turns light into dark.
var negativeOp = augment.Op{
	Name: "negative", Usage: "negative", Help: "light becomes dark",
	Build: func(*augment.Arguments) (augment.Action, error) {
		return augment.Action{KeepsSize: true, Run: func(p *augment.Pixels, _ *random.Stream) error {
			pixels := p.Tensor().Pix
			for i := range pixels {
				pixels[i] = 255 - pixels[i]
			}
			return nil
		}}, nil
	},
}

// fewWords removes texts of fewer words than Least.
type fewWords struct {
	Least int `yaml:"least"`
}

func (p fewWords) MakeRule() (webli.Rule, error) {
	return webli.TextRule(func(t shards.Text) string {
		if len(strings.Fields(t.Value)) < p.Least {
			return "too few words"
		}
		return ""
	}), nil
}
