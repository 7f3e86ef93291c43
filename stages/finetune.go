package stages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/pali3/pali3/models/family"
)

// FineTuning says on what a published model is fine-tuned.
type FineTuning struct {
	// From names the model: its folder, or hf:owner/name@revision.
	From string
	// Data is the dataset, and Split the split of it to train on; "all" takes every sample.
	Data, Split string
	// Kind of the task. Default: contrastive for a model that compares images with texts, caption
	// for one that writes about images, denoise for one of text alone. Legal: kinds of task that
	// suit the model, such as vqa.
	Kind string
	// Steps of the run. Default: 1,000.
	Steps int
	Seed  uint64
}

// NewFineTuning returns the recipe, with comments, that fine-tunes a published model: it begins
// with the model's weights and has the model's own shape, tokenizer, image ops, lengths and
// prompts. The learning rate and the batch are modest values to begin with.
func NewFineTuning(t *Trained, o FineTuning) ([]byte, error) {
	if t.Published == nil {
		return nil, fmt.Errorf("%s is a run of pali3: its recipe is in %s; take its weights with init: [{from: %s}]", t.Dir, RecipeFile, t.Dir)
	}
	if t.Vocabulary == nil {
		return nil, fmt.Errorf("%s has no tokenizer, which training needs", t.Dir)
	}
	task, err := t.fineTuningTask(o)
	if err != nil {
		return nil, err
	}
	if o.Steps == 0 {
		o.Steps = 1000
	}
	loose := family.Clone(t.Model)
	loose.Loosen() // sizes follow from the data
	model, err := keysOf(loose)
	if err != nil {
		return nil, err
	}
	text, err := keysOf(t.Published.Tokenizer)
	if err != nil {
		return nil, err
	}
	recipe := yaml.MapSlice{
		{Key: "family", Value: t.Family.Name},
		{Key: "init", Value: []yaml.MapSlice{{{Key: "from", Value: o.From}}}},
		{Key: "data", Value: o.Data},
		{Key: "tokenizer", Value: text},
	}
	if ops := t.Published.ImageOps; ops != "" {
		recipe = append(recipe, yaml.MapItem{Key: "images", Value: yaml.MapSlice{{Key: "ops", Value: ops}}})
	}
	lengths := yaml.MapSlice{{Key: "encoder", Value: t.Lengths.Encoder}}
	if t.Lengths.Decoder > 0 {
		lengths = append(lengths, yaml.MapItem{Key: "decoder", Value: t.Lengths.Decoder})
	}
	recipe = append(recipe,
		yaml.MapItem{Key: "lengths", Value: lengths},
		yaml.MapItem{Key: "batch", Value: 16},
		yaml.MapItem{Key: "tasks", Value: []yaml.MapSlice{task}},
		yaml.MapItem{Key: "model", Value: model},
		yaml.MapItem{Key: "steps", Value: o.Steps},
		yaml.MapItem{Key: "optimizer", Value: yaml.MapSlice{{Key: "name", Value: "adamw"}, {Key: "learning_rate", Value: 1e-5}}},
		yaml.MapItem{Key: "schedule", Value: yaml.MapSlice{{Key: "kind", Value: "cosine"}, {Key: "warm_up", Value: o.Steps / 20}}},
		yaml.MapItem{Key: "seed", Value: o.Seed},
	)
	content, err := yaml.Marshal(recipe)
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf("# Fine-tunes %s, of model_type %s, on %s.\n", o.From, t.Published.ModelType, o.Data)
	for _, note := range t.Published.Notes {
		head += "# " + note + "\n"
	}
	return append([]byte(head), content...), nil
}

// fineTuningTask returns the keys of the task.
func (t *Trained) fineTuningTask(o FineTuning) (yaml.MapSlice, error) {
	_, embeds := t.Model.(family.Embedder)
	_, writes := t.Model.(family.Writer)
	_, sees := t.Model.(family.Seer)
	kinds := []string{"caption", "vqa", "ocr", "vqg", "split_cap", "detect", "segment"}
	switch {
	case embeds:
		kinds = []string{"contrastive"}
	case writes && !sees:
		kinds = []string{"denoise"}
	case !writes:
		return nil, fmt.Errorf("%s: a model of the kind %T has no loss to train it by", t.Dir, t.Model)
	}
	if o.Kind == "" {
		o.Kind = kinds[0]
	}
	if !slices.Contains(kinds, o.Kind) {
		return nil, fmt.Errorf("a model of the family %s is not trained on tasks of kind %s; legal are %s", t.Family.Name, o.Kind, strings.Join(kinds, ", "))
	}
	task := yaml.MapSlice{{Key: "name", Value: o.Kind}, {Key: "kind", Value: o.Kind}, {Key: "weight", Value: 1}}
	if o.Split != "" {
		task = append(task, yaml.MapItem{Key: "split", Value: o.Split})
	}
	if prompt := t.Published.Prompts[o.Kind]; prompt != "" {
		task = append(task, yaml.MapItem{Key: "prompt", Value: prompt})
	}
	if o.Kind == "denoise" {
		task = append(task, yaml.MapItem{Key: "denoisers", Value: "t5"})
	}
	return task, nil
}

// withoutZeros leaves out keys whose values are the defaults of their types.
func withoutZeros(keys yaml.MapSlice) (kept yaml.MapSlice) {
	for _, item := range keys {
		if inner, is := item.Value.(yaml.MapSlice); is {
			item.Value = withoutZeros(inner)
		}
		switch fmt.Sprint(item.Value) {
		case "0", "", "false", "[]", "{}", "0.0":
			continue
		}
		kept = append(kept, item)
	}
	return kept
}

// keysOf returns the keys of a struct whose values are not zero.
func keysOf(value any) (keys yaml.MapSlice, err error) {
	content, err := yaml.Marshal(value)
	if err == nil {
		err = yaml.UnmarshalWithOptions(content, &keys, yaml.UseOrderedMap())
	}
	return withoutZeros(keys), err
}
