package benchmarks

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const schemaFile = "../../docs/schema/eval-result.json"

// schema is a JSON Schema, as far as the one of results goes.
type schema struct {
	Ref        string             `json:"$ref"`
	Type       string             `json:"type"`
	Const      any                `json:"const"`
	Enum       []any              `json:"enum"`
	Minimum    *float64           `json:"minimum"`
	Required   []string           `json:"required"`
	Properties map[string]*schema `json:"properties"`
	Additional json.RawMessage    `json:"additionalProperties"`
	Items      *schema            `json:"items"`
	Defs       map[string]*schema `json:"$defs"`
}

func readSchema(t *testing.T) *schema {
	t.Helper()
	content, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(content, &s); err != nil {
		t.Fatal(err)
	}
	return &s
}

// check returns what is wrong with a value, with the path to it.
func (s *schema) check(root *schema, path string, v any) (wrong []string) {
	if s.Ref != "" {
		return root.Defs[strings.TrimPrefix(s.Ref, "#/$defs/")].check(root, path, v)
	}
	add := func(format string, args ...any) { wrong = append(wrong, path+": "+fmt.Sprintf(format, args...)) }
	number, isNumber := v.(float64)
	is := map[string]bool{"number": isNumber, "integer": isNumber && number == float64(int(number))}
	_, is["string"] = v.(string)
	object, isObject := v.(map[string]any)
	list, isList := v.([]any)
	is["object"], is["array"] = isObject, isList
	switch {
	case s.Type != "" && !is[s.Type]:
		add("%v is no %s", v, s.Type)
	case s.Const != nil && v != s.Const:
		add("%v is not %v", v, s.Const)
	case s.Enum != nil && !slices.Contains(s.Enum, v):
		add("%v is none of %v", v, s.Enum)
	case s.Minimum != nil && number < *s.Minimum:
		add("%v is below %v", v, *s.Minimum)
	}
	for _, name := range s.Required {
		if _, ok := object[name]; !ok {
			add("no %s", name)
		}
	}
	for name, member := range object {
		var of schema
		switch {
		case s.Properties[name] != nil:
			of = *s.Properties[name]
		case string(s.Additional) == "false":
			add("unknown member %s", name)
			continue
		case json.Unmarshal(s.Additional, &of) != nil:
			continue
		}
		wrong = append(wrong, of.check(root, path+"/"+name, member)...)
	}
	for n, item := range list {
		wrong = append(wrong, s.Items.check(root, fmt.Sprintf("%s/%d", path, n), item)...)
	}
	return wrong
}

