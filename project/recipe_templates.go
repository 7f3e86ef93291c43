package project

import (
	"bytes"
	"embed"
	"fmt"
	"math"
	"strings"
	"text/template"
)

//go:embed templates/*.tmpl
var templateFiles embed.FS

var templates = template.Must(template.Must(template.New("recipes").Parse(
	`{{define "tokenizer"}}tokenizer: {model: ../tokenizer.model, sentinels: 64, mode_tokens: true}{{end}}`)).
	ParseFS(templateFiles, "templates/*.tmpl"))

// Recipe returns the YAML of one of the plan's recipes: siglip, ul2, stage1, stage2, caption, vqa
// or curate. Its paths are relative to the project's folder recipes/.
func (p *Plan) Recipe(kind string) ([]byte, error) {
	return p.recipe(kind, nil)
}

func (p *Plan) recipe(kind string, alone *alone) ([]byte, error) {
	view := recipeView{Plan: p, Kind: kind, Alone: alone}
	for _, s := range p.Stages {
		if s.Kind == kind {
			view.Steps = max(s.Steps, 1)
		}
	}
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, kind+".yaml.tmpl", view); err != nil {
		return nil, fmt.Errorf("writing the recipe %s: %w", kind, err)
	}
	return append(bytes.TrimRight(b.Bytes(), "\n"), '\n'), nil
}

// recipeView is the data for the template of a recipe.
type recipeView struct {
	*Plan
	Kind  string
	Steps int
	// Alone says what a recipe outside a project needs; nil for those of a project.
	Alone *alone
}

// TrainOps returns the image ops of a stage in which the image encoder learns. For captions they
// crop half of the image or more, which gave better retrieval with 800 stamps. For questions they
// crop almost the whole image, because questions may be about small things.
func (v recipeView) TrainOps(side int) string {
	crop := fmt.Sprintf("inception_crop(%d,50)", side)
	if !v.Captions {
		crop = fmt.Sprintf("resize(%d)|random_crop(%d)", side+side/10, side)
	}
	if v.Flips {
		crop += "|flip_lr"
	}
	return "decode|" + crop + "|value_range(-1,1)"
}

// EvalOps returns the image ops for scoring, and for stages whose image encoder is frozen.
func (v recipeView) EvalOps(side int) string {
	return fmt.Sprintf("decode|resize(%d)|central_crop(%d)|value_range(-1,1)", side+side/16, side)
}

func (v recipeView) ImageModel() string {
	s := v.Size
	return fmt.Sprintf("{width: %d, depth: %d, mlp: %d, heads: %d, patch: %d}", s.Width, s.Depth, s.MLP, s.Heads, v.Patch)
}

func (v recipeView) TextModel() string {
	s := v.Size
	return fmt.Sprintf("{width: %d, depth: %d, mlp: %d, heads: %d}", s.Width, s.TextDepth, s.MLP, s.Heads)
}

func (v recipeView) LanguageModel() string {
	s := v.Size
	return fmt.Sprintf("{width: %d, mlp: %d, heads: %d, head_dim: %d, encoder_layers: %d, decoder_layers: %d, z_loss: 1e-4}",
		s.Language, s.LanguageMLP, s.LanguageHeads, s.HeadDim, s.Layers, s.Layers)
}

// Bias returns the logit of the probability of one match in a batch.
func (v recipeView) Bias() string { return fmt.Sprintf("%.1f", -math.Log(float64(v.Batch0))) }

// WarmUp returns a twentieth of the steps, at most 50.
func (v recipeView) WarmUp() int { return min(50, v.Steps/20) }

func (v recipeView) Checkpoints() string {
	return fmt.Sprintf("checkpoint_every: %d", min(250, max(20, v.Steps/8)))
}

// evaluations is the number of evaluations during a stage.
const evaluations = 6

// Eval returns the section eval: score held-out samples during training and keep the best weights.
func (v recipeView) Eval(best string, metrics string) string {
	if v.Alone != nil && v.Measured.Splits[v.Validation()] == 0 {
		return v.Alone.withoutEval(best, metrics, max(1, (v.Steps+evaluations-1)/evaluations))
	}
	return fmt.Sprintf("# The weights of the best evaluation are kept, because a model soon overfits to few images.\neval: {every: %d, split: %s, metrics: [%s], samples: 120, best: %s}",
		max(1, (v.Steps+evaluations-1)/evaluations), v.Validation(), metrics, best)
}

// Validation returns the name of the validation split.
func (v recipeView) Validation() string {
	if v.Measured.Splits["validation"] > 0 {
		return "validation"
	}
	return "val"
}

// HeldOut lists the splits of the data that are not for training.
func (v recipeView) HeldOut() string {
	var names []string
	for _, name := range most(v.Measured.Splits) {
		if name != "" && name != "train" {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// Tasks lists the tasks of the mixture of stages 1 and 2.
func (v recipeView) Tasks() (tasks []string) {
	add := func(on bool, name, rest string, weight float64) {
		if on {
			tasks = append(tasks, fmt.Sprintf("{name: %s, kind: %s%s, weight: %g}", name, rest, v.SplitKey(), weight))
		}
	}
	add(v.Captions, "caption", "caption", 4)
	add(v.Captions, "split_cap", "split_cap", 0.5)
	add(v.OCR, "ocr", "ocr", 1)
	add(v.Questions, "vqa", "vqa", 3)
	add(v.Boxes, "objects", "object_vqa", 0.25)
	add(v.Questions, "vqg", "vqg", 0.25)
	return tasks
}
