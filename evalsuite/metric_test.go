package evalsuite_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/metrics"
)

// lengthError is the difference in words between a prediction and its first reference.
func lengthError(task string) evalsuite.Metric {
	return evalsuite.Metric{Name: task + "_length_error", Help: "difference in words", Task: task, LowerIsBetter: true,
		Score: func(items []evalsuite.Item) ([]float64, error) {
			values := make([]float64, len(items))
			for i := range items {
				values[i] = math.Abs(float64(len(strings.Fields(items[i].Prediction)) - len(strings.Fields(items[i].References[0]))))
			}
			return values, nil
		}}
}

func TestEvaluate_FurtherMetricsStandBesideBuiltinOnes(t *testing.T) {
	data := shades(t)
	be, trained := train(t, shadesRecipe, data)
	o := evalsuite.EvaluateOptions{Split: "val", Blind: true, Untrained: true, Batch: 3, Bootstrap: metrics.Bootstrap{Resamples: 20}}
	plain, err := evalsuite.Evaluate(t.Context(), be, trained, open(t, data), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Metrics = []evalsuite.Metric{lengthError("caption"), lengthError("vqa")}
	e, err := evalsuite.Evaluate(t.Context(), be, trained, open(t, data), o)
	if err != nil {
		t.Fatal(err)
	}
	for metric, n := range map[string]int{"caption_length_error": 7, "vqa_length_error": 6} {
		s := e.Scores[metric]
		if s.Model.N != n || s.Untrained == nil || s.Blind == nil || e.BlindBy[metric] == "" || len(e.ByLanguage[metric]) == 0 {
			t.Errorf("%s: %+v, blind by %q, by language %v", metric, s, e.BlindBy[metric], e.ByLanguage[metric])
		}
	}
	if got := e.Scores["vqa_length_error"].Blind; got.Value != 0 {
		t.Errorf("a constant answer of one word has the right length, but the blind baseline is %+v", got)
	}
	if len(e.Metrics) != 2 || e.Metrics[0].Score != nil || !e.Metrics[0].LowerIsBetter {
		t.Errorf("described as %+v", e.Metrics)
	}
	names := e.MetricNames()
	if got := names[len(names)-2:]; got[0] != "caption_length_error" || got[1] != "vqa_length_error" {
		t.Errorf("names %q", names)
	}
	for name, want := range plain.Scores {
		if got := e.Scores[name]; got.Model != want.Model || *got.Blind != *want.Blind || *got.Untrained != *want.Untrained {
			t.Errorf("%s changed from %+v to %+v", name, want, got)
		}
	}
}

func TestScorePredictions_FurtherMetricSeesMissingPredictions(t *testing.T) {
	data := shades(t)
	path := filepath.Join(t.TempDir(), "p.jsonl")
	if err := os.WriteFile(path, []byte(`{"id":"val-0/en","prediction":"a dark night sky"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	missing := evalsuite.Metric{Name: "missing", Task: "caption", Max: 1, Score: func(items []evalsuite.Item) ([]float64, error) {
		values := make([]float64, len(items))
		for i := range items {
			if items[i].Error != "" {
				values[i] = 1
			}
		}
		return values, nil
	}}
	e, err := evalsuite.ScorePredictions(t.Context(), open(t, data), path, evalsuite.EvaluateOptions{
		Split: "val", Languages: []string{"en"}, Blind: true, Metrics: []evalsuite.Metric{missing},
	})
	if err != nil {
		t.Fatal(err)
	}
	if s := e.Scores["missing"]; s.Model.Value != 6.0/7 || s.Blind.Value != 0 {
		t.Errorf("%+v, blind %+v", s.Model, s.Blind)
	}
}

func TestMetric_ValidateAndScoreErrors(t *testing.T) {
	data := shades(t)
	path := filepath.Join(t.TempDir(), "p.jsonl")
	if err := os.WriteFile(path, []byte(`{"id":"val-0/en","prediction":"a dark night sky"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	score := func(values []float64, err error) func([]evalsuite.Item) ([]float64, error) {
		return func([]evalsuite.Item) ([]float64, error) { return values, err }
	}
	for _, c := range []struct {
		metrics []evalsuite.Metric
		want    string
	}{
		{[]evalsuite.Metric{{Name: "Words", Task: "caption", Score: score(nil, nil)}}, `metric "Words": a name has`},
		{[]evalsuite.Metric{{Name: "caption_cider", Task: "caption", Score: score(nil, nil)}}, "the name of a built-in metric"},
		{[]evalsuite.Metric{{Name: "words", Task: "retrieval", Score: score(nil, nil)}}, `task "retrieval", want caption or vqa`},
		{[]evalsuite.Metric{{Name: "words", Task: "caption"}}, "no Score"},
		{[]evalsuite.Metric{{Name: "words", Task: "caption", Max: -1, Score: score(nil, nil)}}, "negative"},
		{[]evalsuite.Metric{lengthError("caption"), lengthError("caption")}, "registered twice"},
		{[]evalsuite.Metric{{Name: "words", Task: "caption", Score: score([]float64{1}, nil)}}, "metric words: 1 values for 19 items"},
		{[]evalsuite.Metric{{Name: "words", Task: "caption", Score: score(nil, errors.New("no model"))}}, "metric words: no model"},
		{[]evalsuite.Metric{{Name: "words", Task: "caption", Score: score(make([]float64, 19), nil)}}, ""},
		{[]evalsuite.Metric{{Name: "words", Task: "caption", Score: score(append(make([]float64, 18), math.NaN()), nil)}}, "not a finite number"},
	} {
		_, err := evalsuite.ScorePredictions(t.Context(), open(t, data), path, evalsuite.EvaluateOptions{Split: "val", Metrics: c.metrics})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}
