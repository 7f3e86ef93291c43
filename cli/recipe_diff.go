package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/recipes"
	"github.com/pali3/pali3/stages"
)

type recipeDiff struct {
	A    string `arg:"" help:"Shipped recipe, YAML file, or run folder."`
	B    string `arg:"" help:"Recipe to compare with it."`
	Keys bool   `help:"Compare keys only, without opening data and building models."`
	JSON bool   `help:"Print one JSON object."`
}

// compared is what diff prints as JSON.
type compared struct {
	A           string              `json:"a"`
	B           string              `json:"b"`
	Same        bool                `json:"same"`
	Differences []stages.Difference `json:"differences"`
	Effects     *stages.Effects     `json:"effects,omitempty"`
}

// Run ends with status 0 if the recipes are equal, 1 if they differ and 2 on errors, like diff(1).
func (c recipeDiff) Run(ctx context.Context, con *console) error {
	result, err := con.compareRecipes(ctx, c.A, c.B, !c.Keys)
	if err != nil {
		return exitStatus{2, err}
	}
	if c.JSON {
		if err := con.printJSON(result); err != nil {
			return exitStatus{2, err}
		}
	} else {
		for _, d := range result.Differences {
			con.println(d)
		}
		if result.Effects != nil {
			con.println()
			for _, line := range result.Effects.Lines() {
				con.println(line)
			}
		}
	}
	if !result.Same {
		return exitStatus{status: 1}
	}
	return nil
}

// compareRecipes compares two recipes of the same kind, and what their differences change if that
// is asked for.
func (con *console) compareRecipes(ctx context.Context, a, b string, effects bool) (compared, error) {
	result := func(d []stages.Difference) compared {
		return compared{A: a, B: b, Same: len(d) == 0, Differences: append([]stages.Difference{}, d...)}
	}
	kindA, errA := kindOfRecipe(a)
	kindB, errB := kindOfRecipe(b)
	switch {
	case errA != nil:
		return compared{}, errA
	case errB != nil:
		return compared{}, errB
	case kindA != kindB:
		return compared{}, fmt.Errorf("%s is a %s recipe and %s a %s recipe", a, kindA, b, kindB)
	case kindA == recipes.Curation:
		x, err := con.readCuration(a, nil)
		if err != nil {
			return compared{}, err
		}
		y, err := con.readCuration(b, nil)
		return result(strict.Diff(x, y)), err
	}
	x, err := con.recipeOrRun(a)
	if err != nil {
		return compared{}, err
	}
	y, err := con.recipeOrRun(b)
	if err != nil {
		return compared{}, err
	}
	found := result(stages.DiffRecipes(x, y))
	if found.Same || !effects {
		return found, nil
	}
	be, err := backend.Open("")
	if err != nil {
		return found, err
	}
	defer be.Finalize()
	changes, err := stages.CompareEffects(ctx, x, y, be)
	found.Effects = &changes
	return found, err
}

func kindOfRecipe(name string) (string, error) {
	if isFolder(name) {
		return recipes.Training, nil
	}
	file, err := recipes.Open(name)
	if err != nil {
		return "", err
	}
	return file.Kind(), nil
}

// recipeOrRun reads a recipe or the recipe of a run folder.
func (con *console) recipeOrRun(name string) (stages.Recipe, error) {
	if isFolder(name) {
		return stages.ReadRun(name, con.registry())
	}
	return con.readRecipe(name, nil)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
