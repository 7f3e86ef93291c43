package evalsuite

import (
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

func TestConstants_BestScoringCaption(t *testing.T) {
	var items []Item
	for i, truth := range []string{"a dog runs on grass", "a dog sits on grass", "a dog lies on grass", "two boats at sea", "a dog runs on grass"} {
		items = append(items, Item{Sample: i, Language: "en", References: []string{truth}}, Item{Sample: i, Language: "fr", References: []string{"chien " + strconv.Itoa(i)}})
	}
	c, err := newCaptionScorer(items, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	byCIDEr, byExact := c.constants(map[string][]string{"en": {"two boats at sea", "a car in the street", "a dog on grass", "a dog runs on grass"}})
	if got := byExact[0]; got != "a dog runs on grass" {
		t.Errorf("best by exact match: %q", got)
	}
	if got := byCIDEr[0]; got == "a car in the street" || got == "" {
		t.Errorf("best by CIDEr: %q", got)
	}
	if got := byCIDEr[1]; got != "" {
		t.Errorf("a language without candidates: %q", got)
	}
}

func TestMostSimilar_RanksByWordsOfReferences(t *testing.T) {
	references := [][]string{{"a red house"}, {"a red door"}, {"the red car"}, {"blue sky"}}
	got := mostSimilar([]string{"green field", "red house", "blue sky", "a red car"}, references, 3)
	if slices.Contains(got, "green field") || len(got) != 3 {
		t.Errorf("%q", got)
	}
}

func TestMostFrequent_OrdersTies(t *testing.T) {
	got := mostFrequent(map[string]map[string]int{"en": {"b": 1, "a": 1, "c": 3}})
	if diff := cmp.Diff([]string{"c", "a", "b"}, got["en"]); diff != "" {
		t.Error(diff)
	}
}

// A resumed job predicts in the same batches as an uninterrupted one, also if requests are equal.
func TestBatches_KeepsWholeBatches(t *testing.T) {
	var requests []request
	for i, prompt := range []string{"a", "b", "a", "c", "d", "d", "e"} {
		requests = append(requests, request{Ask: mixture.Ask{ID: strconv.Itoa(i), Prompt: prompt}, hashes: []string{"x"}})
	}
	p := batchesOf(requests, 2)
	if diff := cmp.Diff([]int{0, 1, 3, 4, 6}, p.distinct); diff != "" {
		t.Fatal(diff)
	}
	for lines, want := range [][2]int{{0, 0}, {0, 0}, {0, 0}, {3, 2}, {3, 2}, {3, 2}, {6, 4}, {7, 5}} { // requests, distinct ones
		if kept, answered := p.kept(lines); kept != want[0] || answered != want[1] {
			t.Errorf("of %d lines %d are kept with %d answered, want %v", lines, kept, answered, want)
		}
	}
}

func TestRequests_IDsAreUnique(t *testing.T) {
	question := shards.Question{ID: "1", Text: "who?", Answers: []shards.Answer{{Text: "me"}}}
	s := &split{samples: []shards.Sample{
		{Key: "a", Questions: []shards.Question{question}}, {Key: "b", Questions: []shards.Question{question, question}},
	}, rows: []int{4, 7}}
	requests, left, err := s.requests(t.Context(), mixture.Task{Kind: "vqa"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range requests {
		ids = append(ids, r.ID)
	}
	if diff := cmp.Diff([]string{"1", "b#0", "b#1"}, ids); diff != "" || left.Count != 0 || requests[2].row != 7 {
		t.Errorf("%s%+v", diff, left)
	}
}

func TestChanceAt(t *testing.T) {
	for _, c := range []struct {
		k, right, n int
		want        float64
	}{{1, 1, 4, 0.25}, {5, 1, 4, 1}, {1, 2, 4, 0.5}, {2, 2, 4, 1 - 2.0/4*1/3}, {3, 3, 4, 1}} {
		if got := chanceAt(c.k, c.right, c.n); got != c.want {
			t.Errorf("chance at %d with %d right of %d: %v, want %v", c.k, c.right, c.n, got, c.want)
		}
	}
}

func TestFileName_StaysInItsFolder(t *testing.T) {
	for split, want := range map[string]string{"val": "evaluation-val.json", "../../etc/x y": "evaluation-.._.._etc_x_y.json", "held_out": "evaluation-held_out.json"} {
		if got := EvaluationFile(split); got != want {
			t.Errorf("%q: %s", split, got)
		}
	}
}
