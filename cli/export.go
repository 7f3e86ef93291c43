package cli

import (
	"errors"
	"strings"

	"github.com/pali3/pali3/stages"
)

// exportCommand writes a model as transformers, or big_vision, loads it.
type exportCommand struct {
	Model     string   `arg:"" help:"Run folder of a trained model, folder of a published one, or hf:owner/name@revision."`
	Out       string   `required:"" placeholder:"FOLDER" help:"Folder to write, which must not exist: config.json, model*.safetensors, tokenizer and image processor, for from_pretrained. With --format big_vision a file, such as siglip.npz."`
	Format    string   `default:"transformers" enum:"transformers,big_vision" help:"transformers writes a folder; big_vision writes the weights of a SigLIP, or of a mask VQ-VAE, as its checkpoints have them."`
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
	if c.Format == "big_vision" && (c.DType != "f32" || c.ShardSize != 0) {
		return errors.New("--format big_vision writes one file of float32: leave out --dtype and --shard-size")
	}
	_, trained, err := openRun(c.Model, c.backendFlag, con)
	if err != nil {
		return err
	}
	notes, err := c.export(trained)
	if err != nil {
		return err
	}
	if c.JSON {
		return con.printJSON(exported{c.Out, trained.Family.Name, append([]string{}, notes...)})
	}
	for _, note := range notes {
		con.warn(note)
	}
	if c.Format == "big_vision" {
		con.printf("wrote %s, the weights of a %s as big_vision's load_params takes them\n", c.Out, trained.Family.Name)
		return nil
	}
	con.printf("wrote %s, a %s that transformers loads with from_pretrained\n", c.Out, trained.Family.Name)
	return nil
}

// export writes the folder, or the file of big_vision.
func (c exportCommand) export(trained *stages.Trained) (notes []string, err error) {
	if c.Format == "big_vision" {
		return nil, stages.ExportBigVision(trained, c.Out)
	}
	return stages.Export(trained, c.Out, stages.ExportOptions{DType: strings.ToUpper(c.DType), MaxShardBytes: int64(c.ShardSize)})
}
