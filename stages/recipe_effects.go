package stages

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/weights"
)

// Effects says what the differences between two recipes change: what a model is fed, and which
// weights and runs of one are of use to the other.
type Effects struct {
	// Stream is nil if the data of one cannot be opened, and StreamUnknown then says why.
	Stream        *mixture.Comparison `json:"stream,omitempty"`
	StreamUnknown string              `json:"stream_unknown,omitempty"`
	// Weights is nil if the model of one cannot be built, and WeightsUnknown then says why.
	Weights        *WeightsComparison `json:"weights,omitempty"`
	WeightsUnknown string             `json:"weights_unknown,omitempty"`
	// Blocking lists the keys that keep a run of one from resuming with the other; none if it can.
	// OtherFiles says that the recipes name other datasets or another tokenizer, which are legal
	// only if their content is the same.
	Blocking   []string `json:"blocking,omitempty"`
	OtherFiles bool     `json:"other_files,omitempty"`
}

// WeightsComparison compares the weights of two models by name.
type WeightsComparison struct {
	// Same is the number of weights of the same name and shape, and Elements their size.
	Same     int `json:"same"`
	Elements int `json:"elements"`
	// OtherShape, OnlyA and OnlyB are the names of the others.
	OtherShape []string `json:"other_shape,omitempty"`
	OnlyA      []string `json:"only_a,omitempty"`
	OnlyB      []string `json:"only_b,omitempty"`
}

// CompareEffects opens the data of two recipes, if they are there, makes some examples of both, and
// builds both models without weights.
func CompareEffects(ctx context.Context, a, b Recipe, be compute.Backend) (Effects, error) {
	e := Effects{}
	for _, d := range DiffRecipes(a, b) {
		if !freeToChange(d.Path) {
			e.Blocking = append(e.Blocking, d.Path)
		} else if strings.HasSuffix(d.Path, "data") || d.Path == "tokenizer.model" {
			e.OtherFiles = true
		}
	}
	var err error
	if e.Stream, err = compareStreams(ctx, a, b); err != nil {
		if ctx.Err() != nil {
			return e, err
		}
		e.Stream, e.StreamUnknown = nil, strings.TrimPrefix(err.Error(), "recipe: ")
	}
	if e.Weights, err = compareWeights(a, b, be); err != nil {
		e.WeightsUnknown = strings.TrimPrefix(err.Error(), "recipe: ")
	}
	return e, nil
}

func compareStreams(ctx context.Context, a, b Recipe) (c *mixture.Comparison, err error) {
	var streams [2]*mixture.Stream
	examples := 0
	for i, r := range []Recipe{a, b} {
		if err := r.Mixture.Check(); err != nil {
			return nil, err
		}
		s, err := mixture.Open(r.Mixture, mixture.Options{})
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, s.Close()) }()
		streams[i] = s
		examples = max(examples, max(r.Steps, 1)*max(r.Mixture.Batch, 1))
	}
	found, err := mixture.Compare(ctx, streams[0], streams[1], examples)
	return &found, err
}

// compareWeights compares the weights of two models.
func compareWeights(a, b Recipe, be compute.Backend) (*WeightsComparison, error) {
	x, err := a.specs(be)
	if err != nil {
		return nil, err
	}
	y, err := b.specs(be)
	if err != nil {
		return nil, err
	}
	c := &WeightsComparison{}
	of := map[string]weights.Spec{}
	for _, spec := range y {
		of[spec.Name] = spec
	}
	for _, spec := range x {
		other, both := of[spec.Name]
		delete(of, spec.Name)
		switch {
		case !both:
			c.OnlyA = append(c.OnlyA, spec.Name)
		case !slices.Equal(spec.Shape, other.Shape):
			c.OtherShape = append(c.OtherShape, fmt.Sprintf("%s %v -> %v", spec.Name, spec.Shape, other.Shape))
		default:
			c.Same++
			c.Elements += spec.Size()
		}
	}
	for _, spec := range y {
		if _, only := of[spec.Name]; only {
			c.OnlyB = append(c.OnlyB, spec.Name)
		}
	}
	return c, nil
}

// specs builds the model of a recipe without its data: with the tokenizer's vocabulary, or else the
// one that the recipe states.
func (r Recipe) specs(be compute.Backend) ([]weights.Spec, error) {
	ids := 0
	vocabulary, err := r.Mixture.OpenVocabulary()
	switch {
	case err == nil:
		ids = vocabulary.Size()
	case errors.Is(err, fs.ErrNotExist) && r.statedVocabulary() > 0:
		ids = r.statedVocabulary()
	default:
		return nil, fmt.Errorf("recipe: tokenizer: %w", err)
	}
	network, err := r.Network(r.Mixture.Shape(), ids)
	if err != nil {
		return nil, err
	}
	specs, err := network.Model.Specs(be)
	if err != nil {
		return nil, fmt.Errorf("building the model: %w", err)
	}
	return specs, nil
}

// Lines describes the effects in plain words, a fact a line.
func (e Effects) Lines() (all []string) {
	if e.Stream != nil {
		all = streamLines(*e.Stream)
	} else {
		all = append(all, "stream: not compared: "+e.StreamUnknown)
	}
	if e.Weights != nil {
		all = append(all, "weights: "+e.Weights.String())
	} else {
		all = append(all, "weights: not compared: "+e.WeightsUnknown)
	}
	switch {
	case len(e.Blocking) == 0 && e.OtherFiles:
		return append(all, "resume: a run of the first recipe can be resumed with the second if the files have the same content")
	case len(e.Blocking) == 0:
		return append(all, "resume: a run of the first recipe can be resumed with the second")
	}
	return append(all, "resume: a run of the first recipe cannot be resumed with the second, because of "+strings.Join(atMost(e.Blocking, 6), ", "))
}

