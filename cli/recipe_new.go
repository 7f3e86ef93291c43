package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/project"
)

type recipeNew struct {
	Data      string `required:"" placeholder:"DATASET" help:"Dataset to fit the recipe to."`
	For       string `required:"" enum:"siglip,ul2,stage1,stage2,caption,vqa,curate" help:"What the recipe is for: ${enum}."`
	Size      string `default:"tiny" help:"Size of the model: tiny, small or base."`
	Steps     int    `default:"1000" help:"Training steps."`
	Tokenizer string `default:"tokenizer.model" placeholder:"MODEL" help:"SentencePiece model that the recipe names; make one with tokenizer train."`
	Seed      uint64 `help:"Seed of the recipe."`
	Out       string `placeholder:"FILE" help:"Write the recipe here; by default it is printed."`
}

func (c recipeNew) Run(ctx context.Context, con *console) error {
	text, err := project.NewRecipe(ctx, c.Data, project.NewRecipeOptions{Kind: c.For, Size: c.Size, Steps: c.Steps, Tokenizer: c.Tokenizer, Seed: c.Seed, Registry: con.registry()})
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
	if err := atomicfile.WriteBytes(c.Out, text); err != nil {
		return err
	}
	con.printf("wrote %s; check it with: %s recipe check %s\n", c.Out, con.program.Name, c.Out)
	return nil
}
