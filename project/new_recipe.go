package project

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
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
	// Kind is one of [Kinds]; default what suits the data: ul2 for texts alone, stage1 for captions
	// and questions, caption, or vqa.
	Kind string
	// Size is one of [Sizes]; default tiny.
	Size string
	// Steps of the training; default 1,000.
	Steps int
	// Tokenizer is the path of the tokenizer model in the recipe; default tokenizer.model. If it
	// exists, lengths are measured with it, otherwise with one that is trained on the data.
	Tokenizer string
	Seed      uint64
	// Registry opens the dataset if its name is a URL; nil for folders only.
	Registry *stages.Registry
	// Note is told what the recipe leaves to its reader, such as weights of runs that do not exist
	// yet. May be nil.
	Note func(text string)
}

// NewRecipe measures a dataset and returns the YAML of a recipe for it, with comments that say what
// was measured. Paths in it are relative to the current folder. It takes weights from runs with the
// names siglip, ul2, stage1 and stage2; where they do not exist, these keys are comments, so that
// the recipe trains as it is.
func NewRecipe(ctx context.Context, data string, o NewRecipeOptions) ([]byte, error) {
	if o.Kind != "" && !slices.Contains(Kinds(), o.Kind) {
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
	o.Tokenizer = orDefault(o.Tokenizer, TokenizerFile)
	m, err := measure(ctx, d, o.Tokenizer, scratch)
	if err != nil {
		return nil, err
	}
	o.Kind = orDefault(o.Kind, m.suitedKind())
	p, err := planFor(m, size, o)
	if err != nil {
		return nil, err
	}
	for i := range p.Stages {
		if p.Stages[i].Steps = o.Steps; o.Steps == 0 {
			p.Stages[i].Steps = 1000
		}
	}
	by := &alone{data: data, tokenizer: o.Tokenizer, runs: existingRuns()}
	text, err := p.recipe(o.Kind, by)
	if err != nil {
		return nil, err
	}
	if m.Tokenizer == "" && m.Vocabulary > 0 && o.Kind != "curate" {
		by.notes = append(by.notes, fmt.Sprintf("%s does not exist yet; make it with: pali3 tokenizer train --data %s --preset pali --out %s", o.Tokenizer, quoted(data), strings.TrimSuffix(o.Tokenizer, ".model")))
	}
	for _, note := range by.notes {
		if o.Note != nil {
			o.Note(note)
		}
	}
	places := strings.NewReplacer(
		"data: ../data", "data: "+quoted(data), "../tokenizer.model", quoted(o.Tokenizer),
		"from: ../", "from: ", "pali3 train --recipe recipes/", "pali3 train --recipe ", "pali3 curate raw --recipe recipes/", "pali3 curate "+data+" --recipe ",
	)
	return []byte(places.Replace(string(text))), nil
}

// existingRuns lists the runs in the current folder that recipes take weights from.
func existingRuns() map[string]bool {
	all := map[string]bool{}
	for _, name := range []string{"siglip", "ul2", "stage1", "stage2"} {
		_, err := os.Stat(filepath.Join(name, stages.RecipeFile))
		all[name] = err == nil
	}
	return all
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
