package stages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
)

// Budget is what one use of a model takes, in bytes and operations. Activations are an estimate:
// see [Memory].
type Budget struct {
	// Use is "inference", "all trained" or "image encoder frozen".
	Use string `json:"use"`
	// Height and Width of the images in pixels, 0 for a model without images.
	Height int `json:"height,omitempty"`
	Width  int `json:"width,omitempty"`
	// Tokens is the longest sequence that a part of the model reads.
	Tokens int `json:"tokens"`
	// FLOPs of one sample: forward, and backward through what is trained.
	FLOPs int64 `json:"flops"`
	// Weights in float32.
	Weights int64 `json:"weight_bytes"`
	// Gradients and next values of trained weights.
	Gradients int64 `json:"gradient_bytes"`
	// Optimizer's tensors, before and after a step.
	Optimizer int64 `json:"optimizer_bytes"`
	// Activations of one sample.
	Activations int64 `json:"activation_bytes_per_sample"`
	// Fits gives the largest batch for devices of some sizes, 0 if not even the weights fit.
	Fits []Fit `json:"fits"`
}

// Fit is the largest batch that fits into a memory.
type Fit struct {
	GB    int `json:"gb"`
	Batch int `json:"batch"`
}

// BudgetOptions say what to assume.
type BudgetOptions struct {
	// Backend builds graphs but computes nothing.
	Backend compute.Backend
	// Optimizer's name. Default: adafactor_t5x.
	Optimizer string
	// Lengths of prompts and answers in ids. Default: 64 each.
	Lengths family.Lengths
	// Sides of square images in pixels. Default: the model's own size, and those of
	// PaLI-3's stages and PaliGemma that its patches divide.
	Sides []int
	// GB are the memories to fit, in units of 2^30 bytes. Default: 8, 16, 24, 40, 80, 141.
	GB []int
}

// inferenceShare is how many times more activations training keeps than inference needs at once: a
// guess for models of 24 to 48 blocks, of which inference holds a few.
const inferenceShare = 16

var (
	usualSides = []int{224, 448, 812, 896, 1064}
	usualGB    = []int{8, 16, 24, 40, 80, 141}
)

// Budgets describes the uses of a model: for inference and training, at each image size, and with
// the image encoder frozen if the model has one that its other parts build on.
func Budgets(m family.Model, o BudgetOptions) ([]Budget, error) {
	if o.Optimizer == "" {
		o.Optimizer = "adafactor_t5x"
	}
	if o.Lengths == (family.Lengths{}) {
		o.Lengths = family.Lengths{Prompt: 64, Answer: 64}
	}
	if o.GB == nil {
		o.GB = usualGB
	}
	var all []Budget
	for _, sized := range o.sizes(m) {
		height, width := imageSize(sized)
		specs, err := sized.Specs(o.Backend)
		if err != nil {
			return nil, fmt.Errorf("building the model for images of %d by %d: %w", height, width, err)
		}
		uses := []Budget{{Use: "inference"}, {Use: "all trained"}}
		if seer, ok := sized.(family.Seer); ok {
			frozen := Budget{Use: "image encoder frozen"}
			if err := o.fill(&frozen, sized, specs, seer.ImageEncoder().Prefix); err != nil {
				return nil, err
			}
			uses = append(uses, frozen)
		}
		for i := range uses {
			uses[i].Height, uses[i].Width = height, width
			if i < 2 {
				if err := o.fill(&uses[i], sized, specs, ""); err != nil {
					return nil, err
				}
			}
		}
		all = append(all, uses...)
	}
	return all, nil
}

// sizes returns the model for each image size.
func (o BudgetOptions) sizes(m family.Model) []family.Model {
	height, width := imageSize(m)
	if height == 0 {
		return []family.Model{m}
	}
	sides := o.Sides
	if sides == nil {
		sides = usualSides
	}
	var all []family.Model
	if o.Sides == nil && !(height == width && slices.Contains(sides, height)) {
		all = append(all, m)
	}
	for _, side := range sides {
		if sized, ok := resized(m, side); ok {
			all = append(all, sized)
		}
	}
	return all
}

// imageSize returns the size of a model's images, or 0.
func imageSize(m family.Model) (height, width int) {
	switch sized := m.(type) {
	case family.Seer:
		e := sized.ImageEncoder()
		return e.Height, e.Width
	case family.Embedder:
		return sized.ImageSize()
	}
	return 0, 0
}

// resized returns the model for square images of another size, if it takes them.
func resized(m family.Model, side int) (family.Model, bool) {
	data := family.Data{Images: 1, Height: side, Width: side}
	for _, in := range m.Inputs() {
		data.Vocabulary = max(data.Vocabulary, in.Vocabulary)
	}
	if e, ok := m.(family.Embedder); ok {
		data.Encoder = e.TextLength()
	}
	sized := family.Clone(m)
	sized.Loosen()
	return sized, len(sized.Fit(data)) == 0 && sized.Validate() == nil
}

// fill computes a budget; weights and parts whose names begin with frozen do not learn.
func (o BudgetOptions) fill(b *Budget, m family.Model, specs []weights.Spec, frozen string) error {
	learns := func(name string) bool {
		return b.Use != "inference" && (frozen == "" || name != frozen && !strings.HasPrefix(name, frozen+"."))
	}
	var trainable []weights.Spec
	for _, s := range specs {
		b.Weights += 4 * int64(s.Size())
		if learns(s.Name) {
			trainable = append(trainable, s)
		}
	}
	b.Gradients = 2 * 4 * int64(weights.Parameters(trainable))
	if len(trainable) > 0 {
		rule, err := newOptimizer(OptimizerConfig{Name: o.Optimizer, LearningRate: 1}, Schedule{}, 1, trainable)
		if err != nil {
			return err
		}
		b.Optimizer = 2 * 4 * int64(weights.Parameters(rule.stateSpecs()))
	}
	floats, widest := int64(0), int64(0)
	for _, p := range m.Parts(o.Lengths) {
		b.Tokens = max(b.Tokens, p.Tokens)
		b.FLOPs += p.ForwardFLOPs
		widest = max(widest, p.Activations)
		if learns(p.Name) {
			b.FLOPs += 2 * p.ForwardFLOPs
			floats += p.Activations
		}
	}
	if floats == 0 {
		floats = widest / inferenceShare
	}
	b.Activations = int64(activationFactor * 4 * float64(floats))
	fixed := programBytes + b.Weights + b.Gradients + b.Optimizer
	for _, gb := range o.GB {
		batch := (int64(gb)<<30 - fixed) / max(b.Activations, 1)
		b.Fits = append(b.Fits, Fit{gb, int(max(batch, 0))})
	}
	return nil
}
