package mixture

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/internal/strict"
)

// Check says what is wrong with a recipe before any work is done, and fills in the kinds' own
// prompts.
func (r *Recipe) Check() error {
	if err := r.Problems().Err(); err != nil {
		return fmt.Errorf("recipe: %w", err)
	}
	return nil
}

// Bounds of a batch's sizes, so that their products can be counted.
const (
	maxBatch      = 1 << 24 // examples or rows
	maxLength     = 1 << 20 // ids
	maxPerExample = 1 << 16 // images, or texts of a contrastive example
)

// Problems lists all that is wrong with a recipe by itself, its files unread, and fills in the
// kinds' own prompts.
func (r *Recipe) Problems() (all strict.Problems) {
	for _, c := range []struct {
		key               string
		value, least, top int
	}{
		{"batch", r.Batch, 1, maxBatch}, {"lengths.encoder", r.Lengths.Encoder, 1, maxLength}, {"lengths.decoder", r.Lengths.Decoder, 0, maxLength},
		{"lengths.texts", r.Lengths.Texts, 0, maxPerExample}, {"images.per_example", r.Images.PerExample, 0, maxPerExample},
	} {
		switch {
		case c.value < c.least && c.least > 0:
			all.Add(c.key, "%s: %d, must be above zero", c.key, c.value)
		case c.value < c.least:
			all.Add(c.key, "%s: %d, must not be below zero", c.key, c.value)
		case c.value > c.top:
			all.Add(c.key, "%s: %d, must be at most %d", c.key, c.value, c.top)
		}
	}
	all = append(all, r.mixingProblems()...)
	if r.Tokenizer.Model == "" {
		all.Add("tokenizer.model", "tokenizer.model: missing; name a SentencePiece model, which pali3 tokenizer train makes")
	}
	if err := checkPromptSet(r.Prompts); err != nil {
		all.Add("prompts", "%v", err)
	}
	all = append(all, r.Images.problems(r.Registry)...)
	all = append(all, r.Packing.problems(r)...)
	return append(all, r.taskProblems()...)
}

func notBelowZero(x float64) bool { return x >= 0 && !math.IsInf(x, 0) }

// mustBe says what a number that is below zero, infinite or none must be.
func mustBe(x float64) string {
	if x < 0 && !math.IsInf(x, 0) {
		return fmt.Sprintf("%g, must not be below zero", x)
	}
	return fmt.Sprintf("%g, must be a finite number", x)
}

// problems lists what is wrong with the image ops.
func (c ImageConfig) problems(registry *Registry) (all strict.Problems) {
	train, err := registry.recipeOps("ops", c.Ops)
	if err != nil {
		all.Add("images.ops", "%v", err)
	}
	eval, err := registry.recipeOps("eval_ops", c.EvalOps)
	if err != nil {
		all.Add("images.eval_ops", "%v", err)
	}
	if train != nil && eval != nil && sizeOf(train) != sizeOf(eval) {
		all.Add("images.eval_ops", "images.eval_ops: %s, but images.ops give %s; the model takes one size", sizeOf(eval), sizeOf(train))
	}
	return append(all, c.lengthProblems(train)...)
}

// sizeOf describes the images that a model is made for.
func sizeOf(p *augment.Pipeline) string {
	if patch := p.Sequence().Patch; patch > 0 {
		return fmt.Sprintf("patches of %d pixels", patch)
	}
	h, w := p.Size()
	return fmt.Sprintf("%d by %d pixels", h, w)
}

// maxSequenceLengths bounds the numbers of patches that batches may have: each has a compiled graph
// of its own.
const maxSequenceLengths = 16

