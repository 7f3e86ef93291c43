package cli

import (
	"fmt"
	"os"

	"github.com/pali3/pali3/models"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/stages"
)

// describeCommand prints the size of a model without building it.
type describeCommand struct {
	Model     string `arg:"" help:"A published model (pali3-5b, siglip-So400m/14, ul2-3b, ...; an unknown name lists all), the folder of a trained model, or hf:owner/name@revision."`
	Image     []int  `placeholder:"SIDE" help:"Sides of square images in pixels to assume; default the model's own and those of PaLI-3's stages."`
	Prompt    int    `default:"64" help:"Ids of a prompt."`
	Answer    int    `default:"64" help:"Ids of an answer."`
	Images    int    `default:"1" help:"Images of a sample."`
	Optimizer string `default:"adafactor_t5x" enum:"adafactor_t5x,adafactor_bigvision,adamw" help:"Optimizer whose memory to count: adafactor_t5x, adafactor_bigvision or adamw."`
	JSON      bool   `help:"Print one JSON object, with the shape of every weight."`
}

// described is what describe prints as JSON.
type described struct {
	models.Description
	Family  string          `json:"family"`
	Budgets []stages.Budget `json:"budgets"`
}

func (c describeCommand) Run(con *console) error {
	f, m, err := c.find(con)
	if err != nil {
		return err
	}
	lengths := family.Lengths{Prompt: c.Prompt, Answer: c.Answer, Images: c.Images}
	d, err := models.DescribeModel(c.Model, m, lengths)
	if err != nil {
		return err
	}
	be, err := con.openBackend("")
	if err != nil {
		return err
	}
	budgets, err := stages.Budgets(m, stages.BudgetOptions{Backend: be, Optimizer: c.Optimizer, Lengths: lengths, Sides: c.Image})
	if err != nil {
		return err
	}
	if c.JSON {
		return con.printJSON(described{d, f.Name, budgets})
	}
	con.printf("%s: %s parameters (family %s)\n\n", d.Model, grouped(int64(d.Parameters)), f.Name)
	con.printf("%-28s %16s %14s %8s\n", "part", "parameters", "GFLOP forward", "tokens")
	for _, p := range d.Parts {
		con.printf("%-28s %16s %14.1f %8d\n", p.Name, grouped(int64(p.Parameters)), float64(p.ForwardFLOPs)/1e9, p.Tokens)
	}
	con.printf("\nweights %.1f GiB in float32; %.1f GiB with gradients and Adam's moments; %.2f TFLOP forward for one sample\n",
		gib(d.WeightBytes), gib(d.TrainingBytes), float64(d.ForwardFLOPs)/1e12)
	c.printBudgets(con, budgets)
	return nil
}

// find returns the model of a folder or of a published name.
func (c describeCommand) find(con *console) (family.Family, family.Model, error) {
	dir, err := con.folder(c.Model)
	if err != nil {
		return family.Family{}, nil, err
	}
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		n, err := stages.OpenNetwork(dir, con.registry())
		return n.Family, n.Model, err
	}
	return con.program.Families.Variant(c.Model)
}

// printBudgets prints a table with a line for each use and image size.
func (c describeCommand) printBudgets(con *console, budgets []stages.Budget) {
	con.printf("\nGiB of memory, computing in float32 with %s (activations are an estimate), and the largest batch that fits\n", c.Optimizer)
	con.printf("%-22s %9s %7s %7s %8s %9s %9s %11s ", "use", "image", "tokens", "TFLOP", "weights", "gradients", "optimizer", "activations")
	for _, f := range budgets[0].Fits {
		con.printf(" %8s", fmt.Sprintf("in %d GB", f.GB))
	}
	con.printf("\n")
	for _, b := range budgets {
		size := "-"
		if b.Height > 0 {
			size = fmt.Sprintf("%dx%d", b.Height, b.Width)
		}
		con.printf("%-22s %9s %7d %7.2f %8.2f %9.2f %9.2f %11.3f ", b.Use, size, b.Tokens, float64(b.FLOPs)/1e12,
			gib(b.Weights), gib(b.Gradients), gib(b.Optimizer), gib(b.Activations))
		for _, f := range b.Fits {
			con.printf(" %8d", f.Batch)
		}
		con.printf("\n")
	}
	con.printf("\nTFLOP and activations are of one sample; training counts the backward pass through what is trained.\n")
}

func gib(bytes int64) float64 { return float64(bytes) / (1 << 30) }

// grouped writes a number with commas between thousands.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
