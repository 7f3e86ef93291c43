package cli

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/recipes"
	"github.com/pali3/pali3/stages"
	"github.com/pali3/pali3/webli"
)

// recipeCommand holds the commands about recipes.
type recipeCommand struct {
	List  recipeList  `cmd:"" help:"List the recipes that ship with pali3."`
	Show  recipeShow  `cmd:"" help:"Print a recipe with its comments, ready to save and edit."`
	New   recipeNew   `cmd:"" help:"Write a recipe that fits a dataset: windows, vocabulary, image sizes."`
	Check recipeCheck `cmd:"" help:"List all problems of a recipe before any work is done."`
	Diff  recipeDiff  `cmd:"" help:"Compare two recipes or runs: their keys, and what these change in the stream and the model."`
}

// readRecipe reads a training recipe, shipped or from a file.
func (con *console) readRecipe(nameOrFile string, assignments []string) (stages.Recipe, error) {
	file, err := recipes.Open(nameOrFile)
	if err != nil {
		return stages.Recipe{}, err
	}
	if file.Kind() == recipes.Curation {
		if _, err := webli.ReadConfig(file.Text, file.Name, file.Dir, con.program.Rules); err == nil {
			return stages.Recipe{}, fmt.Errorf("%s is a curation recipe, for %s curate; this command needs a training recipe, which has the keys family and tasks", nameOrFile, con.program.Name)
		}
	}
	return stages.ReadRecipe(file.Text, file.Name, file.Dir, con.registry(), assignments...)
}

// readCuration reads a curation recipe, shipped or from a file.
func (con *console) readCuration(nameOrFile string, assignments []string) (webli.Config, error) {
	file, err := recipes.Open(nameOrFile)
	if err != nil {
		return webli.Config{}, err
	}
	if file.Kind() == recipes.Training {
		if _, err := stages.ParseRecipe(file.Text, file.Name, con.registry()); err == nil {
			return webli.Config{}, fmt.Errorf("%s is a training recipe, for %s train; this command needs a curation recipe", nameOrFile, con.program.Name)
		}
	}
	return webli.ReadConfig(file.Text, "recipe "+file.Name, file.Dir, con.program.Rules, assignments...)
}

type recipeList struct {
	JSON bool `help:"Print one JSON array."`
}

// listed describes a shipped recipe, as JSON.
type listed struct {
	Name string `json:"name"`
	// Kind is the stage that the recipe trains, siglip, ul2 or pali3, or "curation".
	Kind       string `json:"kind"`
	Steps      int    `json:"steps,omitempty"`
	Parameters int    `json:"parameters,omitempty"` // total
	Trained    int    `json:"trained,omitempty"`    // of them, not frozen
	About      string `json:"about"`
}

func (c recipeList) Run(con *console) error {
	be, err := backend.Open("")
	if err != nil {
		return err
	}
	defer be.Finalize()
	var all []listed
	for _, name := range recipes.Names() {
		file, err := recipes.Open(name)
		if err != nil {
			return err
		}
		one := listed{Name: name, Kind: file.Kind(), About: file.About()}
		if one.Kind == recipes.Training {
			r, err := con.readRecipe(name, nil)
			if err != nil {
				return err
			}
			size, err := r.Size(be)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			one.Kind, one.Steps, one.Parameters, one.Trained = r.Family, r.Steps, size.Parameters, size.Trained
		}
		all = append(all, one)
	}
	if c.JSON {
		return con.printJSON(all)
	}
	table := tabwriter.NewWriter(con.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "name\tkind\tsteps\tparameters\tabout")
	for _, one := range all {
		steps, parameters := "", ""
		if one.Steps > 0 {
			steps, parameters = fmt.Sprint(one.Steps), grouped(int64(one.Parameters))
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", one.Name, one.Kind, steps, parameters, one.About)
	}
	return table.Flush()
}

type recipeShow struct {
	Recipe   string `arg:"" help:"Shipped recipe, or a YAML file."`
	Resolved bool   `help:"Merge the recipes that it includes, and say which file and line each key is from."`
}

func (c recipeShow) Run(con *console) error {
	file, err := recipes.Open(c.Recipe)
	if err != nil {
		return err
	}
	if c.Resolved {
		if file.Text, err = stages.Resolve(file.Text, file.Name, file.Dir); err != nil {
			return err
		}
	}
	_, err = con.out.Write(file.Text)
	return err
}

// exitStatus is an error with its own exit status. If it holds no error, nothing is logged.
type exitStatus struct {
	status int
	error
}

func (e exitStatus) Unwrap() error { return e.error }

// statusOf returns the exit status for an error of a command, and the error to log, if any.
func statusOf(err error) (int, error) {
	var own exitStatus
	if errors.As(err, &own) {
		return own.status, own.error
	}
	return 1, err
}
