package stages

import (
	"github.com/goccy/go-yaml"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
)

// Recipe is a stage of PaLI-3's training: the data, a mixture.Recipe, and how a model learns from
// it.
type Recipe struct {
	// Stage is what is trained:
	//
	//	siglip  an image and a text tower on contrastive tasks (stage 0)
	//	ul2     a language model on text alone (stage 0)
	//	pali3   both together on tasks with images (stages 1 and 2, transfer)
	//
	// Required. Legal: one of these.
	Stage string `yaml:"stage"`

	// Mixture is the data. In YAML its keys are at the same level as these.
	Mixture mixture.Recipe `yaml:",inline"`

	// Model is the shape of the network. Required.
	Model Model `yaml:"model"`
	// Init takes weights from earlier runs; the others are drawn by the seed. Default: all are
	// drawn.
	Init []Init `yaml:"init,omitempty"`
	// Freeze lists prefixes of weights that are not trained: [vision_model] in stage 1 and
	// transfer. Default: all are trained. Legal: prefixes of weights' names, such as vision_model
	// or encoder.
	Freeze []string `yaml:"freeze,omitempty"`

	// Steps is the length of the run. Required. Legal: 1 and above.
	Steps int `yaml:"steps"`
	// Optimizer and its hyperparameters. Required.
	Optimizer OptimizerConfig `yaml:"optimizer"`
	// Schedule of the learning rate. Default: constant.
	Schedule Schedule `yaml:"schedule,omitempty"`

	// Eval, if given, evaluates the run on held-out samples while it trains. Default: no
	// evaluation.
	Eval *Eval `yaml:"eval,omitempty"`

	// CheckpointEvery is the number of steps between checkpoints, from which a killed run resumes.
	// Default: 0, only at the end and after Ctrl-C. Legal: 0 and above.
	CheckpointEvery int `yaml:"checkpoint_every,omitempty"`
	// KeepCheckpoints is how many of the newest are kept. Default: 2. Legal: 0 (as 2) and above.
	KeepCheckpoints int `yaml:"keep_checkpoints,omitempty"`
	// TokenCache is the memory, in MiB, for the visual tokens of a frozen image encoder, which are
	// computed once per image if no image op is random. Default: 1024. Legal: 0 (as 1024) and
	// above, or negative for none.
	TokenCache int `yaml:"token_cache,omitempty"`
}

// Model is the shape of a stage's network: a variant by name, or the sizes of the stage's parts.
// Image sizes, vocabularies and the text tower's length follow from the data where they are 0.
type Model struct {
	// Variant is a published shape, instead of sizes. Default: none, the sizes are given. Legal: of
	// siglip B/16, L/16, So400m/14, G/14; of ul2 ul2-3b, ul2-20b, t5-1.1-xl, mt5-xl; of pali3
	// pali3-5b.
	Variant string `yaml:"variant,omitempty"`
	// Image is the image encoder of siglip and pali3.
	Image vit.Config `yaml:"image,omitempty"`
	// Text is the text tower of siglip.
	Text siglip.Text `yaml:"text,omitempty"`
	// Bias of siglip's logits before training, which should be near log(1/batch). Default: -10, the
	// paper's for its batches of 32,768.
	Bias float64 `yaml:"bias,omitempty"`
	// Language is the language model of ul2 and pali3, with its loss.
	Language t5.Config `yaml:"language,omitempty"`
	// ZeroProjection starts pali3's projection of visual tokens from zero, as PaliGemma does.
	ZeroProjection bool `yaml:"zero_projection,omitempty"`
}

// Init takes weights from a run folder or a safetensors file.
type Init struct {
	// From is a run folder or a safetensors file. Required.
	From string `yaml:"from" path:"relative"`
	// Prefixes of the names of the weights to take, such as [vision_model]. Default: all weights
	// that both the file and the model have.
	Prefixes []string `yaml:"prefixes,omitempty"`
}

// YAML returns the recipe as run.yaml holds it.
func (r Recipe) YAML() ([]byte, error) { return yaml.Marshal(r) }

// datasets lists the folder of each task's dataset.
func (r Recipe) datasets() (folders []string) {
	for _, t := range r.Mixture.Tasks {
		if t.Data != "" {
			folders = append(folders, t.Data)
		} else {
			folders = append(folders, r.Mixture.Data)
		}
	}
	return folders
}
