package compare

import (
	"encoding/json"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// answered returns items of images with two questions each; right says which are answered.
func answered(right string) (items []Item) {
	for i, r := range right {
		image := string(rune('a' + i/2))
		item := Item{
			Task: "vqa", ID: string(rune('0' + i)), Cluster: image, Kind: []string{"colour", "number"}[i%2], Language: "en",
			Question: "what?", References: []string{"x"}, Prediction: "y", Values: map[string]float64{"vqa_accuracy": 0},
		}
		if r == '1' {
			item.Prediction, item.Values["vqa_accuracy"] = "x", 1
		}
		items = append(items, item)
	}
	return items
}

func TestCompare_CountsFlipsAndSlices(t *testing.T) {
	r, err := Compare("A", answered("11001100"), "B", answered("11111000"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := r.Metrics[0]
	if m.A.Value != 0.5 || m.B.Value != 0.625 || m.Difference.Value != 0.125 || m.Difference.Clusters != 4 || m.Difference.Test != "permutation" {
		t.Errorf("got %+v", m)
	}
	if m.Better.Count != 2 || m.Worse.Count != 1 || m.Worse.Items[0].ID != "5" || m.Worse.Items[0].A != "x" || m.Worse.Items[0].B != "y" {
		t.Errorf("better %+v, worse %+v", m.Better, m.Worse)
	}
	if len(m.Slices) != 2 || m.Slices[0].Name != "colour" || m.Slices[0].Difference.Value != 0.25 || m.Slices[1].Difference.Value != 0 {
		t.Errorf("slices %+v", m.Slices)
	}
	if r.Verdict != Inconclusive {
		t.Errorf("verdict %s", r.Verdict)
	}
	var out strings.Builder
	if err := r.WriteText(&out); err != nil || !strings.Contains(out.String(), "+0.1250 (") {
		t.Errorf("text:\n%s%v", out.String(), err)
	}
}

func TestCompare_CountsValuesThatOneModelHas(t *testing.T) {
	a, b := answered("1010"), answered("1010")
	a[0].Values["bleu"], b[1].Values["rouge_l"] = 1, 1
	delete(b[3].Values, "vqa_accuracy")
	b[3].Values["other"] = 0
	r, err := Compare("A", a, "B", b, Options{})
	if err != nil || r.Unmatched.Count != 4 || strings.Join(r.Unmatched.Names, " ") != "bleu other rouge_l vqa_accuracy" || r.Metrics[0].Difference.N != 3 {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestCompare_NamesScoresThatItemsDoNotSufficeFor(t *testing.T) {
	items := []Item{{Task: "boxes", ID: "1", Values: map[string]float64{"found": 1}}, {Task: "boxes", ID: "2", Values: map[string]float64{"found": 0}}}
	o := Options{Statistics: []Statistic{{Task: "boxes", Metric: "ap"}, {Task: "boxes", Metric: "ap50"}, {Task: "others", Metric: "bleu"}}}
	r, err := Compare("a", items, "b", items, o)
	if err != nil || r.NotCompared.Count != 2 || r.NotCompared.Names[1] != "ap50" || len(r.Metrics) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	var text strings.Builder
	if err := r.WriteText(&text); err != nil || !strings.Contains(text.String(), "left out: 2 scores for which scored items do not suffice: ap, ap50") {
		t.Errorf("%s, %v", text.String(), err)
	}
	for n := range items {
		items[n].Values = map[string]float64{}
	}
	if _, err := Compare("a", items, "b", items, o); err == nil || !strings.Contains(err.Error(), "compare the intervals in their results; they are ap, ap50") {
		t.Error(err)
	}
}

func TestCompare_Verdicts(t *testing.T) {
	many := func(right string) []Item {
		var items []Item
		for n := range 100 {
			for _, item := range answered(right) {
				item.ID, item.Cluster = item.ID+string(rune('A'+n)), item.Cluster+string(rune('A'+n))
				items = append(items, item)
			}
		}
		return items
	}
	worse, better := many("1000"), many("1100")
	for _, c := range []struct {
		a, b   []Item
		margin float64
		lower  bool
		want   Verdict
	}{
		{worse, better, 0, false, Go},
		{worse, worse, 0, false, Go},
		{better, worse, 0, false, NoGo},
		{better, worse, 0.3, false, Go},
		{better, worse, 0.25, false, Inconclusive},
		{better, worse, 0, true, Go},
		{worse, better, 0, true, NoGo},
	} {
		r, err := Compare("A", c.a, "B", c.b, Options{Margin: c.margin, Lower: func(string) bool { return c.lower }})
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict != c.want {
			t.Errorf("margin %g, lower %v: %s with %+v, want %s", c.margin, c.lower, r.Verdict, r.Metrics[0].Difference, c.want)
		}
	}
}

func TestCompare_RefusesOtherItems(t *testing.T) {
	a, b := answered("1100"), answered("1111")
	b[0].References = []string{"z"}
	a = append(a, Item{Task: "caption", ID: "1", Values: map[string]float64{"exact": 1}})
	_, err := Compare("one", a, "two", b[:3], Options{})
	if err == nil || !strings.Contains(err.Error(), "2 only in one, for example 3, 1") || !strings.Contains(err.Error(), "1 with another question") {
		t.Errorf("got %v", err)
	}
	r, err := Compare("one", a, "two", b[:3], Options{Partial: true})
	if err != nil || r.Metrics[0].Difference.N != 2 || r.OnlyA.Count != 2 || r.OnlyB.Count != 0 || r.Changed.Count != 1 {
		t.Errorf("partial: got %+v, %v", r, err)
	}
	if _, err := Compare("one", a[:1], "two", b[1:2], Options{Partial: true}); err == nil {
		t.Error("nothing in common: no error")
	}
	if _, err := Compare("one", a[:2], "two", a[:2], Options{Metrics: []string{"bleu"}}); err == nil || !strings.Contains(err.Error(), "both have vqa_accuracy") {
		t.Errorf("unknown metric: %v", err)
	}
	if _, err := Compare("one", a, "two", a, Options{Margin: math.NaN()}); err == nil {
		t.Error("margin NaN: no error")
	}
}

func TestWrite_ReadsBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scored.jsonl")
	items := answered("10")
	items[0].Weight, items[0].Error = 0.5, "<cut>"
	if err := Write(path, items); err != nil {
		t.Fatal(err)
	}
	back, err := Read(path)
	if err != nil || !reflect.DeepEqual(back, items) {
		t.Errorf("got %+v, %v", back, err)
	}
	items[0].Values["vqa_accuracy"] = math.NaN()
	if err := Write(path, items); err == nil {
		t.Error("NaN: no error")
	}
}

func readAll(text string) (items []Item, err error) {
	for item, err := range read(strings.NewReader(text)) {
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

func TestRead_NamesTheLine(t *testing.T) {
	good := `{"id":"1","values":{"m":1}}` + "\n"
	for name, c := range map[string]struct{ text, want string }{
		"empty":       {"\n", "no scored items"},
		"malformed":   {good + "{", "line 2"},
		"double":      {good + "\n" + good, "line 3: a second item of the task \"\" with the id \"1\", after line 1"},
		"no id":       {`{"values":{"m":1}}`, `line 1: no "id"`},
		"no values":   {`{"id":"1","prediction":"x"}`, `no "values"`},
		"weight":      {`{"id":"1","values":{"m":1},"weight":-1}`, "weight -1"},
		"huge value":  {good + `{"id":"2","values":{"m":1e300}}`, "line 2: item 2: the value 1e+300 of m is not from -1e+09 to 1e+09"},
		"huge weight": {`{"id":"1","values":{"m":1},"weight":1e200}`, "the weight 1e+200 is not from 1e-09 to 1e+09"},
		"tiny weight": {`{"id":"1","values":{"m":1},"weight":1e-200}`, "the weight 1e-200 is not from"},
		"null values": {`{"id":"1","values":null}`, `no "values"`},
		"wrong type":  {`{"id":"1","values":{"m":"1"}}`, "line 1"},
	} {
		if _, err := readAll(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestCompare_ComparesBySlicesOfItems(t *testing.T) {
	a, b := answered("110010"), answered("111000")
	for _, items := range [][]Item{a, b} {
		for i := range items {
			items[i].Kind = ""
			items[i].Slices = map[string][]string{"answer_type": {[]string{"yes/no", "number", "other"}[i/2]}, "single": {"all"}, "topics": []string{"odd", "even"}[i%2:]}
		}
	}
	r, err := Compare("A", a, "B", b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, s := range r.Metrics[0].Slices {
		counts[s.By+"/"+s.Name] = s.Difference.N
	}
	if len(counts) != 5 || counts["answer_type/number"] != 2 || counts["topics/even"] != 6 || counts["topics/odd"] != 3 {
		t.Errorf("slices %v", counts)
	}
}

func TestCompare_ComparesStatisticsByResampling(t *testing.T) {
	a, b := answered("10101010101010101010"), answered("11111111111111101111")
	share := func(items []*Item) (func([]int) float64, error) {
		return func(chosen []int) float64 {
			right := 0.0
			for _, i := range chosen {
				right += items[i].Values["vqa_accuracy"]
			}
			return right / float64(len(chosen))
		}, nil
	}
	r, err := Compare("A", a, "B", b, Options{Statistics: []Statistic{{Task: "vqa", Metric: "share", Of: share}, {Task: "caption", Metric: "bleu", Of: share}}})
	if err != nil || len(r.Metrics) != 2 || r.Metrics[0].Name != "share" {
		t.Fatalf("got %+v, %v", r, err)
	}
	s, m := r.Metrics[0], r.Metrics[1]
	if !s.Statistic || s.A.Value != 0.5 || s.B.Value != 0.95 || math.Abs(s.Difference.Lo-m.Difference.Lo) > 1e-12 || s.Verdict != Go || s.Difference.Clusters != 10 {
		t.Errorf("statistic %+v\nmean      %+v", s, m)
	}
	var out strings.Builder
	if err := r.WriteText(&out); err != nil || !strings.Contains(out.String(), "share: a score of all items together") {
		t.Errorf("text:\n%s%v", out.String(), err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"task":"vqa","id":"1","cluster":"a","weight":0.5,"values":{"m":1}}` + "\n" + `{"id":"2","values":{"m":0}}`)
	f.Add(`{"id":"1","values":{"m":1e400}}`)
	f.Add(`{"id":"1","values":{"m":9e8},"weight":1e9}` + "\n" + `{"id":"2","values":{"m":-9e8},"weight":1e-9,"slices":{"a":["x","y",""]}}`)
	f.Add(`{"id":"1","values":{},"protocols":{"p":{"m":1}},"choices":["a"],"fields":{"f":""},"image":"i"}`)
	f.Fuzz(func(t *testing.T, text string) {
		items, err := readAll(text)
		if err != nil {
			return
		}
		r, err := Compare("a", items, "b", items, Options{})
		if err != nil {
			return
		}
		if _, err := json.Marshal(r); err != nil {
			t.Errorf("the result is no JSON: %v", err)
		}
		if r.Verdict == NoGo || r.OnlyA.Count+r.OnlyB.Count+r.Changed.Count > 0 {
			t.Errorf("a file compared with itself: %+v", r)
		}
	})
}
