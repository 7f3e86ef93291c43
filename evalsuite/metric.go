package evalsuite

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// Metric scores predictions against their references. [EvaluateOptions.Metrics] takes metrics
// beside the built-in ones; their scores stand beside the built-in ones in an [Evaluation], with
// the same intervals, baselines and slices.
type Metric struct {
	// Name in results, in lower-case letters, digits and underscores, such as "caption_words".
	Name string `json:"name"`
	// Help says in one line what the metric measures.
	Help string `json:"help"`
	// Task whose predictions are scored: [CaptionTask] or [VQATask].
	Task string `json:"task"`
	// Max is the highest possible value. A metric with Max 1 is shown in percent. 0 means
	// unbounded.
	Max float64 `json:"max,omitempty"`
	// LowerIsBetter is for error rates and the like.
	LowerIsBetter bool `json:"lower_is_better,omitempty"`
	// Detail metrics are in the JSON of an evaluation, and not in tables for people.
	Detail bool `json:"-"`
	// Score returns one value per item, in their order, from Prediction and References. The items
	// are all captions, or all answers, of a split. An item with an Error has an empty prediction,
	// which the metric should count as wrong. Score must not change the items.
	//
	// The values are averaged. For answers the interval resamples questions. For captions it
	// resamples images: the value of an image is the mean over its languages. Score is nil for
	// built-in metrics that Evaluate computes in a way of its own.
	Score func(items []Item) ([]float64, error) `json:"-"`
}

// builtinMetrics are computed by Evaluate itself, in the order in which they are shown.
var builtinMetrics = []Metric{
	{Name: captionCIDEr, Help: "CIDEr-D of captions", Task: CaptionTask, Max: 10},
	{Name: captionExact, Help: "captions equal to a reference", Task: CaptionTask, Max: 1},
	{Name: captionBLEU[3], Help: "BLEU-4 of captions", Task: CaptionTask, Max: 1},
	{Name: captionBLEU[0], Help: "BLEU-1 of captions", Task: CaptionTask, Max: 1, Detail: true},
	{Name: captionBLEU[1], Help: "BLEU-2 of captions", Task: CaptionTask, Max: 1, Detail: true},
	{Name: captionBLEU[2], Help: "BLEU-3 of captions", Task: CaptionTask, Max: 1, Detail: true},
	{Name: captionROUGEL, Help: "ROUGE-L of captions", Task: CaptionTask, Max: 1, Detail: true},
	{Name: "caption_meteor", Help: "METEOR of English captions", Task: CaptionTask, Max: 1, Detail: true},
	{Name: "caption_meteor_exact_stem", Help: "METEOR of English captions by equal words and stems alone", Task: CaptionTask, Max: 1, Detail: true},
	vqaMetric,
	{Name: ocrCER, Help: "character error rate of texts in images", Task: OCRTask, Max: 1, LowerIsBetter: true},
	{Name: ocrWER, Help: "word error rate of texts in images", Task: OCRTask, Max: 1, LowerIsBetter: true},
	{Name: ocrExact, Help: "texts in images read without an error", Task: OCRTask, Max: 1},
	objectMetrics[0],
	objectMetrics[1],
	matchMetrics[0],
	{Name: "i2t_r1", Help: "image to text, recall at 1", Task: RetrievalTask, Max: 1},
	{Name: "i2t_r5", Help: "image to text, recall at 5", Task: RetrievalTask, Max: 1},
	{Name: "i2t_r10", Help: "image to text, recall at 10", Task: RetrievalTask, Max: 1},
	{Name: "t2i_r1", Help: "text to image, recall at 1", Task: RetrievalTask, Max: 1},
	{Name: "t2i_r5", Help: "text to image, recall at 5", Task: RetrievalTask, Max: 1},
	{Name: "t2i_r10", Help: "text to image, recall at 10", Task: RetrievalTask, Max: 1},
	{Name: top1, Help: "the best class is right", Task: ClassifyTask, Max: 1},
	{Name: top5, Help: "one of the best five classes is right", Task: ClassifyTask, Max: 1},
	{Name: meanPerClass, Help: "mean over classes of their images' top1", Task: ClassifyTask, Max: 1},
	{Name: eceSoftmax, Help: "calibration error of the softmax of the logits", Task: ClassifyTask, Max: 1, LowerIsBetter: true},
	{Name: eceSigmoid, Help: "calibration error of the sigmoid of the best logit", Task: ClassifyTask, Max: 1, LowerIsBetter: true},
}

