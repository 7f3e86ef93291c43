package evalsuite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// PredictOptions say what to ask a model and where its predictions go.
type PredictOptions struct {
	// Task is a kind of task of recipes that asks for text: caption, vqa, ocr, vqg, split_cap,
	// object_vqa, match, detect, segment or region_caption. By default it is vqa with a Question;
	// else caption if the run was trained on it, or the only such task that it was trained on.
	Task string
	// Out is the predictions file; if it is empty, predictions are kept in memory. Until it is
	// complete the file is called Out + PartialSuffix, and an interrupted run resumes from it. If
	// Out exists and holds other predictions, that is an error, unless Fresh is set.
	Out   string
	Fresh bool
	// Languages to ask in. Default: for a dataset the languages of each sample's texts, for files
	// English.
	Languages []string
	// Texts are the kinds of text that count as captions. Default: those that the run was trained
	// on.
	Texts []string
	// Question is the question about each file, for the task vqa.
	Question string
	// Samples is the highest number of samples, drawn by Seed; 0 means all.
	Samples int
	Seed    uint64
	// Method of decoding; default greedy.
	Method decode.Method
	// Choices are the only answers: see [TrainedPredictor]. Default: any text.
	Choices []string
	// NoShots asks without the solved examples that the run's task has before each question. By
	// default they are drawn from the split of the dataset that the task was trained on.
	NoShots bool
	// Batch is the number of queries that are answered together; default 64.
	Batch int
	// Progress, which may be nil, is called with the number of distinct queries that are answered.
	Progress func(done, total int)
	// Warn, which may be nil, is called with what was left out and what the run was not trained on.
	Warn func(message string)
}

// Predicted describes the predictions that Predict made.
type Predicted struct {
	Out         string `json:"out,omitempty"`
	Task        string `json:"task"`
	Predictions int    `json:"predictions"`
	// Found counts predictions that an earlier run had left in the file.
	Found int `json:"found"`
	// Failed predictions have an error instead of a prediction.
	Failed  Tally     `json:"failed"`
	LeftOut []LeftOut `json:"left_out,omitempty"`

	All []Prediction `json:"-"`
}

// PredictKinds returns the names of the kinds of task that a model can be asked, sorted. Registry
// is that of the model's recipe; nil for the built-in kinds.
func PredictKinds(registry *mixture.Registry) []string {
	return slices.DeleteFunc(registry.KindNames(), func(kind string) bool { return !registry.CanAsk(kind) })
}

// predictCall is one call of Predict or PredictFiles.
type predictCall struct {
	PredictOptions
	trained *stages.Trained
	task    mixture.Task
	did     *Predicted

	anyImage  bool // the task can ask about an image without a sample
	questions bool // the task answers questions
}

func newPredictCall(t *stages.Trained, o PredictOptions) (*predictCall, error) {
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	if o.Task == "" {
		var err error
		if o.Task, err = defaultTask(t, o.Question); err != nil {
			return nil, err
		}
	}
	registry := t.Recipe.Mixture.Registry
	p := &predictCall{PredictOptions: o, trained: t, did: &Predicted{Out: o.Out, Task: o.Task}}
	_, embeds := t.Model.(family.Embedder)
	_, sees := t.Model.(family.Seer)
	switch {
	case embeds:
		return nil, fmt.Errorf("a model of the family %s compares images with texts but does not write text: use one of pali3 or paligemma, or score its retrieval with pali3 eval", t.Family.Name)
	case !sees:
		return nil, fmt.Errorf("a model of the family %s takes no images: use one of pali3", t.Family.Name)
	case !registry.CanAsk(o.Task):
		return nil, fmt.Errorf("unknown task %q; did you mean %q? Choose from %s", o.Task, strict.Nearest(o.Task, PredictKinds(registry)), strings.Join(PredictKinds(registry), ", "))
	}
	if err := ValidateDecoding(o.Method, o.Choices); err != nil {
		return nil, err
	}
	kind, _ := registry.Kind(o.Task)
	p.anyImage, p.questions = kind.AsksAnyImage(), kind.AnswersQuestions()
	var learnt bool
	p.task, learnt = taskOf(t, o.Task)
	if len(o.Texts) > 0 {
		p.task.Texts = o.Texts
	}
	if !learnt {
		warnUntrained(t, o.Task, false, nil, p.Warn)
	}
	return p, nil
}

// defaultTask returns the task for a run if none is named.
func defaultTask(t *stages.Trained, question string) (string, error) {
	if question != "" {
		return "vqa", nil
	}
	var kinds []string
	for _, kind := range PredictKinds(t.Recipe.Mixture.Registry) {
		if len(tasksOf(t, kind)) > 0 {
			kinds = append(kinds, kind)
		}
	}
	_, sees := t.Model.(family.Seer)
	switch {
	case slices.Contains(kinds, "caption"), !sees: // which newPredictCall refuses with a reason
		return "caption", nil
	case len(kinds) == 1:
		return kinds[0], nil
	}
	return "", fmt.Errorf("choose a --task from %s", strings.Join(PredictKinds(t.Recipe.Mixture.Registry), ", "))
}

