package evalsuite

import (
	"context"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// Names of the scores of questions that are drawn.
const (
	objectAccuracy = "object_vqa_accuracy"
	objectF1       = "object_vqa_f1"
	matchAccuracy  = "match_accuracy"
)

// objectMetrics score answers to questions about objects.
var objectMetrics = []Metric{
	{Name: objectAccuracy, Help: "answers about objects that are right", Task: ObjectVQATask, Max: 1, Score: equalAnswers},
	{Name: objectF1, Help: "F1 of the labels in answers about objects", Task: ObjectVQATask, Max: 1, Score: labelF1},
}

// matchMetrics score whether a text describes an image.
var matchMetrics = []Metric{
	{Name: matchAccuracy, Help: "texts rightly said to describe an image or not", Task: MatchTask, Max: 1, Score: equalAnswers},
}

// objects scores answers to the questions of kind object_vqa.
func (r *evaluation) objects(ctx context.Context) (err error) {
	r.result.Objects, err = r.drawn(ctx, ObjectVQATask, "objects", objectMetrics)
	return err
}

// matches scores answers to the questions of kind match.
func (r *evaluation) matches(ctx context.Context) (err error) {
	r.result.Matches, err = r.drawn(ctx, MatchTask, "matches", matchMetrics)
	return err
}

// drawn scores answers to questions that are drawn, and returns the model's.
func (r *evaluation) drawn(ctx context.Context, task, file string, by []Metric) ([]Item, error) {
	a, err := r.answersTo(ctx, task, file)
	if err != nil {
		return nil, err
	}
	a.metrics = by
	first, err := a.score(r.result, r.EvaluateOptions)
	first.model.keep()
	return a.model, err
}

// equalAnswers is 1 for an answer that is equal to a right one.
func equalAnswers(items []Item) ([]float64, error) {
	values := make([]float64, len(items))
	for i := range items {
		if items[i].Error == "" && metrics.ExactMatch(items[i].Prediction, items[i].References...) {
			values[i] = 1
		}
	}
	return values, nil
}

// labelF1 is twice the number of labels that are in both the answer and the right one, divided by
// the number of labels of both. Labels are between commas, in any order.
func labelF1(items []Item) ([]float64, error) {
	values := make([]float64, len(items))
	for i := range items {
		if items[i].Error != "" || len(items[i].References) == 0 {
			continue
		}
		said, right := labelsOf(items[i].Prediction), labelsOf(items[i].References[0])
		both := 0
		for _, label := range said {
			if slices.Contains(right, label) {
				both++
			}
		}
		values[i] = 2 * float64(both) / float64(len(said)+len(right))
	}
	return values, nil
}

// labelsOf splits an answer at its commas. Each label counts once.
func labelsOf(answer string) (labels []string) {
	for label := range strings.SplitSeq(answer, ",") {
		if label = strings.TrimSpace(label); !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
	}
	return labels
}
