package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/evalsuite/compare"
)

// scoredFolder scores answers to 40 yes/no questions of POPE about 20 images, and writes the files
// of eval --bench --out. The model says yes to every n-th question, whatever is right.
func scoredFolder(t *testing.T, n int) string {
	t.Helper()
	bench, err := benchmarks.Builtin().Named("pope")
	if err != nil {
		t.Fatal(err)
	}
	var items []benchmarks.Item
	for i := range 40 {
		item := benchmarks.Item{ID: fmt.Sprint(i), Image: fmt.Sprint(100 + i/2), Question: fmt.Sprintf("Is <there> a cat %d?", i), References: []string{[]string{"yes", "no"}[i%2]}}
		if item.Prediction = "No, there is none"; i%n == 0 {
			item.Prediction = "yes"
		}
		if i == 7 {
			item.Prediction = "hm"
		}
		items = append(items, item)
	}
	dir := t.TempDir()
	var scored bytes.Buffer
	r, err := bench.ScoreItems(items, benchmarks.Options{Scored: &scored, Protocols: []string{"all"}})
	if err != nil {
		t.Fatal(err)
	}
	content, err := json.Marshal(r)
	for name, text := range map[string][]byte{benchmarks.ResultFile: content, benchmarks.ScoredFile: scored.Bytes()} {
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o666)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// imageFolder writes images whose names end in the numbers of keys.
func imageFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("COCO_val2014_%012d.png", 100+i)), encoded.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func written(t *testing.T, r *Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestBuild_LaysOutABenchmark(t *testing.T) {
	dir := scoredFolder(t, 3)
	r, err := Build(t.Context(), []string{dir}, Options{Images: imageFolder(t)})
	if err != nil {
		t.Fatal(err)
	}
	var sections []string
	for _, s := range r.Sections() {
		sections = append(sections, s.Name)
	}
	if got := strings.Join(sections, ", "); got != "Scores, Protocols, Wrong answers, Examples, Commands" {
		t.Errorf("sections %s", got)
	}
	page := written(t, r)
	for _, want := range []string{
		"not comparable with published scores: n is 40; each file has 3000", "Is &lt;there&gt; a cat", "data:image/png", "lmms-eval", "Predicted answers by the right one",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	for _, bad := range []string{"<there>", "NaN", "ZgotmplZ", "%!"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if again, err := Build(t.Context(), []string{dir}, Options{}); err != nil || len(again.Missing) != 1 || strings.Contains(written(t, again), "data:image") {
		t.Errorf("without images: %v", err)
	}
	if _, err := Build(t.Context(), []string{dir, dir}, Options{}); err == nil || !strings.Contains(err.Error(), "eval compare A B --out") {
		t.Errorf("two benchmarks: %v", err)
	}
	m := r.Confusions[0]
	if len(m.Rows) != 2 || m.Answers[1] != "yes" || m.Rows[1].Right != "yes" || m.Rows[1].Predicted[1] != 7 || m.Rows[0].Predicted[0] != 12 || m.Rows[0].Predicted[2] != 1 {
		t.Errorf("matrix %+v", m)
	}
}

func TestBuild_RefusesADamagedBenchmark(t *testing.T) {
	for name, text := range map[string]string{benchmarks.ResultFile: `{"version": 9}`, benchmarks.ScoredFile: "{"} {
		dir := scoredFolder(t, 3)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Build(t.Context(), []string{dir}, Options{}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCompare_LaysOutTheVerdict(t *testing.T) {
	var items [2][]compare.Item
	for at, n := range []int{3, 2} {
		var err error
		if items[at], err = compare.Read(filepath.Join(scoredFolder(t, n), benchmarks.ScoredFile)); err != nil {
			t.Fatal(err)
		}
	}
	bench, err := benchmarks.Builtin().Named("pope")
	if err != nil {
		t.Fatal(err)
	}
	result, err := compare.Compare("runs/a", items[0], "runs/b", items[1], compare.Options{Margin: 0.05, Flips: 3, Statistics: bench.Statistics()})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Compare(result, Options{Images: imageFolder(t)})
	if err != nil {
		t.Fatal(err)
	}
	page := written(t, r)
	for _, want := range []string{"<b>GO</b>", "b against a", "data:image/png", "f1", "a score of all items together", "B is better"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if strings.Contains(page, "NaN") || strings.Contains(page, "%!") {
		t.Error("the page has a number that is none")
	}
}

func TestImagesOf_FindsByNameAndNumber(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/one.jpg", "b/one.jpg", "b/COCO_val2014_000000000042.jpg", "two.png"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	find, err := imagesOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"two": "two.png", "two.png": "two.png", "x/two.png": "two.png", "42": "b/COCO_val2014_000000000042.jpg", "a/one.jpg": "a/one.jpg",
		"one.jpg": "", "../two.png": "two.png", "three": "", "": "", "000042": "b/COCO_val2014_000000000042.jpg",
	} {
		if got, err := find(key); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v; want %q", key, got, err, want)
		}
	}
}
