package project

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// Kinds lists the recipes that [NewRecipe] writes.
func Kinds() []string {
	return []string{"siglip", "ul2", "stage1", "stage2", "caption", "vqa", "curate"}
}

// NewRecipeOptions say what a new recipe is for.
type NewRecipeOptions struct {
	// Kind is one of [Kinds].
	Kind string
	// Size is one of [Sizes]; default tiny.
	Size string
	// Steps of the training; default 1,000.
	Steps int
	// Tokenizer model that the recipe names; default tokenizer.model.
	Tokenizer string
	Seed      uint64
}

// NewRecipe measures a dataset and returns the YAML of one recipe for it, its paths beginning at
// the current folder. Runs that it takes weights from are called siglip, ul2, stage1 and stage2.
func NewRecipe(ctx context.Context, data string, o NewRecipeOptions) ([]byte, error) {
	if !slices.Contains(Kinds(), o.Kind) {
		return nil, fmt.Errorf("%q is no kind of recipe: it is one of %s", o.Kind, strings.Join(Kinds(), ", "))
	}
	size, err := sizeNamed(orDefault(o.Size, "tiny"))
	if err != nil {
		return nil, err
	}
	d, err := shards.Open(data)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	scratch, err := os.MkdirTemp("", "pali3-recipe-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	m, err := measure(ctx, d, scratch)
	if err != nil {
		return nil, err
	}
	p, err := decide(m, size, o.Seed)
	if err != nil {
		return nil, err
	}
	if err := p.learns(o.Kind); err != nil {
		return nil, err
	}
	for i := range p.Stages {
		if p.Stages[i].Steps = o.Steps; o.Steps == 0 {
			p.Stages[i].Steps = 1000
		}
	}
	text, err := p.Recipe(o.Kind)
	if err != nil {
		return nil, err
	}
	places := strings.NewReplacer(
		"data: ../data", "data: "+quoted(data), "../tokenizer.model", quoted(orDefault(o.Tokenizer, TokenizerFile)),
		"from: ../", "from: ", "pali3 train --recipe recipes/", "pali3 train --recipe ", "pali3 curate raw --recipe recipes/", "pali3 curate "+data+" --recipe ",
	)
	return []byte(places.Replace(string(text))), nil
}

// learns is an error if the data have nothing for a kind of recipe.
func (p *Plan) learns(kind string) error {
	if kind == "curate" || slices.ContainsFunc(p.Stages, func(s PlannedStage) bool { return s.Kind == kind }) {
		return nil
	}
	if kind == "vqa" {
		return fmt.Errorf("%s have a question, too few for a recipe of kind vqa: at least %d", images(p.Measured.Asked), leastImages)
	}
	return fmt.Errorf("%s have a text, too few for a recipe of kind %s: at least %d", images(p.Measured.Captioned), kind, leastImages)
}

// quoted is a path as YAML, in quotes where it needs them.
func quoted(path string) string {
	if strings.ContainsAny(path, " :#'\"{}[],&*!|>%@`\\") {
		return "'" + strings.ReplaceAll(path, "'", "''") + "'"
	}
	return path
}
