package mixture

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/shards"
)

// TestKinds_NameTheColumnsTheyRead opens a recipe of all kinds, with samples of the columns that
// each kind names and with all columns.
func TestKinds_NameTheColumnsTheyRead(t *testing.T) {
	r := recipe(t)
	r.Tasks = append(r.Tasks,
		Task{Name: "answers", Kind: "contrastive", Weight: 0},
		Task{Name: "ocr", Kind: "ocr", Weight: 1, Split: "all"},
		Task{Name: "box texts", Kind: "object_vqa", Weight: 1, Objects: []string{"boxes", "texts", "role"}},
		Task{Name: "near", Kind: "caption", Weight: 1, Neighbours: 3},
	)
	r.Tokenizer.Locations = 1024
	r.Tasks = append(r.Tasks, Task{Name: "detect", Kind: "detect", Weight: 1})
	r.Data = everyKind(t)
	registry := Builtin()
	for i := range registry.Kinds {
		registry.Kinds[i].Columns = nil
	}
	all := r
	all.Registry = registry
	few, whole := open(t, r, Options{}), open(t, all, Options{})
	for i := range few.tasks {
		a, b := few.tasks[i].source, whole.tasks[i].source
		if (a == nil) != (b == nil) {
			t.Fatalf("task %s has samples in one stream only", few.tasks[i].Name)
		}
		if a == nil {
			continue
		}
		if a.len() != b.len() || !maps.Equal(a.languages, b.languages) || fmt.Sprint(a.labels) != fmt.Sprint(b.labels) {
			t.Errorf("task %s: %d samples, languages %v, labels %v; with all columns %d, %v, %v",
				few.tasks[i].Name, a.len(), a.languages, a.labels, b.len(), b.languages, b.labels)
		}
	}
	for step := range 5 {
		if batch(t, few, step).Digest() != batch(t, whole, step).Digest() {
			t.Errorf("step %d differs", step)
		}
	}
}

// everyKind writes samples of which each kind can use some.
func everyKind(t testing.TB) string {
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(3, 4))
	w, err := shards.Create(dir+"/data", shards.Limits{GroupRows: 11})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		s := shards.Sample{Key: fmt.Sprint("k", i), Split: []string{"train", "test"}[i%5/4]}
		if i%7 > 0 {
			s.Images = []shards.Image{pngImage(i)}
		}
		for range rng.IntN(3) {
			s.Texts = append(s.Texts, shards.Text{
				Kind: []string{shards.Caption, shards.OCR, shards.Alt}[rng.IntN(3)], Language: []string{"en", "fr", ""}[rng.IntN(3)],
				Value: []string{"", "a text", "some other text"}[rng.IntN(3)],
			})
		}
		for range rng.IntN(3) {
			q := shards.Question{ID: "q", Text: "why?", Language: []string{"en", "de"}[rng.IntN(2)]}
			for range rng.IntN(3) {
				q.Answers = append(q.Answers, shards.Answer{Text: []string{"", "because"}[rng.IntN(2)]})
			}
			s.Questions = append(s.Questions, q)
		}
		for range rng.IntN(3) {
			s.Boxes = append(s.Boxes, shards.Box{Label: []string{"", "cat", "dog"}[rng.IntN(3)], Image: int32(rng.IntN(2)), Y1: 0.5, X1: rng.Float32()})
		}
		if i%2 == 0 {
			s.Metadata = map[string]string{"role": fmt.Sprint("role ", i%4)}
		}
		if err := w.Append(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	return dir + "/data"
}

// TestLabelFinder_OrdersLabelsByKeys compares the labels with those of a pass over sorted samples.
func TestLabelFinder_OrdersLabelsByKeys(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	found := labelFinder{}
	samples := map[string]Labels{}
	for row, i := range rng.Perm(300) {
		key, labels := fmt.Sprint("key ", i), Labels{}
		for _, group := range []string{"a", "b"}[:1+rng.IntN(2)] {
			for _, label := range rng.Perm(40)[:3] {
				labels[group] = append(labels[group], fmt.Sprint(label))
			}
		}
		samples[key] = labels
		found.see(labels, key, row)
	}
	want := Labels{}
	for _, key := range slices.Sorted(maps.Keys(samples)) {
		for group, labels := range samples[key] {
			for _, label := range labels {
				if !slices.Contains(want[group], label) {
					want[group] = append(want[group], label)
				}
			}
		}
	}
	if got := found.inOrder(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("labels %v, want %v", got, want)
	}
}

// TestOpen_NamesAKindWithAnUnknownColumn opens a recipe with a kind of its own.
func TestOpen_NamesAKindWithAnUnknownColumn(t *testing.T) {
	r := recipe(t)
	r.Registry = Builtin()
	r.Registry.Kinds[1].Columns = func(*Task) []string { return []string{"texts.words"} }
	if _, err := Open(r, Options{}); err == nil || !strings.Contains(err.Error(), `kind caption: Columns: no column "texts.words"`) {
		t.Errorf("error %v", err)
	}
}
