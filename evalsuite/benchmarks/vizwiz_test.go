package benchmarks

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestVizWizAnswerability_AsScikitLearn(t *testing.T) {
	var rows []struct {
		Answerable       []bool
		Predicted        []float64
		AveragePrecision float64 `json:"average_precision"`
		F1               float64
	}
	golden(t, "../metrics/testdata/answers/unanswerable.json", &rows)
	for _, row := range rows[:20] {
		var annotations, predictions []map[string]any
		for n, answerable := range row.Answerable {
			name := fmt.Sprintf("%d.jpg", n)
			annotations = append(annotations, map[string]any{"image": name, "question": "?", "answers": []map[string]string{{"answer": "x"}}, "answerable": int(one(answerable))})
			predictions = append(predictions, map[string]any{"image": name, "answerable": row.Predicted[n]})
		}
		dir := t.TempDir()
		files := Files{Annotations: writeFile(t, dir, "val.json", annotations), Predictions: writeFile(t, dir, "p.json", predictions)}
		result, err := vizwizAnswerability.Score(t.Context(), files, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := result.Scores; math.Abs(got["unanswerable_ap"].Value-row.AveragePrecision) > 1e-12 || math.Abs(got["unanswerable_f1"].Value-row.F1) > 1e-12 {
			t.Errorf("%+v, want %v and %v", got, row.AveragePrecision, row.F1)
		}
		var out strings.Builder
		if _, err := vizwizAnswerability.WriteSubmission(t.Context(), files.Predictions, Options{}, &out); err != nil || !strings.HasPrefix(out.String(), fmt.Sprintf(`[{"image":"0.jpg","answerable":%v}`, row.Predicted[0])) {
			t.Errorf("%s: %v", out.String(), err)
		}
	}
}

func TestVizWiz_ReadsConfidences(t *testing.T) {
	const annotations = `[{"image":"1.jpg","question":"?","answers":[{"answer":"soup"}],"answerable":1},{"image":"2.jpg","question":"?","answers":[{"answer":"unanswerable"}],"answerable":0}]`
	for predictions, want := range map[string]float64{
		`[{"image":"1.jpg","answer":"soup"},{"image":"2.jpg","answer":"unanswerable"}]`:                                 1,
		`[{"image":"1.jpg","answer":"soup","answerable":0.2},{"image":"2.jpg","answer":"dog","answerable":"0.6"}]`:      0.5,
		`[{"image":"1.jpg","answer":"soup","answerable":0.9},{"image":"2.jpg","answer":"unanswerable","answerable":0}]`: 1,
	} {
		result, err := score(t, "vizwiz", annotations, "", predictions, Options{})
		if err != nil || result.Scores["unanswerable_ap"].Value != want {
			t.Errorf("%s: %+v, %v; want %v", predictions, result, err, want)
		}
	}
	if _, err := score(t, "vizwiz", annotations, "", `[{"image":"1.jpg","answer":"x","answerable":"maybe"}]`, Options{}); err == nil || !strings.Contains(err.Error(), `question 1.jpg: field "answerable" holds "maybe" where a number belongs`) {
		t.Error(err)
	}
}
