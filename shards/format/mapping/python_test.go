package mapping

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pali3/pali3/shards"
)

func TestRecord_ReadsAnswersInEveryNotation(t *testing.T) {
	answers := func(texts ...string) (all []shards.Answer) {
		for _, text := range texts {
			all = append(all, shards.Answer{Text: text})
		}
		return all
	}
	for _, c := range []struct {
		name  string
		value any
		want  []shards.Answer
	}{
		{"text", "two", answers("two")},
		{"JSON list", `["two", "2"]`, answers("two", "2")},
		{"JSON list of numbers", `[2, 3.5]`, answers("2", "3.5")},
		{"list", []any{"two", json.Number("2")}, answers("two", "2")},
		{"VQA structs", `[{"answer": "yes", "answer_confidence": "maybe"}, {"answer": "no", "answer_confidence": "yes"}]`,
			[]shards.Answer{{Text: "yes", Confidence: "maybe"}, {Text: "no", Confidence: "yes"}}},
		{"Python list", `['two', "it's 2", 'a "b"', 'caf\xe9', None]`, answers("two", "it's 2", `a "b"`, "café")},
		{"Python structs", `[{'answer': 'yes', 'answer_confidence': 'maybe'}]`, []shards.Answer{{Text: "yes", Confidence: "maybe"}}},
		{"NumPy", `['red' 'dark red']`, answers("red", "dark red")},
		{"a text in brackets", `[redacted]`, answers("[redacted]")},
		{"an open list", `['red', 'blue`, answers(`['red', 'blue`)},
	} {
		p, err := Mapping{Question: "q", Answers: "a", NamedOnly: true}.For([]Column{{Name: "q", Type: Text}, {Name: "a", Type: Text}})
		if err != nil {
			t.Fatal(err)
		}
		var s shards.Sample
		if _, _, err := p.Fill(&s, map[string]any{"q": "What?", "a": c.value}); err != nil || len(s.Questions) != 1 {
			t.Fatalf("%s: %v, %v", c.name, s.Questions, err)
		}
		if d := cmp.Diff(c.want, s.Questions[0].Answers); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// FuzzPythonList checks that no text causes a panic and that the results are valid values of rows.
func FuzzPythonList(f *testing.F) {
	for _, seed := range []string{`['a', "b"]`, `[{'a': 1, 'b': [None, True]}]`, `('a',)`, `['a' 'b']`, `['\x41\u00e9\U0001f600\q']`, `[[[[[[[[[[`, `['`, `[1e5,nan]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, ok := pythonList(text)
		if !ok && list != nil && len(list) == 0 {
			return
		}
		if _, err := json.Marshal(list); ok && err != nil {
			t.Errorf("%q became %v: %v", text, list, err)
		}
	})
}
