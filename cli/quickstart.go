package cli

import (
	"context"

	"github.com/pali3/pali3/internal/quickstart"
)

// quickstartCommand writes and runs a small project on built-in data.
type quickstartCommand struct {
	Out   string `default:"quickstart-run" placeholder:"DIR" help:"Folder for all output; default ${default}."`
	Smoke bool   `help:"Run a few steps of each stage, to check that everything works."`
	Seed  uint64 `help:"Seed of all random choices."`
	Fresh bool   `help:"Start over instead of resuming."`
	backendFlag
	JSON bool `help:"Print the summary as one JSON object."`
}

func (c quickstartCommand) Run(ctx context.Context, con *console) error {
	if err := quickstart.Write(c.Out, quickstart.Options{Seed: c.Seed, Smoke: c.Smoke, Fresh: c.Fresh}); err != nil {
		return err
	}
	summary, err := runProject(ctx, con, c.Out, c.backendFlag, 0)
	if err != nil {
		return err
	}
	if c.JSON {
		return con.printJSON(summary)
	}
	printSummary(con, summary, c.Out)
	return nil
}
