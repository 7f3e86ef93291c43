package stages

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/gomlx/compute"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/weights"
)

// Finding is a problem of a recipe, with its key and its place in the file.
type Finding = strict.Finding

// Inspection lists everything wrong with a recipe, and describes what it would train.
type Inspection struct {
	// Findings are errors, which prevent training, and warnings.
	Findings []Finding `json:"findings"`
	Family   string    `json:"family,omitempty"`
	// Stage is the older name of the family.
	Stage string `json:"stage,omitempty"`
	Steps int    `json:"steps,omitempty"`
	Batch int    `json:"batch,omitempty"`
	// Tasks describe how well their first examples fit, if the data could be opened.
	Tasks []mixture.Measured `json:"tasks,omitempty"`
	// Sources and Vocabulary are there if the options ask for sources.
	Sources    []mixture.SourceStats  `json:"sources,omitempty"`
	Vocabulary *mixture.VocabularyUse `json:"vocabulary,omitempty"`
	// Model and Memory are nil if the model cannot be built.
	Model  *Size   `json:"model,omitempty"`
	Memory *Memory `json:"memory,omitempty"`
}

// Size is the size of a model in parameters.
type Size struct {
	Parameters int `json:"parameters"`
	Trained    int `json:"trained"`
}

// InspectOptions configure [Inspect].
type InspectOptions struct {
	// Backend builds the model's graph but computes nothing.
	Backend compute.Backend
	// Registry holds what the recipe may name. Default: what is built in.
	Registry *Registry
	// Examples is the number of examples to make of each task. Default: 256. The images of the
	// first Images of them are decoded. Default: 8.
	Examples, Images int
	// Sources also checks that the files of all datasets are whole, and that prompts, languages and
	// the vocabulary go together.
	Sources bool
	// Memory is the available memory in bytes; a larger estimate is a warning. Default: unknown.
	Memory int64
}

// inspector is an inspection in progress.
type inspector struct {
	Inspection
	options     InspectOptions
	content     []byte
	name        string
	assignments []string
}

// Inspect checks everything that can be wrong with a recipe: unknown keys, values out of range,
// files that are missing or have another layout, sizes that do not fit, prefixes that cover no
// weight, tasks without samples. It warns of what is hardly intended, such as texts that do not fit
// their windows. It trains and writes nothing. Content, name, base and assignments are those of
// [ReadRecipe].
func Inspect(ctx context.Context, content []byte, name, base string, assignments []string, o InspectOptions) (Inspection, error) {
	found, err := inspect(ctx, content, name, base, assignments, o)
	strict.SortFindings(found.Findings)
	return found, err
}

func inspect(ctx context.Context, content []byte, name, base string, assignments []string, o InspectOptions) (Inspection, error) {
	if o.Examples == 0 {
		o.Examples = 256
	}
	if o.Images == 0 {
		o.Images = 8
	}
	content, base, err := withIncluded(content, name, base)
	if err != nil {
		one := Finding{Severity: strict.Error, Place: name, Message: strings.TrimPrefix(err.Error(), name+": ")}
		if place, message, _ := strings.Cut(err.Error(), ": "); strings.Contains(place, " line ") {
			one.Place, one.Message = place, message // of this file, or of one that it includes
		}
		return Inspection{Findings: []Finding{one}}, nil
	}
	i := inspector{options: o, content: content, name: name, assignments: assignments}
	i.Findings = []Finding{}
	r := emptyRecipe(content, o.Registry, assignments)
	typed, err := strict.ReadAll(content, name, mover(content, name, base), &r, assignments...)
	i.add(strict.Error, typed)
	if err != nil {
		i.Findings = append(i.Findings, Finding{Severity: strict.Error, Place: name, Message: strings.TrimPrefix(err.Error(), name+": ")})
		return i.Inspection, nil
	}
	r.Mixture = r.Mixture.Flat()
	r = r.fromBeforeVersions(name).named()
	if len(typed) > 0 && r.Family == "" && r.Mixture.Tasks == nil {
		return i.Inspection, nil // nothing could be read
	}
	i.Family, i.Stage, i.Steps, i.Batch = r.Family, r.stageName(), r.Steps, r.Mixture.Batch
	own := r.Problems().Without(typed)
	i.add(strict.Error, own)
	i.add(strict.Warning, append(r.unused(), r.scheduleWarnings()...))
	vocabulary := i.files(r, len(own)+len(typed) == 0)
	if len(own)+len(typed) == 0 && vocabulary > 0 {
		if err := i.model(r, vocabulary); err != nil {
			return i.Inspection, err
		}
		return i.Inspection, i.data(ctx, r)
	}
	return i.Inspection, nil
}

