package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/project"
	"github.com/pali3/pali3/stages"
)

type recipeNew struct {
	Data      string `required:"" placeholder:"DATASET" help:"Dataset to fit the recipe to."`
	For       string `default:"" enum:",siglip,ul2,stage1,stage2,caption,vqa,curate,ocr,vqg,split_cap,detect,segment,denoise,contrastive" help:"What the recipe is for: siglip, ul2, stage1, stage2, caption, vqa, curate; with --from the kind of task. By default what suits the data, or the model."`
	From      string `placeholder:"MODEL" help:"Fine-tune a published model, a folder or hf:owner/name@revision: the recipe has its shape, tokenizer, image ops and prompts."`
	Split     string `placeholder:"SPLIT" help:"With --from: the split to train on; all takes every sample."`
	Size      string `default:"tiny" help:"Size of the model: tiny, small or base."`
	Steps     int    `default:"1000" help:"Training steps."`
	Tokenizer string `default:"tokenizer.model" placeholder:"MODEL" help:"SentencePiece model that the recipe names; make one with tokenizer train."`
	Seed      uint64 `help:"Seed of the recipe."`
	Out       string `placeholder:"FILE" help:"Write the recipe here; by default it is printed."`
}

// Validate requires what the recipe is for.
func (c *recipeNew) Validate() error {
	switch {
	case c.From == "" && c.Split != "":
		return errors.New("--split belongs to --from")
	case c.From == "" && c.For != "" && !slices.Contains(project.Kinds(), c.For):
		return fmt.Errorf("--for %s belongs to --from; without it legal are %s", c.For, strings.Join(project.Kinds(), ", "))
	}
	return nil
}

// text returns the recipe.
func (c recipeNew) text(ctx context.Context, con *console) ([]byte, error) {
	if c.From == "" {
		return project.NewRecipe(ctx, c.Data, project.NewRecipeOptions{
			Kind: c.For, Size: c.Size, Steps: c.Steps, Tokenizer: c.Tokenizer, Seed: c.Seed, Registry: con.registry(),
			Note: con.info,
		})
	}
	_, trained, err := openRun(c.From, backendFlag{}, con)
	if err != nil {
		return nil, err
	}
	return stages.NewFineTuning(trained, stages.FineTuning{From: c.From, Data: c.Data, Split: c.Split, Kind: c.For, Steps: c.Steps, Seed: c.Seed})
}

func (c recipeNew) Run(ctx context.Context, con *console) error {
	text, err := c.text(ctx, con)
	if err != nil {
		return err
	}
	if c.Out == "" {
		_, err := con.out.Write(text)
		return err
	}
	if _, err := os.Stat(c.Out); err == nil {
		return fmt.Errorf("%s already exists: remove it, or name another file", c.Out)
	}
	text = runsFrom(text, c.Out)
	if err := atomicfile.WriteBytes(c.Out, text); err != nil {
		return err
	}
	con.printf("wrote %s; check it with: %s recipe check %s\n", c.Out, con.program.Name, c.Out)
	return nil
}

// commandOf matches the command in a recipe's head that names the recipe's file.
var commandOf = regexp.MustCompile(`(?m)^(# To run it alone: .*--recipe )\S+`)

// runsFrom makes the command in a recipe's head name the file that the recipe is written to.
func runsFrom(text []byte, path string) []byte {
	return commandOf.ReplaceAll(text, []byte("${1}"+strings.ReplaceAll(quoted(path), "$", "$$")))
}
