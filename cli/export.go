package cli

import (
	"strings"

	"github.com/pali3/pali3/stages"
)

// exportCommand writes a model as transformers loads it.
type exportCommand struct {
	Model     string   `arg:"" help:"Run folder of a trained model, folder of a published one, or hf:owner/name@revision."`
	Out       string   `required:"" placeholder:"FOLDER" help:"Folder to write, which must not exist: config.json, model*.safetensors, tokenizer and image processor, for from_pretrained."`
	DType     string   `name:"dtype" default:"f32" enum:"f32,bf16,f16" help:"Type of the weights: ${enum}."`
	ShardSize byteSize `placeholder:"SIZE" help:"Divide the weights into files of at most this size, such as 2GB."`
	backendFlag
	JSON bool `help:"Print one JSON object."`
}

// exported is what export prints as JSON.
type exported struct {
	Out    string   `json:"out"`
	Family string   `json:"family"`
	Notes  []string `json:"notes"`
}

func (c exportCommand) Run(con *console) error {
	_, trained, err := openRun(c.Model, c.backendFlag, con)
	if err != nil {
		return err
	}
	notes, err := stages.Export(trained, c.Out, stages.ExportOptions{DType: strings.ToUpper(c.DType), MaxShardBytes: int64(c.ShardSize)})
	if err != nil {
		return err
	}
	if c.JSON {
		return con.printJSON(exported{c.Out, trained.Family.Name, append([]string{}, notes...)})
	}
	for _, note := range notes {
		con.warn(note)
	}
	con.printf("wrote %s, a %s that transformers loads with from_pretrained\n", c.Out, trained.Family.Name)
	return nil
}
