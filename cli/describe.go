package cli

import (
	"fmt"

	"github.com/pali3/pali3/models"
	"github.com/pali3/pali3/models/family"
)

// describeCommand prints the size of a model without building it.
type describeCommand struct {
	Model string `arg:"" help:"pali3-5b, siglip-G/14 (and other image encoders), ul2-3b, ul2-20b, t5-1.1-xl or mt5-xl."`
	JSON  bool   `help:"Print one JSON object, with the shape of every weight."`
}

func (c describeCommand) Run(con *console) error {
	_, m, err := con.program.Families.Variant(c.Model)
	if err != nil {
		return err
	}
	d, err := models.DescribeModel(c.Model, m, family.Lengths{Prompt: 64, Answer: 64})
	if err != nil {
		return err
	}
	if c.JSON {
		return con.printJSON(d)
	}
	con.printf("%s: %s parameters\n\n", d.Model, grouped(int64(d.Parameters)))
	con.printf("%-28s %16s %14s %8s\n", "part", "parameters", "GFLOP forward", "tokens")
	for _, p := range d.Parts {
		con.printf("%-28s %16s %14.1f %8d\n", p.Name, grouped(int64(p.Parameters)), float64(p.ForwardFLOPs)/1e9, p.Tokens)
	}
	con.printf("\nweights %.1f GiB in float32; %.1f GiB with gradients and Adam's moments; %.2f TFLOP forward for one sample\n",
		float64(d.WeightBytes)/(1<<30), float64(d.TrainingBytes)/(1<<30), float64(d.ForwardFLOPs)/1e12)
	return nil
}

// grouped writes a number with commas between thousands.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
