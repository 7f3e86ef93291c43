package benchmarks

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pali3/pali3/evalsuite/compare"
)

// readScored reads what was written to Options.Scored.
func readScored(t *testing.T, content []byte) []compare.Item {
	t.Helper()
	path := filepath.Join(t.TempDir(), "scored.jsonl")
	if err := os.WriteFile(path, content, 0o666); err != nil {
		t.Fatal(err)
	}
	items, err := compare.Read(path)
	if err != nil {
		t.Fatalf("%v:\n%.2000s", err, content)
	}
	return items
}

// TestScored_HoldsTheValues compares the mean of the written values with the scores, for a
// benchmark that is scored item by item and in several chunks.
func TestScored_HoldsTheValues(t *testing.T) {
	var scored bytes.Buffer
	files := writeVQA(t, readOfficial(t), 3)
	result, err := vqav2.Score(t.Context(), files, Options{Scored: &scored})
	if err != nil {
		t.Fatal(err)
	}
	items := readScored(t, scored.Bytes())
	sum, byType := 0.0, map[string]int{}
	for _, i := range items {
		sum += i.Values["vqa_accuracy"]
		byType[i.Slices["answer_type"][0]]++
		if i.Task != "vqav2" || i.Image == "" || i.Cluster != i.Image || i.Question != "What?" || len(i.References) != 10 || len(i.Values) != 1 {
			t.Fatalf("item %+v", i)
		}
	}
	s := result.Scores["vqa_accuracy"]
	if len(items) != s.N || math.Abs(sum/float64(s.N)-s.Value) > 1e-12 {
		t.Errorf("%d items with the mean %g, want %d with %g", len(items), sum/float64(len(items)), s.N, s.Value)
	}
	for group, scores := range result.Slices["answer_type"] {
		if byType[group] != scores["vqa_accuracy"].N {
			t.Errorf("%s: %d items, want %d", group, byType[group], scores["vqa_accuracy"].N)
		}
	}
	without, err := vqav2.Score(t.Context(), files, Options{})
	if err != nil || !reflect.DeepEqual(without, result) {
		t.Errorf("writing items changed the result: %v", err)
	}
}

// oddItems are items with everything that JSON has to escape.
var oddItems = []Item{
	{ID: "1", Image: "a\"b", Language: "de", Question: "<q> & \\ \n\x00\u2028", References: []string{"", "ä", "日本\t"}, Choices: []string{"x", "y"},
		Fields: []Field{{Name: "kind", Value: "[\"a\",\"b\"]"}, {Name: "kind", Value: "second"}}, Prediction: "bad \xff utf-8", Error: "timeout"},
	{ID: "2", References: []string{"no"}, Prediction: "what"},
	{ID: "3", Image: "a\"b", References: []string{"yes"}, Prediction: "yes"},
}

// oddBench scores by all three kinds of metrics and by a protocol.
var oddBench = Benchmark{
	Name: "odd", Task: Answers, Unit: "question", Cluster: "image",
	Metrics: []Metric{
		{Name: "each", Source: "s", Each: func() func(*Item) float64 {
			return func(i *Item) float64 {
				if i.Prediction == "what" {
					i.Unparsed = "no word"
					return 0
				}
				return 1e-7
			}
		}},
		{Name: "all", Source: "s", All: func(c *Corpus) ([]float64, error) { return []float64{1, math.NaN(), 123456.789}, nil }},
		{Name: "whole", Source: "s", Statistic: func(c *Corpus) (func([]int) float64, error) {
			return func(chosen []int) float64 {
				long := 0.0
				for _, n := range chosen {
					long += float64(len(c.Items[n].Field("kind")))
				}
				return long
			}, nil
		}},
	},
	Protocols: []Protocol{
		{"p", "s", []Metric{{Name: "each", Source: "s", Each: func() func(*Item) float64 { return func(*Item) float64 { return 0.5 } }}}},
		{"q", "s", []Metric{{Name: "each", Source: "s", Each: func() func(*Item) float64 { return func(*Item) float64 { return math.NaN() } }}}},
	},
	Slices: []Slice{byList("kind"), ByField("missing"), {Name: "id", Of: func(i *Item) string { return i.ID }}},
}

