package evalsuite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// EvaluateOptions say what is scored and how.
type EvaluateOptions struct {
	// Split of the dataset; "all" takes every sample.
	Split string
	// Tasks are some of caption, vqa and retrieval; none: those that the model was trained on and
	// the data have.
	Tasks []string
	// Dir is the folder of prediction files, by which an interrupted evaluation resumes; "" keeps
	// them in memory only.
	Dir string
	// Samples is how many samples are scored at most, drawn by Bootstrap.Seed; 0: all.
	Samples int
	// Rows are the rows of the dataset to score; nil: all of the split. See [SplitRows].
	Rows []int
	// Languages of captions and questions; none: all.
	Languages []string
	// Texts are the kinds of text that count as captions; none: those that the run was trained on.
	Texts []string
	// Blind scores the baselines that do not see the images, Untrained the model before its
	// training.
	Blind, Untrained bool
	// GreyOnly compares captions with those of a grey image alone, and not with the best constant
	// caption too.
	GreyOnly bool
	// Bootstrap draws the intervals.
	Bootstrap metrics.Bootstrap
	// Method of choosing answers; greedy unless set.
	Method decode.Method
	// Batch is how many queries are answered together; default 64.
	Batch int
	// Progress, which may be nil, is told of each prediction file how many distinct queries are
	// answered.
	Progress func(name string, done, total int)
	// Warn, which may be nil, is told of what was left out.
	Warn func(message string)
}

// Evaluate scores a trained model on a split of a dataset. Images are read a batch at a time.
func Evaluate(ctx context.Context, be compute.Backend, t *stages.Trained, d *shards.Dataset, o EvaluateOptions) (*Evaluation, error) {
	return NewEvaluator(be, t).Evaluate(ctx, d, o)
}

// Evaluator scores a model again and again: its graphs are compiled once. Not safe for concurrent
// use.
type Evaluator struct {
	be      compute.Backend
	trained *stages.Trained
	// answerers and embedders of the trained model and of the same before training, made when first
	// needed.
	answerers [2]*TrainedPredictor
	embedders [2]*Embedder
	weights   [2]string // their names in predictions
	initial   *stages.Trained
}

// NewEvaluator returns an evaluator of a model. The weights of t may change between evaluations.
func NewEvaluator(be compute.Backend, t *stages.Trained) *Evaluator {
	return &Evaluator{be: be, trained: t}
}

// who is which of the models speaks.
type who int

const (
	trained who = iota
	untrained
)

// model returns the trained model, or the same before training.
func (e *Evaluator) model(w who) *stages.Trained {
	if w == trained {
		return e.trained
	}
	if e.initial == nil {
		e.initial = e.trained.Untrained()
	}
	return e.initial
}

func (e *Evaluator) answerer(w who) (*TrainedPredictor, error) {
	if e.answerers[w] == nil {
		a, err := NewPredictor(e.be, e.model(w))
		if err != nil {
			return nil, err
		}
		e.answerers[w] = a
	}
	e.answerers[w].Use(e.model(w).Weights)
	return e.answerers[w], nil
}

func (e *Evaluator) embedder(w who) (*Embedder, error) {
	if e.embedders[w] == nil {
		m, err := NewEmbedder(e.be, e.model(w))
		if err != nil {
			return nil, err
		}
		e.embedders[w] = m
	}
	e.embedders[w].Weights = e.model(w).Weights
	return e.embedders[w], nil
}

// weightsOf names a model's weights in predictions. Those of a run folder are hashed once.
func (e *Evaluator) weightsOf(w who) (id string, err error) {
	switch {
	case w == untrained:
		return initialID(e.trained), nil
	case e.trained.Dir == "":
		return weightsID(e.trained)
	case e.weights[w] == "":
		e.weights[w], err = weightsID(e.trained)
	}
	return e.weights[w], err
}

// evaluation is one under way.
type evaluation struct {
	*Evaluator
	EvaluateOptions
	split *split
	found *Evaluation
	grey  greyAlbum
}

// Evaluate is the function [Evaluate] of the evaluator's model.
func (e *Evaluator) Evaluate(ctx context.Context, d *shards.Dataset, o EvaluateOptions) (*Evaluation, error) {
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	if err := o.Method.Validate(); err != nil {
		return nil, err
	}
	s, err := readSplit(ctx, d, o.Split, o.Rows, o.Samples, o.Bootstrap.Seed)
	if err != nil {
		return nil, err
	}
	r := &evaluation{Evaluator: e, EvaluateOptions: o, split: s}
	r.found = newEvaluation(e.trained.Dir, s)
	r.found.tell(s.without, o.Warn)
	grey, err := greyImage(64)
	if err != nil {
		return nil, err
	}
	r.grey = greyAlbum{grey}
	scores := map[string]func(context.Context) error{CaptionTask: r.captions, VQATask: r.answers, RetrievalTask: r.retrieval}
	tasks, err := e.tasks(s, o)
	if err != nil {
		return nil, err
	}
	for _, task := range tasks {
		if err := scores[task](ctx); err != nil {
			return nil, fmt.Errorf("%s of split %s: %w", task, s.name, err)
		}
	}
	return r.found, nil
}

