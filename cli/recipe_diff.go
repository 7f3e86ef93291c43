package cli

import (
	"fmt"
	"os"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/recipes"
	"github.com/pali3/pali3/stages"
)

type recipeDiff struct {
	A    string `arg:"" help:"Shipped recipe, YAML file, or run folder."`
	B    string `arg:"" help:"Recipe to compare with it."`
	JSON bool   `help:"Print one JSON object."`
}

// compared is what diff prints as JSON.
type compared struct {
	A           string              `json:"a"`
	B           string              `json:"b"`
	Same        bool                `json:"same"`
	Differences []stages.Difference `json:"differences"`
}

// Run ends with status 0 if the recipes are equal, 1 if they differ and 2 on errors, like diff(1).
func (c recipeDiff) Run(con *console) error {
	differences, err := con.compareRecipes(c.A, c.B)
	if err != nil {
		return exitStatus{2, err}
	}
	result := compared{c.A, c.B, len(differences) == 0, append([]stages.Difference{}, differences...)}
	if c.JSON {
		if err := con.printJSON(result); err != nil {
			return exitStatus{2, err}
		}
	} else {
		for _, d := range differences {
			con.println(d)
		}
	}
	if !result.Same {
		return exitStatus{status: 1}
	}
	return nil
}

// compareRecipes compares two recipes of the same kind.
func (con *console) compareRecipes(a, b string) ([]stages.Difference, error) {
	kindA, errA := kindOfRecipe(a)
	kindB, errB := kindOfRecipe(b)
	switch {
	case errA != nil:
		return nil, errA
	case errB != nil:
		return nil, errB
	case kindA != kindB:
		return nil, fmt.Errorf("%s is a %s recipe and %s a %s recipe", a, kindA, b, kindB)
	case kindA == recipes.Curation:
		x, err := con.readCuration(a, nil)
		if err != nil {
			return nil, err
		}
		y, err := con.readCuration(b, nil)
		return strict.Diff(x, y), err
	}
	x, err := con.recipeOrRun(a)
	if err != nil {
		return nil, err
	}
	y, err := con.recipeOrRun(b)
	return stages.DiffRecipes(x, y), err
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