func TestSchema_DescribesResults(t *testing.T) {
	s := readSchema(t)
	vqa, err := vqav2.Score(t.Context(), writeVQA(t, readOfficial(t), 1), Options{Protocols: []string{"all"}})
	if err != nil {
		t.Fatal(err)
	}
	odd, err := oddBench.ScoreItems(oddItems, Options{Protocols: []string{"all"}})
	if err != nil {
		t.Fatal(err)
	}
	partial, err := score(t, "chartqa", `[{"imgname":"8.png","query":"q","label":"1"},{"imgname":"9.png","query":"q","label":"2"}]`, "",
		`{"id":0,"prediction":"1"}`+"\n"+`{"id":7,"prediction":"1"}`, Options{Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*Result{vqa, odd, partial} {
		content, err := json.Marshal(r)
		var v any
		if err == nil {
			err = json.Unmarshal(content, &v)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range s.check(s, r.Bench, v) {
			t.Error(wrong)
		}
	}
	if wrong := s.check(s, "", map[string]any{"version": 2.0, "items": -1.0, "more": 1.0, "bench": 1.0}); len(wrong) < 7 {
		t.Errorf("a bad result has only %q", wrong)
	}
}

// TestSchema_HasTheMembersOfResult compares the names in the schema with those of the Go types.
func TestSchema_HasTheMembersOfResult(t *testing.T) {
	s := readSchema(t)
	published := s.Properties["published"].Items
	var protocols schema
	if err := json.Unmarshal(s.Properties["protocols"].Additional, &protocols); err != nil {
		t.Fatal(err)
	}
	var score, comparable schema
	if err := json.Unmarshal(s.Defs["scores"].Additional, &score); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(s.Defs["comparables"].Additional, &comparable); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		of     any
		schema *schema
	}{{Result{}, s}, {ProtocolResult{}, &protocols}, {Published{}, published}, {Score{}, &score}, {Comparable{}, &comparable}, {Problem{}, s.Defs["problem"]}} {
		kind := reflect.TypeOf(c.of)
		names := 0
		for _, field := range reflect.VisibleFields(kind) {
			tag := field.Tag.Get("json")
			if !field.IsExported() || field.Anonymous {
				continue
			}
			names++
			name, options, _ := strings.Cut(tag, ",")
			if c.schema.Properties[name] == nil {
				t.Errorf("%s: the schema has no %q", kind, name)
			}
			if required := slices.Contains(c.schema.Required, name); required == (options == "omitempty") {
				t.Errorf("%s: %q is required: %v", kind, name, required)
			}
		}
		if names != len(c.schema.Properties) {
			t.Errorf("%s: %d members, the schema has %d", kind, names, len(c.schema.Properties))
		}
	}
}

func TestComparable_SaysWhy(t *testing.T) {
	bench := func(splits ...Split) *Benchmark { return &Benchmark{Name: "b", Splits: splits} }
	known, guess := Split{"val", 10, Secondary, "a listing"}, Split{Name: "test", N: 12}
	for name, c := range map[string]struct {
		bench    *Benchmark
		split    string
		items    int
		problems []Problem
		want     string
	}{
		"whole":         {bench(known, guess), "val", 10, nil, "yes: all 10 of split val (secondary, a listing)"},
		"any split":     {bench(known, guess), "", 10, nil, "yes: all 10 of split val"},
		"too few":       {bench(known), "val", 9, nil, "no: n is 9; val has 10"},
		"from memory":   {bench(known, guess), "test", 12, nil, "unknown: the size of the split is not verified: 12 were scored, and split test should have as many"},
		"not as memory": {bench(guess), "test", 11, nil, "unknown: the size of the split is not verified: 11 were scored; from memory test has 12"},
		"no size":       {bench(Split{Name: "x"}), "x", 3, nil, "unknown: the size of the split is not verified: 3 were scored"},
		"missing":       {bench(known), "val", 10, []Problem{{Kind: Missing, Count: 2, First: []string{"7"}}}, "no: 2 questions have no prediction and do not count, for example 7"},
		"not asked":     {bench(known), "val", 8, []Problem{{Kind: NotAsked, Count: 3}}, "yes: all 10 of split val"},
		"empty answers": {bench(known), "val", 10, []Problem{{Kind: Empty, Count: 3}}, "yes: all 10 of split val"},
	} {
		got := c.bench.whole(&Result{Split: c.split, Items: c.items, Problems: c.problems})
		if !strings.HasPrefix(got.Answer+": "+got.Why, c.want) {
			t.Errorf("%s: %s: %s, want %s", name, got.Answer, got.Why, c.want)
		}
	}
	groups := bench(known)
	groups.Metrics = []Metric{{Name: "circular"}, {Name: "accuracy"}}
	counted := func(circular, accuracy int) Scores {
		var scores Scores = map[string]Score{"circular": {}, "accuracy": {}}
		for name, n := range map[string]int{"circular": circular, "accuracy": accuracy} {
			of := scores[name]
			of.N = n
			scores[name] = of
		}
		return scores
	}
	if got := groups.whole(&Result{Split: "val", Items: 40, Scores: counted(10, 40)}); got.Answer != Yes {
		t.Errorf("groups of items: %+v", got)
	}
	if got := groups.whole(&Result{Split: "val", Items: 40, Scores: counted(9, 40)}); got.Answer != No {
		t.Errorf("groups of items: %+v", got)
	}
	known10 := Comparable{Yes, "all"}
	asks := Benchmark{Task: Answers, Prompt: "answer en {question}\n"}
	for prompt, want := range map[string]string{"": Yes, "answer en {question}": Yes, asks.ChatPrompt(): Yes, "Q: {question} A:": Unclear} {
		if got := asks.asked(known10, prompt); got.Answer != want {
			t.Errorf("%q: %+v, want %s", prompt, got, want)
		}
	}
	result, err := karpathy.ScoreItems([]Item{{ID: "1", Image: "1", Language: "en", Prediction: "a cat", References: []string{"a cat"}}}, Options{})
	if err != nil || result.Comparable[exactStem].Answer != No || !strings.Contains(result.Comparable[exactStem].Why, "--meteor-data") {
		t.Errorf("%+v, %v", result, err)
	}
}
