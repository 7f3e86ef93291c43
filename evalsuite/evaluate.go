package evalsuite

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/evalsuite/metrics/meteor"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/stages"
)

// EvaluateOptions say what is scored and how.
type EvaluateOptions struct {
	// Split of the dataset; "all" takes every sample.
	Split string
	// Tasks are some of caption, vqa, ocr, object_vqa, match, retrieval and classify. Default:
	// those of caption, vqa and retrieval that the model was trained on and the dataset has.
	Tasks []string
	// Classify says how the task classify is scored, which is scored only if Tasks names it.
	Classify *ClassifyOptions
	// Metrics are scored beside the built-in ones.
	Metrics []Metric
	// Dir is the folder of prediction files, from which an interrupted evaluation resumes. If it is
	// empty, predictions are kept in memory only.
	Dir string
	// Samples is the highest number of samples to score, drawn by Bootstrap.Seed; 0 means all.
	Samples int
	// Rows are the rows of the dataset to score; nil means the whole split. See [SplitRows].
	Rows []int
	// Languages of captions and questions; empty means all.
	Languages []string
	// Texts are the kinds of text that count as captions. Default: those that the run was trained
	// on.
	Texts []string
	// Blind scores the baselines that do not see the images. Untrained scores the model before
	// training.
	Blind, Untrained bool
	// GreyOnly leaves out the constant captions: Blind captions are those of a grey image.
	GreyOnly bool
	// Bootstrap draws the intervals.
	Bootstrap metrics.Bootstrap
	// METEOR scores English captions; nil scores them by equal words and stems alone, as the metric
	// caption_meteor_exact_stem.
	METEOR *meteor.Scorer
	// Method of decoding; default greedy.
	Method decode.Method
	// Choices are the only texts that may be answered: see [TrainedPredictor]. Default: any text.
	Choices []string
	// NoShots asks without the solved examples that the run's tasks have before each question. By
	// default they are drawn from the split of the dataset that a task was trained on.
	NoShots bool
	// Batch is the number of queries that are answered together; default 64.
	Batch int
	// Progress, which may be nil, is called with the name of a prediction file and the number of
	// distinct queries that are answered.
	Progress func(name string, done, total int)
	// Warn, which may be nil, is called with what was left out.
	Warn func(message string)
}

// meteor returns the scorer of METEOR.
func (o *EvaluateOptions) meteor() *meteor.Scorer {
	if o.METEOR == nil {
		return meteor.ExactStem()
	}
	return o.METEOR
}

// validate checks the options and fills in defaults.
func (o *EvaluateOptions) validate() error {
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	if err := ValidateDecoding(o.Method, o.Choices); err != nil {
		return err
	}
	if o.Method.NBest > 1 {
		return fmt.Errorf("an evaluation scores one answer to each query, and %d best are asked for", o.Method.NBest)
	}
	return validateMetrics(o.Metrics)
}

// Evaluate scores a trained model on a split of a dataset. Images are read one batch at a time.
func Evaluate(ctx context.Context, be compute.Backend, t *stages.Trained, d mixture.Data, o EvaluateOptions) (*Evaluation, error) {
	return NewEvaluator(be, t).Evaluate(ctx, d, o)
}

// Evaluator scores one model several times and compiles its graphs once. It is not safe for
// concurrent use.
type Evaluator struct {
	be      compute.Backend
	trained *stages.Trained
	initial *stages.Trained // the model before training, made when it is first needed

	// By variant, made when they are first needed.
	predictors [2]*TrainedPredictor
	embedders  [2]*Embedder
	weights    [2]string // the names of the weights in predictions
}

// NewEvaluator returns an evaluator of a model. The weights of t may change between evaluations.
func NewEvaluator(be compute.Backend, t *stages.Trained) *Evaluator {
	return &Evaluator{be: be, trained: t}
}

// variant tells the trained model from the same model before training.
type variant int

const (
	trained variant = iota
	untrained
)

