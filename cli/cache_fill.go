package cli

import (
	"context"
	"errors"
	"runtime"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/stages"
)

// cacheFill encodes images ahead.
type cacheFill struct {
	Dir    string   `arg:"" help:"${cache}"`
	Recipe string   `placeholder:"RECIPE" help:"Encode all images that a recipe trains and evaluates on, by the image encoder that its run begins with."`
	Set    []string `sep:"none" placeholder:"KEY=VALUE" help:"Override a value of the recipe."`
	Model  string   `placeholder:"RUN" help:"Encode the images of --data by the image encoder of a trained model."`
	Data   string   `placeholder:"DATASET" help:"With --model: dataset folder."`
	Split  string   `default:"all" help:"With --model: split of the dataset."`
	Limit  byteSize `placeholder:"SIZE" help:"Size of the folder, such as 20GB, beyond which it takes no more; default none, or the recipe's visual_tokens_limit."`
	JSON   bool     `help:"Print one JSON object."`
	backendFlag
}

func (c cacheFill) Run(ctx context.Context, con *console) error {
	switch {
	case (c.Recipe != "") == (c.Model != ""):
		return errors.New("give --recipe RECIPE, or --model RUN with --data DATASET")
	case c.Model != "" && c.Data == "":
		return errors.New("--data DATASET is missing: the dataset whose images to encode")
	case c.Recipe != "" && c.Data != "":
		return errors.New("--data is for --model; for a recipe, --set data=DATASET")
	}
	var line *progress
	filled, err := c.fill(ctx, con, func(done, all int) {
		if line == nil || done == 1 { // of another split
			line = con.progress("encode", "samples", int64(all))
		}
		if line.Set(int64(done), 0); done == all {
			line.End()
			line = nil
		}
	})
	if line != nil {
		line.End()
	}
	if err != nil {
		return resumable(ctx, con, err)
	}
	for _, name := range filled.Names {
		con.warn(name)
	}
	if c.JSON {
		return con.printJSON(filled)
	}
	con.printf("encoded %s of %d; %d had tokens, %d cannot be read\n", plural(int(filled.Encoded), "image"), filled.Images, filled.Known, filled.Unreadable)
	con.printf("Next: %s cache list %s\n", con.program.Name, quoted(c.Dir))
	return nil
}

func (c cacheFill) fill(ctx context.Context, con *console, progress func(done, all int)) (filled stages.Filled, err error) {
	if c.Recipe == "" {
		be, trained, err := openRun(c.Model, c.backendFlag, con)
		if err != nil {
			return filled, err
		}
		if trained.VisualTokens, err = stages.OpenVisualTokenFolder(c.Dir, int64(c.Limit)); err != nil {
			return filled, err
		}
		con.closeTokens(trained.VisualTokens)
		err = con.onData(c.Data, func(d mixture.Data) (err error) {
			filled, err = trained.FillVisualTokens(ctx, be, d, c.Split, progress)
			return err
		})
		return filled, err
	}
	recipe, err := con.readRecipe(c.Recipe, c.Set)
	if err != nil {
		return filled, err
	}
	recipe.VisualTokens = c.Dir
	if c.Limit > 0 {
		recipe.VisualTokensLimit = max(1, int(c.Limit>>20))
	}
	be, err := c.openBackend(con)
	if err != nil {
		return filled, err
	}
	return stages.FillVisualTokens(ctx, recipe, stages.Options{Backend: be, Workers: runtime.NumCPU(), Note: con.info, Warn: con.warn}, progress)
}

// keptWork says what an interrupted fill leaves.
func (cacheFill) keptWork() string { return "the tokens so far are kept" }