// Failed reports whether there is an error among the findings.
func (i Inspection) Failed() bool {
	return slices.ContainsFunc(i.Findings, func(f Finding) bool { return f.Severity == strict.Error })
}

func (i *inspector) add(severity string, problems strict.Problems) {
	i.Findings = append(i.Findings, problems.Findings(severity, i.content, i.name, i.assignments)...)
}

// files checks the files of the recipe and returns the size of its vocabulary, or 0 if it cannot be
// opened. It checks datasets only if the data is not opened later.
func (i *inspector) files(r Recipe, sound bool) (size int) {
	var all strict.Problems
	if r.Mixture.Tokenizer.Model != "" {
		if v, err := r.Mixture.OpenVocabulary(); errors.Is(err, fs.ErrNotExist) {
			all.Add("tokenizer.model", "tokenizer.model: %s does not exist; make one with pali3 tokenizer train", r.Mixture.Tokenizer.Model)
		} else if err != nil {
			all.Add("tokenizer.model", "tokenizer: %v", err)
		} else {
			size = v.Size()
		}
	}
	for n, init := range r.Init {
		if init.From != "" && !strings.HasPrefix(init.From, hubPrefix) {
			file, err := init.openFile()
			if err != nil {
				all.Add(fmt.Sprintf("init.%d.from", n), "init[%d]: %v", n, err)
				continue
			}
			file.Close()
		}
	}
	if !sound || size == 0 {
		all = append(all, r.datasetProblems()...)
	}
	if !sound && size > 0 && len(all) == 0 {
		all = r.soundTaskProblems()
	}
	i.add(strict.Error, all)
	return size
}

// soundTaskProblems opens the data of a recipe that has problems, as far as its tasks are without:
// so that a split or a language that is not there is reported with the problems.
func (r Recipe) soundTaskProblems() strict.Problems {
	m := r.Mixture
	m.Batch, m.Lengths.Encoder, m.Lengths.Decoder, m.Lengths.Texts = 1, 64, 64, 1
	m.Images = mixture.ImageConfig{Ops: "decode|resize(32)|value_range(-1,1)"}
	m.Mixtures, m.Curriculum, m.Packing, m.Temperature, m.Sizes, m.WhenUsedUp, m.StreamVersion = nil, nil, nil, 0, false, "", 0
	m.Tasks = slices.Clone(m.Tasks)
	for n := range m.Tasks {
		alone := m
		m.Tasks[n].Mixture, m.Tasks[n].Weight = "", 1
		alone.Tasks = slices.Clone(m.Tasks[n : n+1])
		if len(alone.Problems()) > 0 {
			m.Tasks[n] = mixture.Task{Name: fmt.Sprintf("left out %d", n), Kind: "caption"} // of weight 0
		}
	}
	if len(m.Problems()) > 0 {
		return nil
	}
	stream, problems := mixture.OpenAll(m, mixture.Options{NoPixels: true})
	if stream != nil {
		stream.Close()
	}
	return problems
}

// datasetProblems opens each dataset once.
func (r Recipe) datasetProblems() (all strict.Problems) {
	tried := map[string]bool{"": true}
	try := func(path, dir string) {
		if tried[dir] {
			return
		}
		tried[dir] = true
		d, err := r.Mixture.Registry.OpenData(context.Background(), dir)
		if err != nil {
			all.Add(path, "%s: %v", path, err)
			return
		}
		d.Close()
	}
	try("data", r.Mixture.Data)
	for n, t := range r.Mixture.Tasks {
		try(r.Mixture.TaskPath(n)+".data", t.Data)
	}
	return all
}

