package project

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/pali3/pali3/stages"
)

// Kinds lists the kinds of recipes that [NewRecipe] writes.
func Kinds() []string {
	return []string{"siglip", "ul2", "stage1", "stage2", "caption", "vqa", "curate"}
}

// NewRecipeOptions describe a new recipe.
type NewRecipeOptions struct {
	// Kind is one of [Kinds].
	Kind string
	// Size is one of [Sizes]; default tiny.
	Size string
	// Steps of the training; default 1,000.
	Steps int
	// Tokenizer is the path of the tokenizer model in the recipe; default tokenizer.model.
	Tokenizer string
	Seed      uint64
	// Registry opens the dataset if its name is a URL; nil for folders only.
	Registry *stages.Registry
}

// NewRecipe measures a dataset and returns the YAML of a recipe for it. Paths in it are relative to
// the current folder. It takes weights from runs with the names siglip, ul2, stage1 and stage2.
func NewRecipe(ctx context.Context, data string, o NewRecipeOptions) ([]byte, error) {
	if !slices.Contains(Kinds(), o.Kind) {
		return nil, fmt.Errorf("unknown kind of recipe %q; choose from %s", o.Kind, strings.Join(Kinds(), ", "))
	}
	size, err := sizeNamed(orDefault(o.Size, "tiny"))
	if err != nil {
		return nil, err
	}
	d, err := o.Registry.OpenDataset(ctx, data)
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

// learns returns an error if the data have nothing for a kind of recipe.
func (p *Plan) learns(kind string) error {
	if kind == "curate" || slices.ContainsFunc(p.Stages, func(s PlannedStage) bool { return s.Kind == kind }) {
		return nil
	}
	if kind == "vqa" {
		return fmt.Errorf("only %s have a question; a recipe of kind vqa needs at least %d", images(p.Measured.Asked), leastImages)
	}
	return fmt.Errorf("only %s have a text; a recipe of kind %s needs at least %d", images(p.Measured.Captioned), kind, leastImages)
}

// quoted returns a path as YAML, in quotes if necessary.
func quoted(path string) string {
	if strings.ContainsAny(path, " :#'\"{}[],&*!|>%@`\\") {
		return "'" + strings.ReplaceAll(path, "'", "''") + "'"
	}
	return path
}