// vqaMetric is the accuracy of answers by the rule of VQA v2.
var vqaMetric = Metric{
	Name: vqaAccuracy, Help: "accuracy of answers by the rule of VQA v2", Task: VQATask, Max: 1,
	Score: func(items []Item) ([]float64, error) {
		values := make([]float64, len(items))
		for i := range items {
			if items[i].Error == "" {
				values[i] = metrics.VQAAccuracy(items[i].Prediction, items[i].References)
			}
		}
		return values, nil
	},
}

// Names of built-in metrics.
const (
	captionCIDEr  = "caption_cider"
	captionExact  = "caption_exact"
	captionROUGEL = "caption_rouge_l"
	vqaAccuracy   = "vqa_accuracy"
)

// captionBLEU names the metrics BLEU-1 to BLEU-4.
var captionBLEU = [4]string{"caption_bleu1", "caption_bleu2", "caption_bleu3", "caption_bleu4"}

// BuiltinMetrics returns the metrics that Evaluate always computes, in the order in which they are
// shown.
func BuiltinMetrics() []Metric { return slices.Clone(builtinMetrics) }

// Validate reports what is missing or wrong in the metric.
func (m Metric) Validate() error {
	const allowed = "abcdefghijklmnopqrstuvwxyz0123456789_"
	switch {
	case m.Name == "" || strings.Trim(m.Name, allowed) != "":
		return fmt.Errorf("metric %q: a name has lower-case letters, digits and underscores", m.Name)
	case slices.ContainsFunc(builtinMetrics, func(b Metric) bool { return b.Name == m.Name }):
		return fmt.Errorf("metric %s: the name of a built-in metric", m.Name)
	case m.Task != CaptionTask && m.Task != VQATask:
		return fmt.Errorf("metric %s: task %q, want %s or %s", m.Name, m.Task, CaptionTask, VQATask)
	case m.Max < 0:
		return fmt.Errorf("metric %s: max %g is negative", m.Name, m.Max)
	case m.Score == nil:
		return fmt.Errorf("metric %s: no Score", m.Name)
	}
	return nil
}

// validateMetrics checks metrics and that no two have the same name.
func validateMetrics(all []Metric) error {
	seen := map[string]bool{}
	for _, m := range all {
		if err := m.Validate(); err != nil {
			return err
		}
		if seen[m.Name] {
			return fmt.Errorf("metric %s is registered twice", m.Name)
		}
		seen[m.Name] = true
	}
	return nil
}

// values scores items and checks what Score returned.
func (m Metric) values(items []Item) ([]float64, error) {
	values, err := m.Score(items)
	if err == nil && len(values) != len(items) {
		err = fmt.Errorf("%d values for %d items", len(values), len(items))
	}
	if err == nil && slices.ContainsFunc(values, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
		err = errors.New("a value is not a finite number")
	}
	if err != nil {
		return nil, fmt.Errorf("metric %s: %w", m.Name, err)
	}
	return values, nil
}

// better reports whether score a is better than score b.
func (m Metric) better(a, b float64) bool {
	if m.LowerIsBetter {
		return a < b
	}
	return a > b
}

// metricsOf returns the metrics that score a task.
func metricsOf(all []Metric, task string) (of []Metric) {
	for _, m := range all {
		if m.Task == task {
			of = append(of, m)
		}
	}
	return of
}
