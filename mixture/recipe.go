package mixture

import (
	"slices"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/tokenize"
)

// Recipe says what a model is fed. It is the data half of a stage's YAML.
type Recipe struct {
	// Seed of every random choice.
	Seed uint64 `yaml:"seed"`
	// Data is the dataset folder of tasks that do not name their own.
	Data string `yaml:"data" path:"relative"`
	// Tokenizer is the vocabulary of all texts.
	Tokenizer tokenize.Config `yaml:"tokenizer"`
	// Images says how pictures become pixels.
	Images ImageConfig `yaml:"images,omitempty"`
	// Lengths are the fixed sizes of a batch's rows of ids.
	Lengths Lengths `yaml:"lengths"`
	// Batch is the number of examples a step.
	Batch int `yaml:"batch"`
	// Tasks are mixed by their weights.
	Tasks []Task `yaml:"tasks"`
	// Temperature flattens the weights: a weight w counts as w^(1/T). Default 1.
	Temperature float64 `yaml:"temperature,omitempty"`
}

// ImageConfig says how pictures become pixels.
type ImageConfig struct {
	// Ops in the mini-language, for example "decode|resize(224)|value_range(-1,1)". They must give one fixed size.
	Ops string `yaml:"ops"`
	// EvalOps are used in place of Ops where the model is scored or used, and nothing may be random;
	// by default Ops.
	EvalOps string `yaml:"eval_ops,omitempty"`
	// PerExample is how many pictures an example has room for. Default 1.
	PerExample int `yaml:"per_example,omitempty"`
}

// Lengths of a batch's rows, in ids.
type Lengths struct {
	Encoder int `yaml:"encoder"`
	Decoder int `yaml:"decoder,omitempty"`
	// Texts is how many texts of a picture a contrastive example has, each in a row of its own; default 1.
	// A picture with names in many languages costs the image tower once for several of them.
	Texts int `yaml:"texts,omitempty"`
}

// Task is one kind of example made from one split of one dataset.
type Task struct {
	Name string `yaml:"name"`
	// Kind is how a sample becomes an example: one of Kinds().
	Kind string `yaml:"kind"`
	// Weight of the task in the mixture, relative to the others'.
	Weight float64 `yaml:"weight"`
	// Data is a dataset of the task's own.
	Data string `yaml:"data,omitempty" path:"relative"`
	// Split of the samples; default train. "all" takes every sample.
	Split string `yaml:"split,omitempty"`
	// Languages of texts or questions; none means any.
	Languages []string `yaml:"languages,omitempty"`
	// Texts are the kinds of text (alt, caption, ...); none means any. A contrastive task may name answers: a text made
	// of what a sample's questions are answered with, yes and no left out, for images without captions.
	Texts []string `yaml:"texts,omitempty"`
	// Questions are the kinds of question; none means any.
	Questions []string `yaml:"questions,omitempty"`
	// Objects says where the labels of object_vqa come from: "boxes" (the default), "texts", or fields of
	// the metadata.
	Objects []string `yaml:"objects,omitempty"`
	// Neighbours is how many samples whose keys follow one another come together; none means a wholly
	// random order. Where keys say what a picture shows, neighbours are the hard negatives of a
	// contrastive task: the same figure in another colour meets it in the same batch.
	Neighbours int `yaml:"neighbours,omitempty"`
	// Prompt is the template of the encoder's text; by default the kind's own of PaLI.
	Prompt string `yaml:"prompt,omitempty"`
	// Denoisers names the preset of span corruption: ul2-paper, ul2, ul2r or t5.
	Denoisers string `yaml:"denoisers,omitempty"`
	// Modes puts UL2's mode token before a corrupted text.
	Modes bool `yaml:"modes,omitempty"`
}

// ReadRecipe reads a recipe's YAML, whose name is for errors, with assignments such as "batch=8" applied.
func ReadRecipe(content []byte, name string, assignments ...string) (Recipe, error) {
	var r Recipe
	if err := strict.Read(content, name, &r, assignments...); err != nil {
		return Recipe{}, err
	}
	return r, r.Problems().At(content, name, assignments)
}

// split returns the task's split, "" for all.
func (t *Task) split() string {
	switch t.Split {
	case "":
		return "train"
	case "all":
		return ""
	}
	return t.Split
}

func wanted(list []string, value string) bool { return len(list) == 0 || slices.Contains(list, value) }