// atMost returns the first n texts, and how many there are more.
func atMost(all []string, n int) []string {
	if len(all) <= n {
		return all
	}
	return append(slices.Clone(all[:n]), fmt.Sprintf("%d more", len(all)-n))
}

// String describes which weights are of use to the other recipe.
func (c WeightsComparison) String() string {
	others := len(c.OtherShape) + len(c.OnlyA) + len(c.OnlyB)
	if others == 0 {
		return fmt.Sprintf("all %d have the same names and shapes: a run of the second recipe can begin with the weights of the first (init)", c.Same)
	}
	var parts []string
	add := func(names []string, what string) {
		if len(names) > 0 {
			parts = append(parts, fmt.Sprintf("%d %s: %s", len(names), what, strings.Join(atMost(names, 3), ", ")))
		}
	}
	add(c.OtherShape, "of another shape")
	add(c.OnlyA, "in the first alone")
	add(c.OnlyB, "in the second alone")
	if c.Same == 0 {
		return "none has the same name and shape; " + strings.Join(parts, "; ")
	}
	return fmt.Sprintf("%d of the same names and shapes, with %d parameters, can be taken over (init); %s", c.Same, c.Elements, strings.Join(parts, "; "))
}

// streamLines describes what differs in the streams.
func streamLines(c mixture.Comparison) (all []string) {
	add := func(format string, values ...any) { all = append(all, "stream: "+fmt.Sprintf(format, values...)) }
	same := c.SameOrder == c.Examples && c.PerStep[0] == c.PerStep[1] && c.Shapes[0] == c.Shapes[1]
	for _, t := range c.Tasks {
		same = same && t.In[0] == t.In[1] && t.OtherSample+t.OtherPrompt+t.OtherTarget+t.OtherPixels == 0
	}
	if same {
		add("every example that was compared is equal, pixels too, in the same batches")
		return all
	}
	if c.PerStep[0] != c.PerStep[1] {
		add("a step takes %d examples instead of %d", c.PerStep[1], c.PerStep[0])
	} else if c.Shapes[0] != c.Shapes[1] {
		add("batches have another shape: %s", changedSizes(c.Shapes[0], c.Shapes[1]))
	}
	switch {
	case c.SameOrder == c.Examples:
		add("the order is the same: each example is of the same task and sample")
	case c.SameOrder == 0:
		add("the order differs from the first example on")
	default:
		add("the order is the same up to example %d, in step %d, and differs from there on", c.SameOrder, c.SameOrder/c.PerStep[0])
	}
	for _, t := range c.Tasks {
		add("task %s: %s", t.Task, strings.Join(taskChanges(t), "; "))
	}
	return all
}

// taskChanges describes what differs in a task's examples.
func taskChanges(t mixture.TaskComparison) (all []string) {
	add := func(format string, values ...any) { all = append(all, fmt.Sprintf(format, values...)) }
	if !t.In[0] || !t.In[1] {
		for i, name := range []string{"first", "second"} {
			if t.In[i] {
				add("only in the %s, with %.1f%% of the examples", name, 100*t.Shares[i])
			}
		}
		return all
	}
	if differ(t.Shares) {
		add("%.1f%% -> %.1f%% of the examples", 100*t.Shares[0], 100*t.Shares[1])
	}
	if differ(t.EndShares) && (t.EndShares[0] != t.Shares[0] || t.EndShares[1] != t.Shares[1]) {
		add("%.1f%% -> %.1f%% of them at the end of the curriculum", 100*t.EndShares[0], 100*t.EndShares[1])
	}
	if t.Samples[0] != t.Samples[1] {
		add("%d -> %d samples", t.Samples[0], t.Samples[1])
	}
	equal := t.Compared - t.OtherSample
	switch {
	case t.OtherSample == t.Compared:
		add("other samples, or the same in another order")
		return all
	case t.OtherSample > 0:
		add("%d of its first %d examples are of other samples", t.OtherSample, t.Compared)
	case t.OtherPrompt+t.OtherTarget+t.OtherPixels == 0:
		add("its own examples are the same, in the same order")
		return all
	default:
		add("the same samples, in the same order")
	}
	for _, one := range []struct {
		n, of int
		what  string
	}{{t.OtherPrompt, equal, "prompts"}, {t.OtherTarget, equal, "targets"}, {t.OtherPixels, t.Images, "images' pixels"}} {
		if one.n > 0 {
			add("other %s in %d of %d", one.what, one.n, one.of)
		}
	}
	if t.OtherPrompt+t.OtherTarget > 0 && t.OtherWords == 0 {
		add("their words are the same, only the ids differ")
	}
	return all
}

func differ(x [2]float64) bool { return x[0]-x[1] > 5e-4 || x[1]-x[0] > 5e-4 }

// changedSizes lists the sizes of batches that differ, old and new.
func changedSizes(a, b mixture.Shape) string {
	var all []string
	for _, size := range []struct {
		name     string
		old, new int
	}{
		{"rows", a.Rows, b.Rows}, {"images of a row", a.Images, b.Images},
		{"height", a.Height, b.Height}, {"width", a.Width, b.Width},
		{"patch", a.Sequence.Patch, b.Sequence.Patch}, {"patches", a.Sequence.Length, b.Sequence.Length},
		{"texts", a.Texts, b.Texts}, {"encoder ids", a.Encoder, b.Encoder}, {"decoder ids", a.Decoder, b.Decoder},
		{"examples of a packed row", a.Segments, b.Segments},
	} {
		if size.old != size.new {
			all = append(all, fmt.Sprintf("%s %d -> %d", size.name, size.old, size.new))
		}
	}
	return strings.Join(all, ", ")
}
