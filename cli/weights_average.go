package cli

import (
	"fmt"

	"github.com/pali3/pali3/models/weights"
)

type weightsAverage struct {
	Weights []string  `arg:"" help:"Files or folders of weights with the same tensors."`
	Shares  []float64 `placeholder:"N" help:"How much each counts; default: all the same."`
	Out     string    `required:"" placeholder:"PATH" help:"${weightsOut}"`
	weightsOut
}

const weightsOutHelp = "Folder to write as save_pretrained does, or a .safetensors file."

// weightsOut are the flags of commands that write weights.
type weightsOut struct {
	DType     string   `name:"dtype" enum:"keep,f32,bf16,f16" default:"keep" help:"Type of the numbers, rounded to nearest even (${enum})."`
	ShardSize byteSize `placeholder:"SIZE" help:"Divide into files of at most this size, such as 2GB."`
	JSON      bool     `help:"Print one JSON object."`
}

func (c weightsAverage) Run(con *console) error {
	if len(c.Weights) < 2 {
		return fmt.Errorf("averaging takes two files or more, not %d", len(c.Weights))
	}
	var files []*weights.File
	for _, path := range c.Weights {
		file, named, err := con.openWeights(path, "")
		if err != nil {
			return err
		}
		defer file.Close()
		files = append(files, named)
	}
	mean, err := weights.Average(files, c.Shares)
	if err != nil {
		return err
	}
	return c.write(con, mean, c.Out)
}