// data opens the recipe's data and measures its tasks.
func (i *inspector) data(ctx context.Context, r Recipe) error {
	stream, problems := mixture.OpenAll(r.Mixture, mixture.Options{})
	i.add(strict.Error, problems)
	i.add(strict.Error, r.evalProblems())
	if stream == nil {
		return nil
	}
	defer stream.Close()
	i.add(strict.Error, r.endProblems(stream))
	measured, err := stream.Measure(ctx, i.options.Examples, i.options.Images)
	if err != nil {
		return err
	}
	i.Tasks = measured
	if i.options.Sources {
		if err := i.sources(ctx, stream); err != nil {
			return err
		}
	}
	i.add(strict.Error, unusable(measured))
	i.add(strict.Warning, append(r.windowWarnings(measured), r.batchWarnings(measured)...))
	return nil
}

// sources verifies what the stream is made of.
func (i *inspector) sources(ctx context.Context, stream *mixture.Stream) error {
	failures, warnings, err := stream.Verify(ctx)
	if err != nil {
		return err
	}
	i.add(strict.Error, failures)
	i.add(strict.Warning, warnings)
	i.Sources = stream.Sources()
	use := stream.VocabularyUse()
	i.Vocabulary = &use
	return nil
}

// evalProblems reports that there are no samples to evaluate on.
func (r Recipe) evalProblems() (all strict.Problems) {
	if r.Eval == nil {
		return nil
	}
	e := r.Eval.withDefaults()
	if _, err := e.checkSplits(r, r.Mixture); err != nil {
		key := "eval.split"
		if errors.Is(err, fs.ErrNotExist) {
			key = "eval.data"
		}
		all.Add(key, "%s", strings.TrimPrefix(err.Error(), "recipe: "))
	}
	return all
}

// model builds the graph of the model and checks the recipe's prefixes of its weights.
func (i *inspector) model(r Recipe, vocabulary int) error {
	shape := r.Mixture.Shape()
	network, problems := r.fit(shape, vocabulary)
	i.add(strict.Error, problems)
	if len(problems) > 0 {
		return nil
	}
	specs, err := network.Model.Specs(i.options.Backend)
	if err != nil {
		return fmt.Errorf("building the model: %w", err)
	}
	frozen, problems := r.prefixProblems(specs)
	for n, init := range r.Init {
		problems = append(problems, init.problems(fmt.Sprintf("init.%d", n), specs, &Registry{Families: r.Families})...)
	}
	i.add(strict.Error, problems)
	size := modelSize(specs, frozen)
	i.Model = &size
	memory := r.memory(network, shape, specs, frozen)
	i.Memory = &memory
	if limit := i.options.Memory; limit > 0 && memory.Total() > limit {
		var all strict.Problems
		all.Add("batch", "training needs about %s of memory, %s are free; use a smaller batch, model or token_cache",
			mebibytes(memory.Total()), mebibytes(limit))
		i.add(strict.Warning, all)
	}
	return nil
}

func mebibytes(n int64) string { return fmt.Sprintf("%d MiB", (n+1<<20-1)>>20) }

// Size returns the size of the recipe's model. It needs the tokenizer and no data.
func (r Recipe) Size(be compute.Backend) (Size, error) {
	specs, err := r.specs(be)
	if err != nil {
		return Size{}, err
	}
	frozen, problems := r.prefixProblems(specs)
	if len(problems) > 0 {
		return Size{}, fmt.Errorf("recipe: %w", problems.Err())
	}
	return modelSize(specs, frozen), nil
}

// statedVocabulary returns the number of ids that the keys of the model state, or 0.
func (r Recipe) statedVocabulary() int {
	content, err := yaml.Marshal(r.Model.Config)
	if err != nil {
		return 0
	}
	var keys struct {
		Text     struct{ Vocab int }
		Language struct{ Vocab int }
	}
	if err := yaml.Unmarshal(content, &keys); err != nil {
		return 0
	}
	return max(keys.Text.Vocab, keys.Language.Vocab)
}

// modelSize counts parameters, and those that are not frozen.
func modelSize(specs []weights.Spec, frozen []bool) Size {
	size := Size{Parameters: weights.Parameters(specs)}
	for n, spec := range specs {
		if frozen == nil || !frozen[n] {
			size.Trained += spec.Size()
		}
	}
	return size
}
