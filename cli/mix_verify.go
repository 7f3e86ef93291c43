package cli

import (
	"context"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/recipes"
	"github.com/pali3/pali3/stages"
)

// verifiedExamples is how many examples of each task --verify makes.
const verifiedExamples = 1024

// verify checks all that a run needs, before it begins: what recipe check does, more examples of
// each task, and every file of every dataset.
func (c mixCommand) verify(ctx context.Context, con *console) error {
	file, err := recipes.Open(c.Recipe)
	if err != nil {
		return err
	}
	be, err := backend.Open("")
	if err != nil {
		return err
	}
	defer be.Finalize()
	_, free := memory()
	result := checked{Recipe: c.Recipe, Kind: recipes.Training}
	result.Inspection, err = stages.Inspect(ctx, file.Text, file.Name, file.Dir, c.Set, stages.InspectOptions{
		Backend: be, Registry: con.registry(), Memory: free, Examples: verifiedExamples, Sources: true,
	})
	if err != nil {
		return err
	}
	if result.OK = !result.Failed(); c.JSON {
		err = con.printJSON(result)
	} else {
		result.print(con)
	}
	if err == nil && !result.OK {
		err = exitStatus{status: 1}
	}
	return err
}
