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
// or curate. Its paths begin at the folder recipes/ of the project.
func (p *Plan) Recipe(kind string) ([]byte, error) {
	view := recipeView{Plan: p}
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

// recipeView is what a template of a recipe sees.
type recipeView struct {
	*Plan
	Steps int
}

// TrainOps are the image ops of a stage in which the image encoder learns. For captions they are
// half of the image or more: of 800 stamps, retrieval of unseen ones was better than with the whole
// image a little larger, cut at a random place, which is what small things that are asked about
// need.
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

// EvalOps are those of scoring, and of stages whose image encoder is frozen.
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

// Bias is the logit of one match among the texts of a batch.
func (v recipeView) Bias() string { return fmt.Sprintf("%.1f", -math.Log(float64(v.Batch0))) }

// WarmUp is a twentieth of the steps, 50 at most.
func (v recipeView) WarmUp() int { return min(50, v.Steps/20) }

func (v recipeView) Checkpoints() string {
	return fmt.Sprintf("checkpoint_every: %d", min(250, max(20, v.Steps/8)))
}

// evaluations of a stage while it trains; the best one's weights are kept.
const evaluations = 6

// Eval scores held-out samples during the training, and keeps the weights that were best.
func (v recipeView) Eval(best string, metrics string) string {
	return fmt.Sprintf("# The weights of the best evaluation are kept: few images are soon learnt by heart.\neval: {every: %d, split: %s, metrics: [%s], samples: 120, best: %s}",
		max(1, (v.Steps+evaluations-1)/evaluations), v.Validation(), metrics, best)
}

// Validation is the name of the validation split.
func (v recipeView) Validation() string {
	if v.Measured.Splits["validation"] > 0 {
		return "validation"
	}
	return "val"
}

// HeldOut lists the splits that the data have and training must not see.
func (v recipeView) HeldOut() string {
	var names []string
	for _, name := range most(v.Measured.Splits) {
		if name != "" && name != "train" {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// Tasks of the mixture of the stages 1 and 2.
func (v recipeView) Tasks() (tasks []string) {
	add := func(on bool, name, rest string, weight float64) {
		if on {
			tasks = append(tasks, fmt.Sprintf("{name: %s, kind: %s, weight: %g}", name, rest, weight))
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