// Predict writes the predictions of a trained PaLI-3 for a split of a dataset. It asks what
// [mixture.Registry.Asks] returns. If Languages is set, it asks every sample for captions, or for
// the text in the image, in each of these languages, also a sample without a text.
func Predict(ctx context.Context, be compute.Backend, t *stages.Trained, d mixture.Data, name string, o PredictOptions) (*Predicted, error) {
	p, err := newPredictCall(t, o)
	if err != nil {
		return nil, err
	}
	o = p.PredictOptions // with the default task
	if o.Question != "" {
		return nil, errors.New("a question is for image files; the samples of a dataset have questions of their own")
	}
	s, err := readSplit(ctx, d, name, nil, o.Samples, o.Seed)
	if err != nil {
		return nil, err
	}
	s.registry, s.trained = t.Recipe.Mixture.Registry, t
	if o.NoShots {
		p.task.Shots = 0
	}
	p.leaveOut(s.without)
	var requests []request
	if len(o.Languages) > 0 && p.anyImage && !p.questions {
		requests, err = s.inLanguages(ctx, p.task, o.Languages)
	} else {
		var left LeftOut
		requests, left, err = s.requests(ctx, p.task, o.Languages)
		p.leaveOut(left)
	}
	if err != nil {
		return nil, err
	}
	if len(requests) == 0 {
		hint := ""
		if p.anyImage && !p.questions {
			hint = "; name the languages to ask in, for example en"
		}
		return nil, fmt.Errorf("nothing to ask in split %s of %s for the task %s: no sample has a %s%s", name, d.Dir(), o.Task, needs(p.task), hint)
	}
	return p.run(ctx, be, requests, datasetImages{d})
}

// PredictFiles writes the predictions of a trained PaLI-3 for image files, which it opens with
// read. The id of a prediction is PATH/LANGUAGE, that of an answer PATH. If read fails, the
// prediction has the error.
func PredictFiles(ctx context.Context, be compute.Backend, t *stages.Trained, paths []string, read func(path string) (shards.Image, error), o PredictOptions) (*Predicted, error) {
	p, err := newPredictCall(t, o)
	if err != nil {
		return nil, err
	}
	o = p.PredictOptions // with the default task
	switch {
	case p.questions && o.Question == "":
		return nil, fmt.Errorf("the task %s on image files needs a question", o.Task)
	case !p.questions && o.Question != "":
		return nil, fmt.Errorf("a question is for the task vqa, not for %s", o.Task)
	case p.task.Shots > 0 && !o.NoShots:
		return nil, fmt.Errorf("the run's task %s has %d solved examples before each question, which image files do not have: name a dataset, or ask without them (--no-shots)", o.Task, p.task.Shots)
	case !p.anyImage:
		return nil, fmt.Errorf("the task %s starts from a sample's own texts, which image files do not have: name a dataset", o.Task)
	}
	languages := o.Languages
	if len(languages) == 0 {
		languages = []string{"en"}
	}
	if p.questions {
		languages = languages[:1]
	}
	registry := t.Recipe.Mixture.Registry
	var requests []request
	seen := map[string]bool{}
	doubles := LeftOut{Task: o.Task, Reason: "images were named before", Of: len(paths)}
	for i, path := range paths {
		if seen[path] {
			doubles.add(path)
			continue
		}
		seen[path] = true
		for _, language := range languages {
			requests = append(requests, request{Ask: registry.AskIn(p.task, path, language, o.Question), task: o.Task, row: i, key: path})
		}
	}
	p.leaveOut(doubles)
	if len(requests) == 0 {
		return nil, errors.New("no images")
	}
	return p.run(ctx, be, requests, fileImages{paths, read})
}

func (p *predictCall) leaveOut(left LeftOut) {
	if left.Count > 0 {
		p.did.LeftOut = append(p.did.LeftOut, left)
		p.Warn(left.String())
	}
}

// run answers the requests into the file.
func (p *predictCall) run(ctx context.Context, be compute.Backend, requests []request, images imageSource) (*Predicted, error) {
	p.warnLanguages(requests)
	batch := p.Batch
	if batch == 0 {
		batch = min(len(requests), 64)
	}
	j := &job{
		predictor: func() (*TrainedPredictor, error) { return NewPredictor(be, p.trained) },
		weights:   func() (string, error) { return weightsID(p.trained) },
		images:    images, method: p.Method, choices: p.Choices, batch: batch, path: p.Out, exact: true, progress: p.Progress, warn: p.Warn,
		onOther: func(path string) error {
			if p.Fresh {
				return nil
			}
			return fmt.Errorf("%s %w: of another model, other images or other options; use another file, or --fresh to replace it", path, errOther)
		},
	}
	done, err := j.run(ctx, requests)
	if err != nil {
		return nil, err
	}
	p.did.All, p.did.Predictions, p.did.Found = done.predictions, len(done.predictions), done.found
	p.countFailed(requests)
	return p.did, nil
}

// warnLanguages warns of languages that the run was not trained on, unless all images are asked the
// same question.
func (p *predictCall) warnLanguages(requests []request) {
	if p.Question != "" {
		return
	}
	var languages []string
	for i := range requests {
		if !slices.Contains(languages, requests[i].Language) {
			languages = append(languages, requests[i].Language)
		}
	}
	if _, learnt := taskOf(p.trained, p.Task); learnt {
		warnUntrained(p.trained, p.Task, true, languages, p.Warn)
	}
}

// countFailed counts the predictions that failed. The error of a file names the file, so it is
// listed once for all languages.
func (p *predictCall) countFailed(requests []request) {
	named := map[string]bool{}
	for i := range p.did.All {
		one := &p.did.All[i]
		switch {
		case one.Error == "":
		case named[one.Error]:
			p.did.Failed.Count++
		case strings.Contains(one.Error, requests[i].key): // the file's path
			named[one.Error] = true
			p.did.Failed.add(one.Error)
		default:
			p.did.Failed.add(one.ID + ": " + one.Error)
		}
	}
}
