package stages

import (
	"github.com/goccy/go-yaml"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/family"
)

// Recipe is a stage of PaLI-3's training: the data, a mixture.Recipe, and how a model learns from
// it.
type Recipe struct {
	// Family of the network that is trained:
	//
	//	siglip     an image and a text tower on contrastive tasks (stage 0)
	//	t5         a language model on text alone, as UL2 trains it (stage 0)
	//	pali3      both together on tasks with images (stages 1 and 2, transfer)
	//	paligemma  an image encoder and Gemma, a prefix-LM, on tasks with images
	//	t5gemma2   an image encoder and two Gemmas, an encoder-decoder, on tasks with images
	//	maskvae    the autoencoder that makes tokens of segmentation masks, on images of masks
	//
	// Required. Legal: one of these, or a family of the program.
	Family string `yaml:"family"`
	// Stage is the older name of family, where t5 is called ul2. Default: none, family is given.
	Stage string `yaml:"stage,omitempty"`

	// Mixture is the data. In YAML its keys are at the same level as these.
	Mixture mixture.Recipe `yaml:",inline"`

	// Model is the shape of the network: the keys of the family's config. Required.
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
	// TokenCache is the memory, in MiB, for the visual tokens of a frozen image encoder, or for the
	// embeddings of a frozen image tower of siglip (LiT), which are computed once per image if no
	// image op is random. Default: 1024. Legal: 0 (as 1024) and above, or negative for none.
	TokenCache int `yaml:"token_cache,omitempty"`

	// VisualTokens is a folder that keeps the visual tokens of a frozen image encoder on disk, or
	// the embeddings of a frozen image tower of siglip, for later runs and evaluations with the
	// same encoder. Tokens are then rounded to bfloat16. Default: none, they are kept in memory for
	// the run.
	VisualTokens string `yaml:"visual_tokens,omitempty" path:"relative"`
	// VisualTokensLimit is the size, in MiB, beyond which the folder of visual_tokens takes no
	// more; nothing in it is ever removed. Default: 0, no limit. Legal: 0 and above.
	VisualTokensLimit int `yaml:"visual_tokens_limit,omitempty"`

	// Families that the recipe may name. Default: the built-in ones.
	Families family.Families `yaml:"-"`
	// Download returns the folder of a model that init names as hf:owner/name. Default: none, such
	// names are errors.
	Download func(name string) (dir string, err error) `yaml:"-"`
}

// Init takes weights from an earlier run or from published weights.
type Init struct {
	// From is a run folder, a folder of a hub or its name, such as hf:owner/name@revision, a
	// .safetensors file or its index, or an .npz of big_vision or T5X. Where its token embeddings
	// have more rows than the model's, the first are taken. Required.
	From string `yaml:"from" path:"relative"`
	// Prefixes of the names of the weights to take, such as [vision_model]. Where the file has them
	// under other prefixes, a map of these to the model's, such as {vision_tower.vision_model:
	// vision_model}. Default: all weights that both the file and the model have.
	Prefixes Prefixes `yaml:"prefixes,omitempty"`
}

// families returns the table that the recipe's family is looked up in.
func (r Recipe) families() family.Families {
	return (&Registry{Families: r.Families}).families()
}

// ModelFamily returns the recipe's family, or the zero value if it is not known.
func (r Recipe) ModelFamily() family.Family {
	f, _ := r.families().Find(r.Family)
	return f
}

// stageName is the older name of the recipe's family.
func (r Recipe) stageName() string {
	if f := r.ModelFamily(); len(f.Aliases) > 0 {
		return f.Aliases[0]
	}
	return r.Family
}

// familyKey is the key that named the family.
func (r Recipe) familyKey() string {
	if r.Stage != "" {
		return "stage"
	}
	return "family"
}

// sees reports whether the model has an image encoder that can be frozen.
func (r Recipe) sees() bool {
	_, ok := r.Model.Config.(family.Seer)
	return ok
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