// lengthProblems lists what is wrong with the sequence lengths of the given ops.
func (c ImageConfig) lengthProblems(ops *augment.Pipeline) (all strict.Problems) {
	const key = "images.sequence_lengths"
	switch {
	case len(c.SequenceLengths) == 0 || ops == nil:
		return nil
	case len(c.SequenceLengths) > maxSequenceLengths:
		all.Add(key, "%s: %d numbers, legal are at most %d", key, len(c.SequenceLengths), maxSequenceLengths)
		return all
	case ops.Sequence().Patch == 0:
		all.Add(key, "%s: images.ops give %s; sequence lengths go with images of any aspect, which resize_to_sequence makes", key, sizeOf(ops))
		return all
	}
	for i, length := range c.SequenceLengths {
		if _, err := ops.WithSequenceLength(length); err != nil {
			all.Add(fmt.Sprintf("%s.%d", key, i), "%s: %v", key, err)
		}
	}
	return all
}

// taskProblems lists what is wrong with the tasks.
func (r *Recipe) taskProblems() (all strict.Problems) {
	if len(r.Tasks) == 0 {
		all.Add("tasks", "tasks: none; at least one is needed")
		return all
	}
	names := map[string]bool{}
	total := 0.0
	for i := range r.Tasks {
		t := &r.Tasks[i]
		for _, p := range t.problems(r) {
			all.Add(r.TaskPath(i)+"."+p.Path, "tasks[%d] (%s): %s", i, t.Name, p.Text)
		}
		if names[t.Name] && t.Name != "" {
			all.Add(r.TaskPath(i)+".name", "tasks[%d]: the name %q is taken", i, t.Name)
		}
		names[t.Name] = true
		total += max(t.Weight, 0)
	}
	if total == 0 && len(all) == 0 {
		all.Add("tasks", "tasks: all weights are zero; at least one must be above zero")
	}
	if len(all) == 0 && len(r.mixtureProblems()) == 0 {
		sizes := make([]int, len(r.Tasks))
		for i := range sizes {
			sizes[i] = 1
		}
		if err := r.checkWeights(nil, sizes); err != nil {
			all.Add("tasks", "tasks: %v", err)
		}
	}
	return all
}

// problems lists what is wrong with a task; paths are keys of the task.
func (t *Task) problems(r *Recipe) (all strict.Problems) {
	if t.Name == "" {
		all.Add("name", "name: missing")
	}
	if !notBelowZero(t.Weight) {
		all.Add("weight", "weight: %s", mustBe(t.Weight))
	}
	if t.Epochs < 0 {
		all.Add("epochs", "epochs: %d, must not be below zero", t.Epochs)
	}
	if len(t.Tasks) == 0 && (t.Temperature != 0 || t.Sizes) {
		all.Add("tasks", "tasks: missing; temperature and sizes of an entry are for its tasks")
	}
	all = append(all, t.BalanceLanguages.problems()...)
	if t.Neighbours < 0 {
		all.Add("neighbours", "neighbours: %d, must not be below zero", t.Neighbours)
	}
	if t.Data == "" && r.Data == "" {
		all.Add("data", "data: no dataset, neither here nor for the whole recipe")
	}
	kind, ok := r.Registry.Kind(t.Kind)
	if !ok {
		all.Add("kind", "kind: %q; the nearest legal kind is %q (of %s)", t.Kind, strict.Nearest(t.Kind, r.Registry.KindNames()), strings.Join(r.Registry.KindNames(), ", "))
		return all
	}
	if kind.Target && r.Lengths.Decoder == 0 {
		all.Add("kind", "kind %s needs lengths.decoder, the room for a target in ids", t.Kind)
	}
	if kind.Target && r.Lengths.Texts > 1 {
		all.Add("kind", "kind %s has one text; lengths.texts is for contrastive tasks", t.Kind)
	}
	if kind.Image && r.Images.Ops == "" {
		all.Add("kind", `kind %s needs images.ops, for example "decode|resize(224)|value_range(-1,1)"`, t.Kind)
	}
	if key, err := t.movedBoxProblems(r, kind); err != nil {
		all.Add(key, "%v", err)
	}
	t.fillPrompt(kind, r.Prompts)
	return append(all, t.kindProblems(kind, r)...)
}

