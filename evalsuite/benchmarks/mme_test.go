package benchmarks

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMME_AsTheOwnersScript(t *testing.T) {
	var rows []struct {
		Answers               []struct{ Category, Image, Truth, Response string }
		Perception, Cognition float64
		Scores                map[string]float64
	}
	golden(t, "../metrics/testdata/answers/mme.json", &rows)
	for _, row := range rows {
		annotations, predictions := t.TempDir(), t.TempDir()
		right, said := map[string]*strings.Builder{}, map[string]*strings.Builder{}
		for _, a := range row.Answers {
			if right[a.Category] == nil {
				right[a.Category], said[a.Category] = &strings.Builder{}, &strings.Builder{}
			}
			fmt.Fprintf(right[a.Category], "%s.jpg\tIs it?\t%s\n", a.Image, strings.ToUpper(a.Truth[:1])+a.Truth[1:])
			fmt.Fprintf(said[a.Category], "%s.jpg\tIs it?\t%s\t%s\n", a.Image, a.Truth, a.Response)
		}
		for category := range right {
			writeFile(t, annotations, category+".txt", right[category].String())
			writeFile(t, predictions, category+".txt", said[category].String())
		}
		result, err := mme.Score(t.Context(), Files{Annotations: annotations, Predictions: predictions}, Options{Protocols: []string{"all"}})
		if err != nil {
			t.Fatal(err)
		}
		check := func(name string, got, want float64) {
			if math.Abs(got-want) > 1e-9 {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}
		check("perception", result.Scores["perception_score"].Value, row.Perception)
		check("cognition", result.Scores["cognition_score"].Value, row.Cognition)
		for category, want := range row.Scores {
			scores := result.Slices["task"][category]
			check(category, scores["perception_score"].Value+scores["cognition_score"].Value, want)
			check(category, 100*scores["accuracy"].Value+100*scores["accuracy_plus"].Value, want)
		}
	}
}

func TestReadFolder_NamesTheLine(t *testing.T) {
	annotations, predictions := t.TempDir(), t.TempDir()
	writeFile(t, annotations, "count.txt", "1.jpg\tq\tYes\n1.jpg\tq\tNo\n")
	path := writeFile(t, predictions, "count.txt", "1.jpg\tq\tYes\tyes\n1.jpg\tq\tNo\n")
	files := Files{Annotations: annotations, Predictions: predictions}
	if _, err := mme.Score(t.Context(), files, Options{}); err == nil || !strings.Contains(err.Error(), "count.txt line 2: 3 fields between tabs") {
		t.Error(err)
	}
	if err := os.Rename(path, filepath.Join(predictions, "count.csv")); err != nil {
		t.Fatal(err)
	}
	if _, err := mme.Score(t.Context(), files, Options{}); err == nil || !strings.Contains(err.Error(), "has no *.txt") {
		t.Error(err)
	}
}
