package cli

import (
	"context"
	"runtime"
	"time"

	"github.com/pali3/pali3/project"
)

// startCommand measures a user's data and writes a project for it.
type startCommand struct {
	Data     string  `arg:"" help:"Dataset, folder of images with texts, table with a column of image files, or WebDataset archives."`
	Out      string  `required:"" placeholder:"DIR" help:"Project folder to create."`
	Size     string  `default:"tiny" placeholder:"SIZE" help:"Size of the models: tiny (2M parameters, minutes on a laptop), small (15M, hours) or base (300M, accelerators)."`
	Minutes  float64 `default:"20" help:"Time limit for the whole run on this machine."`
	Seed     uint64  `help:"Seed of all random choices."`
	Language string  `help:"Language of texts that have none (BCP-47)."`
	TextFrom string  `enum:",filename,folder" default:"" help:"filename or folder: make texts for images without one from the name of the file or folder; by default decided from the folder."`
	backendFlag
	JSON bool `help:"Print what was measured and decided as one JSON object."`
}

// started is what start prints as JSON.
type started struct {
	Project  string                 `json:"project"`
	Measured project.Measured       `json:"measured"`
	Stages   []project.PlannedStage `json:"stages"`
	Why      []string               `json:"why"`
	Warnings []string               `json:"warnings"`
}

func (c startCommand) Run(ctx context.Context, con *console) error {
	be, err := c.openBackend(con)
	if err != nil {
		return err
	}
	plan, err := project.Start(ctx, c.Data, c.Out, project.StartOptions{
		Backend: be, Size: c.Size, Minutes: c.Minutes, Seed: c.Seed, Language: c.Language, TextFrom: c.TextFrom,
		Workers: runtime.NumCPU(), Version: con.program.Version, Registry: con.registry(), Progress: con.line,
		Note: con.info,
	})
	if err != nil {
		return err
	}
	for _, warning := range plan.Warnings {
		con.log.Warn().Msg(warning)
	}
	if c.JSON {
		return con.printJSON(started{c.Out, plan.Measured, plan.Stages, plan.Why, plan.Warnings})
	}
	for _, fact := range append(plan.Facts(), plan.Why...) {
		con.println(fact)
	}
	seconds := 0.0
	for _, s := range plan.Stages {
		seconds += float64(s.Steps) * s.SecondsEach
	}
	con.printf("training takes about %s here\n", time.Duration(seconds*float64(time.Second)).Round(time.Minute))
	con.printf("\nwrote %s/%s and %s/recipes; edit them as you like, then: %s run %s\n", c.Out, project.PipelineFile, c.Out, con.program.Name, c.Out)
	return nil
}