func newEvaluation(model string, s *split) *Evaluation {
	return &Evaluation{
		Model: model, Data: s.data.Dir(), Split: s.name, Samples: len(s.samples), Scores: map[string]Scores{},
		BlindBy: map[string]string{}, Failed: map[string]int{},
	}
}

// tasks returns what is scored, or why nothing can be.
func (e *Evaluator) tasks(s *split, o EvaluateOptions) ([]string, error) {
	can := []string{CaptionTask, VQATask}
	switch {
	case e.trained.SigLIP != nil:
		can = []string{RetrievalTask}
	case e.trained.PaLI3 == nil:
		return nil, fmt.Errorf("a model of stage %s sees no images: name a run of stage pali3 for captions and answers, or one of stage siglip for retrieval", e.trained.Recipe.Stage)
	}
	if len(o.Tasks) == 0 {
		return e.defaultTasks(can, s, o)
	}
	for _, task := range o.Tasks {
		switch {
		case !slices.Contains([]string{CaptionTask, VQATask, RetrievalTask}, task):
			return nil, fmt.Errorf("task %q is not scored: name caption, vqa or retrieval", task)
		case !slices.Contains(can, task) && task == RetrievalTask:
			return nil, errors.New("retrieval ranks by the embeddings of a SigLIP: name a run of stage siglip")
		case !slices.Contains(can, task):
			return nil, fmt.Errorf("a SigLIP says no %s: name a run of stage pali3, or the task retrieval", task)
		}
		if requests, left := s.requests(e.task(task, o.Texts), o.Languages); len(requests) == 0 {
			return nil, fmt.Errorf("split %s of %s cannot be scored by %s: %s", s.name, s.data.Dir(), task, left)
		}
	}
	return o.Tasks, nil
}

// defaultTasks are those of a model that it was trained on and the data have.
func (e *Evaluator) defaultTasks(can []string, s *split, o EvaluateOptions) (tasks []string, err error) {
	var why []string
	for _, task := range can {
		if _, learnt := taskOf(e.trained, kindOf(task)); !learnt {
			why = append(why, fmt.Sprintf("%s: the run was trained on %s only (--task %s scores it nevertheless)", task, trainedKinds(e.trained), task))
			continue
		}
		requests, left := s.requests(e.task(task, o.Texts), o.Languages)
		if len(requests) == 0 {
			why = append(why, fmt.Sprintf("%s: %s", task, left))
			continue
		}
		tasks = append(tasks, task)
	}
	if len(tasks) == 0 {
		return nil, fmt.Errorf("nothing to score in split %s of %s: %s", s.name, s.data.Dir(), strings.Join(why, "; "))
	}
	return tasks, nil
}

// kindOf is the kind of a recipe's task by which a model learns what is scored.
func kindOf(task string) string {
	if task == RetrievalTask {
		return "contrastive"
	}
	return task
}

// listen lets one of the models answer requests, before a grey image if blind.
func (r *evaluation) listen(ctx context.Context, what, file string, w who, blind bool, requests []request) (*heard, error) {
	name := fileName(r.split.name) + "-" + what + "-" + file
	l := &listener{
		model: func() (*TrainedPredictor, error) { return r.answerer(w) }, album: pages{r.split.data},
		weights: func() (string, error) { return r.weightsOf(w) }, method: r.Method, batch: r.Batch, warn: r.Warn,
		progress: func(done, total int) {
			if r.Progress != nil {
				r.Progress(name, done, total)
			}
		},
		other: func(path string) error {
			r.Warn(path + " holds predictions of other weights, data or options: they are made again")
			return nil
		},
	}
	if blind {
		l.album, requests = r.grey, r.grey.blinded(requests)
	}
	if r.Dir != "" {
		l.path = filepath.Join(r.Dir, name+".jsonl")
	}
	return l.listen(ctx, requests)
}

// texts are the answers heard.
func (h *heard) texts() []string {
	texts := make([]string, len(h.predictions))
	for i := range texts {
		texts[i] = h.predictions[i].Prediction
	}
	return texts
}

// failed counts what the model gave no answer to.
func (r *evaluation) failed(task string, h *heard) {
	left := LeftOut{Task: task, Reason: "requests got no answer and count as wrong", Of: len(h.predictions)}
	for i := range h.predictions {
		if p := &h.predictions[i]; p.Error != "" {
			left.add(fmt.Sprintf("%s (%s)", p.ID, p.Error))
		}
	}
	if left.Count > 0 {
		r.found.Failed[task] = left.Count
		r.Warn(left.String())
	}
}

// saidOf returns requests as they will be scored.
func saidOf(requests []request) []Item {
	items := make([]Item, len(requests))
	for i := range requests {
		r := &requests[i]
		items[i] = Item{
			Sample: r.sample, Language: r.Language, Kind: r.Kind, ID: r.ID, Question: r.Question, References: r.Truths, Key: r.key, Row: r.place,
		}
	}
	return items
}