// kindProblems lists what is wrong with the keys of a task that depend on its kind.
func (t *Task) kindProblems(kind Kind, r *Recipe) (all strict.Problems) {
	bad := func(key string, err error) {
		if err != nil {
			all.Add(key, "%v", err)
		}
	}
	all = append(all, t.denoiserProblems(kind)...)
	bad("boxes", t.Boxes.check())
	if t.Kind == "segment" && t.Boxes == BoxIntegers {
		all.Add("boxes", "boxes: %s, but kind segment writes %s alone", t.Boxes, BoxLocations)
	}
	if t.Kind == "object_vqa" {
		bad("questions", checkObjectQuestions(t.Questions))
	}
	bad("reading", t.Reading.check())
	bad("fit", t.Fit.check())
	if r.since(firstWithKeysOfKinds) {
		all = append(all, t.keysOfOtherKinds(kind)...)
	}
	bad("shots", t.checkShots(kind, r.Images))
	bad(t.checkFrames(kind))
	bad(t.checkPrompts(kind))
	return all
}

// firstWithKeysOfKinds is the first stream version in which a task cannot have a key that its kind
// does not read. Runs of earlier ones may have such keys, and resume.
const firstWithKeysOfKinds = 3

// keysOfKinds are the keys of a task that some of the built-in kinds alone read.
var keysOfKinds = []struct {
	key   string
	set   func(*Task) bool
	kinds []string
}{
	{"objects", func(t *Task) bool { return len(t.Objects) > 0 }, []string{"object_vqa"}},
	{"boxes", func(t *Task) bool { return t.Boxes != "" }, []string{"detect", "region_caption", "segment"}},
	{"reading", func(t *Task) bool { return t.Reading != "" }, []string{"ocr"}},
	{"fit", func(t *Task) bool { return t.Fit == FitLeaveOut }, []string{"ocr", "detect"}},
	{"denoisers", func(t *Task) bool { return t.Denoisers != "" }, hiding},
	{"modes", func(t *Task) bool { return t.Modes }, hiding},
}

// hiding are the kinds that hide parts of texts.
var hiding = []string{"denoise", "span_corruption", "prefix_lm", "text_replay"}

// keysOfOtherKinds lists the keys that the task has and its kind does not read. A program's own
// kinds may read all.
func (t *Task) keysOfOtherKinds(kind Kind) (all strict.Problems) {
	if !slices.ContainsFunc(builtinKinds, func(k Kind) bool { return k.Name == kind.Name && k.About == kind.About }) {
		return nil
	}
	for _, k := range keysOfKinds {
		if k.set(t) && !slices.Contains(k.kinds, t.Kind) {
			all.Add(k.key, "%s: kind %s does not read it; leave it out (it is for %s)", k.key, t.Kind, strings.Join(k.kinds, ", "))
		}
	}
	return all
}

// Pipeline parses the recipe's image ops; nil if there are none.
func (r *Recipe) Pipeline() (*augment.Pipeline, error) { return r.pipeline("ops", r.Images.Ops) }

// EvalPipeline parses the image ops for scoring and use; nil if there are none.
func (r *Recipe) EvalPipeline() (*augment.Pipeline, error) {
	if r.Images.EvalOps != "" {
		return r.pipeline("eval_ops", r.Images.EvalOps)
	}
	return r.Pipeline()
}

func (r *Recipe) pipeline(key, ops string) (*augment.Pipeline, error) {
	p, err := r.Registry.recipeOps(key, ops)
	if err != nil {
		return nil, fmt.Errorf("recipe: %w", err)
	}
	return p, nil
}

// recipeOps parses the image ops of a recipe's key, which must give one size, or whole patches of
// one size.
func (g *Registry) recipeOps(key, ops string) (*augment.Pipeline, error) {
	if ops == "" {
		return nil, nil
	}
	p, err := g.ParseOps(ops)
	if err != nil {
		return nil, fmt.Errorf("images.%s: %w", key, err)
	}
	if h, w := p.Size(); (h == 0 || w == 0) && p.Sequence().Patch == 0 {
		return nil, fmt.Errorf("images.%s: %q gives images of various sizes; end with a resize or a crop of a fixed size, such as resize(224), "+
			"or for a model with naflex in resize_to_sequence(16, 256)", key, ops)
	}
	return p, nil
}
