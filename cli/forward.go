package cli

import (
	"fmt"

	"github.com/pali3/pali3/cli/internal/forward"
	"github.com/pali3/pali3/stages"
)

// forwardCommand runs a model on tensors.
type forwardCommand struct {
	Weights string `required:"" placeholder:"RUN" help:"Run folder of a trained model of any family."`
	Inputs  string `required:"" placeholder:"FILE" help:"safetensors of images [B,H,W,3] in [-1,1] (or [B,N,H,W,3], with image_mask [B,N]; for NaFlex patches [B,T,p*p*3] with grids [B,2]), input_ids [B,L], decoder_input_ids, targets and weights; leave out those that the model does not take."`
	Out     string `required:"" placeholder:"FILE" help:"safetensors of results and hidden states to write."`
	backendFlag
	JSON bool `help:"Print names and shapes as one JSON object."`
}

// forwarded is what forward prints as JSON.
type forwarded struct {
	Out     string           `json:"out"`
	Tensors []forwardedShape `json:"tensors"`
}

type forwardedShape struct {
	Name  string `json:"name"`
	Shape []int  `json:"shape"`
}

func (c forwardCommand) Run(con *console) error {
	be, err := c.openBackend(con)
	if err != nil {
		return err
	}
	trained, err := stages.Open(be, c.Weights, con.registry())
	if err != nil {
		return err
	}
	inputs, err := forward.ReadInputs(c.Inputs)
	if err != nil {
		return err
	}
	outputs, err := forward.Run(be, trained.Model, trained.Weights, inputs)
	if err != nil {
		return fmt.Errorf("%s with %s: %w", c.Weights, c.Inputs, err)
	}
	if err := forward.WriteOutputs(c.Out, outputs); err != nil {
		return err
	}
	return c.print(con, outputs)
}

func (c forwardCommand) print(con *console, outputs []forward.Output) error {
	found := forwarded{Out: c.Out, Tensors: []forwardedShape{}}
	for _, o := range outputs {
		found.Tensors = append(found.Tensors, forwardedShape{o.Name, append([]int{}, o.Tensor.Shape().Dimensions...)})
	}
	if c.JSON {
		return con.printJSON(found)
	}
	for _, t := range found.Tensors {
		con.printf("%-40s %v\n", t.Name, t.Shape)
	}
	return nil
}