func (e *Evaluator) model(w variant) *stages.Trained {
	if w == trained {
		return e.trained
	}
	if e.initial == nil {
		e.initial = e.trained.Untrained()
	}
	return e.initial
}

func (e *Evaluator) predictor(w variant) (*TrainedPredictor, error) {
	if e.predictors[w] == nil {
		p, err := NewPredictor(e.be, e.model(w))
		if err != nil {
			return nil, err
		}
		e.predictors[w] = p
	}
	e.predictors[w].Use(e.model(w).Weights)
	return e.predictors[w], nil
}

func (e *Evaluator) embedder(w variant) (*Embedder, error) {
	if e.embedders[w] == nil {
		m, err := NewEmbedder(e.be, e.model(w))
		if err != nil {
			return nil, err
		}
		e.embedders[w] = m
	}
	e.embedders[w].weights = e.model(w).Weights
	return e.embedders[w], nil
}

// weightsOf names a variant's weights in predictions. The weights of a run folder are hashed once.
func (e *Evaluator) weightsOf(w variant) (id string, err error) {
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

// evaluation is one call of Evaluate.
type evaluation struct {
	*Evaluator
	EvaluateOptions
	split  *split
	result *Evaluation
	grey   greyImages
}

// Evaluate is the function [Evaluate] for the evaluator's model.
func (e *Evaluator) Evaluate(ctx context.Context, d mixture.Data, o EvaluateOptions) (*Evaluation, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	s, err := readSplit(ctx, d, o.Split, o.Rows, o.Samples, o.Bootstrap.Seed)
	if err != nil {
		return nil, err
	}
	if s.registry = e.trained.Recipe.Mixture.Registry; !o.NoShots {
		s.trained = e.trained
	}
	r := &evaluation{Evaluator: e, EvaluateOptions: o, split: s}
	r.result = newEvaluation(e.trained.Dir, s)
	r.result.leaveOut(s.without, o.Warn)
	grey, err := greyImage(64)
	if err != nil {
		return nil, err
	}
	r.grey = greyImages{grey}
	score := map[string]func(context.Context) error{CaptionTask: r.captions, VQATask: r.answers, OCRTask: r.readings, ObjectVQATask: r.objects, MatchTask: r.matches, RetrievalTask: r.retrieval, ClassifyTask: r.classes}
	tasks, err := e.tasks(ctx, s, o)
	if err != nil {
		return nil, err
	}
	for _, task := range tasks {
		if err := score[task](ctx); err != nil {
			return nil, fmt.Errorf("%s of split %s: %w", task, s.name, err)
		}
	}
	r.result.describe(o.Metrics)
	return r.result, nil
}

func newEvaluation(model string, s *split) *Evaluation {
	return &Evaluation{
		Model: model, Data: s.data.Dir(), Split: s.name, Samples: len(s.samples), Scores: map[string]Scores{},
		BlindBy: map[string]string{}, Failed: map[string]int{},
	}
}

// scoredTasks are all tasks that are scored.
var scoredTasks = []string{CaptionTask, VQATask, OCRTask, ObjectVQATask, MatchTask, RetrievalTask, ClassifyTask}

// onlyNamed reports whether a task is scored only if it is named.
func onlyNamed(task string) bool {
	return task == OCRTask || task == ObjectVQATask || task == MatchTask
}

// tasks returns the tasks to score, or an error if there are none.
func (e *Evaluator) tasks(ctx context.Context, s *split, o EvaluateOptions) ([]string, error) {
	can := []string{CaptionTask, VQATask, OCRTask, ObjectVQATask, MatchTask}
	if _, embeds := e.trained.Model.(family.Embedder); embeds {
		can = []string{RetrievalTask}
	} else if _, sees := e.trained.Model.(family.Seer); !sees {
		return nil, fmt.Errorf("a model of the family %s takes no images: use one of pali3 for captions and answers, or of siglip for retrieval", e.trained.Family.Name)
	}
	if len(o.Tasks) == 0 {
		return e.defaultTasks(ctx, slices.DeleteFunc(can, onlyNamed), s, o)
	}
	for _, task := range o.Tasks {
		switch {
		case !slices.Contains(scoredTasks, task):
			return nil, fmt.Errorf("unknown task %q; choose from %s", task, strings.Join(scoredTasks, ", "))
		case task == ClassifyTask && slices.Contains(can, RetrievalTask):
			continue
		case !slices.Contains(can, task) && (task == RetrievalTask || task == ClassifyTask):
			return nil, fmt.Errorf("%s needs embeddings: use a model of the family siglip", task)
		case !slices.Contains(can, task):
			return nil, fmt.Errorf("a model of the family %s cannot do the task %s: use one of pali3, or the task retrieval", e.trained.Family.Name, task)
		}
		if requests, left, err := s.requests(ctx, e.task(task, o.Texts), o.Languages); err != nil {
			return nil, err
		} else if len(requests) == 0 {
			return nil, fmt.Errorf("split %s of %s has nothing to score for the task %s: %s", s.name, s.data.Dir(), task, left)
		}
	}
	return o.Tasks, nil
}

// defaultTasks returns the tasks that the model was trained on and the split has.
func (e *Evaluator) defaultTasks(ctx context.Context, can []string, s *split, o EvaluateOptions) (tasks []string, err error) {
	var why []string
	for _, task := range can {
		if _, learnt := taskOf(e.trained, kindOf(task)); !learnt {
			why = append(why, fmt.Sprintf("%s: the run was trained on %s only (--task %s scores it anyway)", task, trainedKinds(e.trained), task))
			continue
		}
		requests, left, err := s.requests(ctx, e.task(task, o.Texts), o.Languages)
		if err != nil {
			return nil, err
		}
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

// kindOf returns the kind of a recipe's task that teaches a scored task.
func kindOf(task string) string {
	if task == RetrievalTask {
		return "contrastive"
	}
	return task
}

// predict lets a variant of the model answer requests. If blind, it gets a grey image instead of
// each image.
func (r *evaluation) predict(ctx context.Context, what, file string, w variant, blind bool, requests []request) (*jobResult, error) {
	name := fileName(r.split.name) + "-" + what + "-" + file
	j := &job{
		predictor: func() (*TrainedPredictor, error) { return r.predictor(w) }, images: datasetImages{r.split.data},
		weights: func() (string, error) { return r.weightsOf(w) }, method: r.Method, choices: r.Choices, batch: r.Batch, warn: r.Warn,
		progress: func(done, total int) {
			if r.Progress != nil {
				r.Progress(name, done, total)
			}
		},
		onOther: func(path string) error {
			r.Warn(path + " holds predictions made with other weights, data or options; predicting again")
			return nil
		},
	}
	if blind {
		j.images, requests = r.grey, r.grey.blinded(requests)
	}
	if r.Dir != "" {
		j.path = filepath.Join(r.Dir, name+".jsonl")
	}
	return j.run(ctx, requests)
}

// countFailed counts the requests that the model could not answer.
func (r *evaluation) countFailed(task string, done *jobResult) {
	left := LeftOut{Task: task, Reason: "requests failed and count as wrong", Of: len(done.predictions)}
	for i := range done.predictions {
		if p := &done.predictions[i]; p.Error != "" {
			left.add(fmt.Sprintf("%s (%s)", p.ID, p.Error))
		}
	}
	if left.Count > 0 {
		r.result.Failed[task] = left.Count
		r.Warn(left.String())
	}
}

// itemsOf returns an item for each request, without its prediction.
func itemsOf(requests []request) []Item {
	items := make([]Item, len(requests))
	for i := range requests {
		r := &requests[i]
		items[i] = Item{
			Sample: r.sample, Language: r.Language, Kind: r.Kind, ID: r.ID, Question: r.Question, References: r.Truths, Key: r.key, Row: r.row,
		}
	}
	return items
}
