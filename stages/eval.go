package stages

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/family"
)

// Eval says how to evaluate a run on held-out samples while it trains. Evaluations do not change
// the training: losses and weights equal those of the same run without them, bit for bit.
type Eval struct {
	// Every is the number of steps between evaluations. There is also one after the last step.
	// Required. Legal: 1 and above.
	Every int `yaml:"every"`
	// Data is the dataset of the held-out samples. Default: the recipe's.
	Data string `yaml:"data,omitempty" path:"relative"`
	// Split of the held-out samples. Default: val. Legal: a split of the dataset.
	Split string `yaml:"split,omitempty"`
	// Metrics to compute:
	//
	//	loss           all stages: validation loss, of the whole mixture and by task, with the
	//	               prompts and windows of training but no random image op and no dropout
	//	caption_cider  pali3: CIDEr of captions, in the four languages with most captions
	//	caption_exact  pali3: share of captions that are exactly right
	//	vqa_accuracy   pali3: VQA accuracy of answers, for at most four questions per image
	//	object_vqa_accuracy  pali3: right answers of kind object_vqa; also object_vqa_f1, of labels
	//	match_accuracy       pali3: right answers of kind match
	//	i2t_r1         siglip: recall at 1 of texts for an image; also i2t_r5, i2t_r10
	//	t2i_r1         siglip: recall at 1 of images for a text; also t2i_r5, t2i_r10
	//
	// Default: [loss]. Legal: those of the stage.
	Metrics []string `yaml:"metrics,omitempty"`
	// Samples is the maximum number of samples, for the loss that of each task. They are drawn
	// once, by the seed, and are the same at every evaluation. Default: 200. Legal: 0 (as 200) and
	// above.
	Samples int `yaml:"samples,omitempty"`
	// Best is the score, such as caption_cider, loss or loss/TASK, that chooses the best
	// evaluation, whose weights become the run's weights at the end. A lower loss is better.
	// Default: none, the weights are those of the last step. Legal: a metric above, or loss/TASK.
	Best string `yaml:"best,omitempty"`
	// Patience stops the run after this many evaluations in a row without a better value of best.
	// Default: 0, never. Legal: 0 and above.
	Patience int `yaml:"patience,omitempty"`
}

const lossMetric = "loss"

// evalMetrics lists the metrics of a recipe's model.
func (r Recipe) evalMetrics() []string {
	_, writes := r.Model.Config.(family.Writer)
	if _, embeds := r.Model.Config.(family.Embedder); embeds {
		return []string{lossMetric, "i2t_r1", "i2t_r5", "i2t_r10", "t2i_r1", "t2i_r5", "t2i_r10"}
	}
	if writes && r.sees() {
		return []string{lossMetric, "caption_cider", "caption_exact", "vqa_accuracy", "object_vqa_accuracy", "object_vqa_f1", "match_accuracy"}
	}
	return []string{lossMetric}
}

// problems lists what is wrong with a recipe's eval, by its keys.
func (e Eval) problems(r Recipe) (all strict.Problems) {
	e = e.withDefaults()
	if e.Every < 1 {
		all.Add("eval.every", "eval.every: %d, must be above zero", e.Every)
	}
	if e.Samples < 1 {
		all.Add("eval.samples", "eval.samples: %d, must be above zero", e.Samples)
	}
	if e.Patience < 0 {
		all.Add("eval.patience", "eval.patience: %d, must not be below zero", e.Patience)
	}
	if e.Patience > 0 && e.Best == "" {
		all.Add("eval.patience", "eval.patience: %d needs eval.best, the score that must improve", e.Patience)
	}
	legal := r.evalMetrics()
	for _, name := range e.Metrics {
		if !slices.Contains(legal, name) && len(legal) > 0 {
			all.Add("eval.metrics", "eval.metrics: %q; the nearest of the family %s is %q (of %s)", name, r.Family, strict.Nearest(name, legal), strings.Join(legal, ", "))
		}
	}
	if scores := e.scores(r); e.Best != "" && !slices.Contains(scores, e.Best) {
		all.Add("eval.best", "eval.best: %q is none of the scores that eval.metrics give (%s)", e.Best, strings.Join(scores, ", "))
	}
	return all
}

// scores lists the possible names of an evaluation's scores.
func (e Eval) scores(r Recipe) []string {
	scores := slices.Clone(e.Metrics)
	if slices.Contains(scores, lossMetric) && len(r.Mixture.Tasks) > 1 {
		for _, t := range r.Mixture.Tasks {
			scores = append(scores, lossMetric+"/"+t.Name)
		}
	}
	return scores
}

// Evaluator computes metrics other than the loss of a model in training. Package evalsuite has one.
type Evaluator interface {
	// Prepare draws the samples and returns a function that scores the current weights of the
	// model's set, by names of metrics. It returns an error, before any training, if a metric
	// cannot be computed on the samples.
	Prepare(be compute.Backend, model *Trained, on HeldOut, metrics []string) (func(context.Context) (map[string]Score, error), error)
}

// HeldOut names the samples to evaluate on.
type HeldOut struct {
	Data  mixture.Data
	Split string
	// Samples is the maximum number of samples, drawn by the seed.
	Samples int
	Seed    uint64
	// Warn, if not nil, is called with what is left out.
	Warn func(message string)
}

// Evaluated is an evaluation during training, a line of metrics.jsonl.
type Evaluated struct {
	// Step counts the steps taken before it.
	Step       int `json:"step"`
	Evaluation `json:"eval"`
	Time       time.Time `json:"time"`
}

// Evaluation holds the scores of a model on held-out samples.
type Evaluation struct {
	Split string `json:"split"`
	// Samples is the maximum number of samples drawn from the split.
	Samples int `json:"samples"`
	// Set identifies the samples. Evaluations on equal sets can be compared.
	Set string `json:"set"`
	// Scores by name: "loss", "loss/TASK" and those of metrics, such as "caption_cider".
	Scores map[string]Score `json:"scores"`
	// Best is the metric that was better at this step than at any before, if its weights were
	// kept.
	Best string `json:"best,omitempty"`
}

// Score is a mean over N samples with its 95% interval.
type Score struct {
	Value float64 `json:"value"`
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
	N     int     `json:"n"`
}

// String formats the scores: "caption_cider 0.432, loss 1.2345".
func (e Evaluation) String() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(e.Scores)) {
		format := "%s %.3f"
		if lowerIsBetter(name) {
			format = "%s %.4f"
		}
		parts = append(parts, fmt.Sprintf(format, name, e.Scores[name].Value))
	}
	return strings.Join(parts, ", ")
}