func TestScored_IsTheJSONOfCompareItems(t *testing.T) {
	var scored bytes.Buffer
	if _, err := oddBench.ScoreItems(oddItems, Options{Scored: &scored, Protocols: []string{"all"}}); err != nil {
		t.Fatal(err)
	}
	got := readScored(t, scored.Bytes())
	want := []compare.Item{
		{Task: "odd", ID: "1", Cluster: "a\"b", Image: "a\"b", Language: "de", Question: oddItems[0].Question, References: oddItems[0].References,
			Choices: []string{"x", "y"}, Fields: map[string]string{"kind": `["a","b"]`}, Prediction: "bad \uFFFD utf-8", Error: "timeout",
			Slices: map[string][]string{"kind": {"a", "b"}, "id": {"1"}}, Values: map[string]float64{"each": 1e-7, "all": 1},
			Protocols: map[string]map[string]float64{"p": {"each": 0.5}, "q": {}}},
		{Task: "odd", ID: "2", References: []string{"no"}, Prediction: "what", Unparsed: "no word", Slices: map[string][]string{"id": {"2"}},
			Values: map[string]float64{"each": 0}, Protocols: map[string]map[string]float64{"p": {"each": 0.5}, "q": {}}},
		{Task: "odd", ID: "3", Cluster: "a\"b", Image: "a\"b", References: []string{"yes"}, Prediction: "yes", Slices: map[string][]string{"id": {"3"}},
			Values: map[string]float64{"each": 1e-7, "all": 123456.789}, Protocols: map[string]map[string]float64{"p": {"each": 0.5}, "q": {}}},
	}
	for n := range want {
		if !reflect.DeepEqual(got[n], want[n]) {
			t.Errorf("item %d:\ngot  %+v\nwant %+v", n, got[n], want[n])
		}
	}
	if n := strings.Count(scored.String(), "\n"); n != 3 {
		t.Errorf("%d lines, want 3", n)
	}
}

// broken fails after some bytes.
type broken struct{ left int }

func (b *broken) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestScored_ReportsAFailedWrite(t *testing.T) {
	files := writeVQA(t, readOfficial(t), 20)
	if _, err := vqav2.Score(t.Context(), files, Options{Scored: &broken{1 << 19}}); err == nil || !strings.Contains(err.Error(), "writing the scored items: disk full") {
		t.Error(err)
	}
}

// TestStatistics_FromScoredItemsAreTheScores computes the scores of a corpus again from what was
// written.
func TestStatistics_FromScoredItemsAreTheScores(t *testing.T) {
	bench, err := Builtin().Named("karpathy")
	if err != nil {
		t.Fatal(err)
	}
	var items []Item
	for n, caption := range []string{"a cat sits on a mat", "two dogs run", "a red bus in the street", "people at a table"} {
		items = append(items, Item{ID: string(rune('a' + n)), Image: string(rune('a' + n)), Language: "en", Prediction: caption,
			References: []string{"a cat sits on the mat", "two dogs are running", "a red bus on a street", "some people sit at a table"}})
	}
	var scored bytes.Buffer
	result, err := bench.ScoreItems(items, Options{Scored: &scored})
	if err != nil {
		t.Fatal(err)
	}
	written := readScored(t, scored.Bytes())
	r, err := compare.Compare("a", written, "b", written, compare.Options{Statistics: bench.Statistics()})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Metrics) != len(bench.Metrics) {
		t.Errorf("%d metrics, want %d", len(r.Metrics), len(bench.Metrics))
	}
	for _, m := range r.Metrics {
		if want := result.Scores[m.Name].Value; math.Abs(m.A.Value-want) > 1e-12 || m.B.Value != m.A.Value || m.Difference.P != 1 {
			t.Errorf("%s: %+v, want %g", m.Name, m, want)
		}
	}
}
