package benchmarks

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// golden reads a file of values that an owner's code computed.
func golden(t testing.TB, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// writeFile writes a file of a test.
func writeFile(t testing.TB, dir, name string, value any) string {
	t.Helper()
	text, ok := value.(string)
	if !ok {
		data, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		text = string(data)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestGQA_AsTheOwnersCode(t *testing.T) {
	var rows []struct {
		Questions   map[string]map[string]any
		Predictions map[string]string
		Choices     map[string]any
		Scores      struct {
			Accuracy, Binary, Open, Consistency, Validity, Plausibility, Distribution float64
			AccuracyPerStructuralType, AccuracyPerSemanticType                        map[string][2]float64
			AccuracyPerSteps, AccuracyPerLength                                       map[string][2]float64
		}
	}
	golden(t, "../metrics/testdata/answers/gqa.json", &rows)
	for _, row := range rows {
		dir := t.TempDir()
		for _, q := range row.Questions {
			q["imageId"] = "n1" // the values do not depend on it
		}
		var predictions []map[string]string
		for id, p := range row.Predictions {
			predictions = append(predictions, map[string]string{"questionId": id, "prediction": p})
		}
		files := Files{Annotations: writeFile(t, dir, "questions.json", row.Questions), Choices: writeFile(t, dir, "choices.json", row.Choices), Predictions: writeFile(t, dir, "predictions.json", predictions)}
		result, err := gqa.Score(t.Context(), files, Options{})
		if err != nil {
			t.Fatal(err)
		}
		check := func(name string, got, want float64) {
			if math.Abs(got-want) > 1e-10 {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}
		want := row.Scores
		for name, percent := range map[string]float64{"accuracy": want.Accuracy, "accuracy_binary": want.Binary, "accuracy_open": want.Open,
			"consistency": want.Consistency, "validity": want.Validity, "plausibility": want.Plausibility, "distribution": 100 * want.Distribution} {
			check(name, 100*result.Scores[name].Value, percent)
		}
		for slice, groups := range map[string]map[string][2]float64{"structural": want.AccuracyPerStructuralType, "semantic": want.AccuracyPerSemanticType,
			"steps": want.AccuracyPerSteps, "words": want.AccuracyPerLength} {
			for group, percent := range groups {
				got := result.Slices[slice][group]["accuracy"]
				check(slice+" "+group, 100*got.Value, percent[0])
				check("questions of "+slice+" "+group, float64(got.N), percent[1])
			}
		}
		delete(row.Choices, fmt.Sprintf("%08d", 0))
		delete(row.Choices, fmt.Sprintf("%08d", 1))
		delete(row.Choices, fmt.Sprintf("%08d", 2))
		delete(row.Choices, fmt.Sprintf("%08d", 3))
		writeFile(t, dir, "choices.json", row.Choices)
		if _, err := gqa.Score(t.Context(), files, Options{}); err == nil || !strings.Contains(err.Error(), "choices.json has no choices for question 0000000") {
			t.Error(err)
		}
	}
}
