package benchmarks_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/evalsuite/benchmarks"
)

func TestScoreItems_CountsFailuresByKind(t *testing.T) {
	bench, err := benchmarks.Builtin().Named("easyvqa")
	if err != nil {
		t.Fatal(err)
	}
	item := func(id, prediction, failure, fault string) benchmarks.Item {
		return benchmarks.Item{ID: id, Image: id, References: []string{"red"}, Prediction: prediction, Failure: failure, Error: fault}
	}
	items := []benchmarks.Item{
		item("1", "red", "", ""), item("2", "I cannot", benchmarks.Refused, "refused"), item("3", "", benchmarks.NoMatch, ""),
		item("4", "", "", ""), item("5", "", "", "no image"),
		item("6", "", benchmarks.TimedOut, "late"), item("7", "", benchmarks.Unanswered, "status 500"), item("8", "", benchmarks.Missing, ""),
	}
	if _, err := bench.ScoreItems(items, benchmarks.Options{}); err == nil ||
		!strings.Contains(err.Error(), "1 questions were not answered in time") || !strings.Contains(err.Error(), "--partial scores the rest") {
		t.Errorf("without partial: %v", err)
	}
	result, err := bench.ScoreItems(items, benchmarks.Options{Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	if s := result.Scores["exact_match"]; s.N != 5 || s.Value != 0.2 {
		t.Errorf("got %+v, want 1 of 5", s)
	}
	counts := map[string]int{}
	for _, p := range result.Problems {
		counts[p.Kind] = p.Count
		if strings.Contains(p.String(), "%!") || !strings.Contains(p.String(), "count") {
			t.Errorf("%s: %s", p.Kind, p)
		}
	}
	for _, kind := range []string{benchmarks.Refused, benchmarks.NoMatch, benchmarks.Empty, benchmarks.Failed, benchmarks.TimedOut, benchmarks.Unanswered, benchmarks.Missing} {
		if counts[kind] != 1 {
			t.Errorf("%s is counted %d times, want once", kind, counts[kind])
		}
	}
	if c := result.Comparable["exact_match"]; c.Answer != "no" {
		t.Errorf("comparable: %+v", c)
	}
}

// TestScore_CountsFailuresOfARun reads predictions that a run of a benchmark wrote, with their
// failures. They count as those of items do.
func TestScore_CountsFailuresOfARun(t *testing.T) {
	bench, err := benchmarks.Builtin().Named("easyvqa")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := benchmarks.Files{Annotations: filepath.Join(dir, "questions.json"), Predictions: filepath.Join(dir, "predictions.jsonl")}
	for path, content := range map[string]string{
		files.Annotations: `[["a?","red",0],["b?","red",0],["c?","red",1],["d?","red",1],["e?","red",2]]`,
		files.Predictions: `{"id":"0","prediction":"red"}
{"id":"1","prediction":"","raw":"I cannot","error":"refused","failure":"refusal"}
{"id":"2","prediction":"","raw":"hm","failure":"no_match"}
{"id":"3","prediction":"","error":"late","failure":"timeout"}
{"id":"4","prediction":"","error":"status 500","failure":"error"}
`,
	} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := bench.Score(t.Context(), files, benchmarks.Options{}); err == nil || !strings.Contains(err.Error(), "predictions.jsonl line 4: question 3 has no answer: late; --partial") {
		t.Errorf("without partial: %v", err)
	}
	result, err := bench.Score(t.Context(), files, benchmarks.Options{Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	if s := result.Scores["exact_match"]; s.N != 3 || s.Value*3 != 1 {
		t.Errorf("got %+v, want 1 of 3", s)
	}
	var got []string
	for _, p := range result.Problems {
		got = append(got, fmt.Sprint(p.Kind, " ", p.Count))
	}
	if want := []string{"refusal 1", "no_match 1", "timeout 1", "error 1"}; !slices.Equal(got, want) {
		t.Errorf("counted %q, want %q", got, want)
	}
}

func TestFillPrompt(t *testing.T) {
	item := benchmarks.Item{Question: "Which {choices}?", Choices: []string{"a cat", "a dog"}}
	got := benchmarks.FillPrompt(`{question} {"x": {language}}`+"\n{choices}", &item)
	if want := "Which {choices}? {\"x\": en}\nA. a cat\nB. a dog"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := benchmarks.CheckPrompt("{question} {label}"); err == nil || !strings.Contains(err.Error(), "unknown placeholder {label}; choose from {question}") {
		t.Errorf("an unknown placeholder: %v", err)
	}
}

// TestBuiltin_PromptsCanBeFilled fills both prompts of each benchmark.
func TestBuiltin_PromptsCanBeFilled(t *testing.T) {
	for _, b := range benchmarks.Builtin() {
		for _, prompt := range []string{b.Prompt, b.ChatPrompt()} {
			err := benchmarks.CheckPrompt(prompt)
			if err != nil && (b.Task == benchmarks.Boxes || b.Task == benchmarks.Masks) {
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", b.Name, err)
			}
		}
	}
}
