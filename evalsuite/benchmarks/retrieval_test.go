package benchmarks_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/benchmarks"
)

// karpathyFile has two test images, of which the first has three captions, and one of training.
const karpathyFile = `{"images":[
	{"filename":"a.jpg","cocoid":1,"split":"test","sentences":[{"raw":"a cat"},{"raw":"two cats"},{"raw":"a dog"}]},
	{"filename":"b.jpg","cocoid":2,"split":"test","sentences":[{"raw":"a cat"}]},
	{"filename":"c.jpg","cocoid":3,"split":"train","sentences":[{"raw":"a cow"}]}]}`

// testImages and testTexts are embeddings of its test images and texts. The second caption of a.jpg
// is nearer to b.jpg.
func testImages() []evalsuite.Embedding {
	return []evalsuite.Embedding{
		{Key: "photos/a.jpg", Kind: "image", Values: []float32{1, 0}}, {Key: "2", Kind: "image", Values: []float32{0, 1}},
	}
}

func testTexts() []evalsuite.Embedding {
	return []evalsuite.Embedding{
		{Key: "a.jpg", Index: 0, Kind: "text", Text: "a cat", Values: []float32{0.9, 0.1}},
		{Key: "a.jpg", Index: 1, Kind: "text", Text: "two cats", Values: []float32{0.2, 0.8}},
		{Key: "17", Kind: "text", Text: "a dog", Values: []float32{1, 0.5}}, // of a list of lines
		{Key: "2", Index: 0, Kind: "text", Text: "a cat", Values: []float32{0.9, 0.1}},
	}
}

// writeEmbeddings writes a file as `pali3 embed` does.
func writeEmbeddings(t *testing.T, rows []evalsuite.Embedding) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "embeddings.parquet")
	_, err := evalsuite.WriteEmbeddings(path, "test", func(yield func(evalsuite.Embedding, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func scoreRetrieval(t *testing.T, name, annotations, split string, images, texts []evalsuite.Embedding, partial bool) (*benchmarks.Result, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "annotations.json")
	if err := os.WriteFile(path, []byte(annotations), 0o666); err != nil {
		t.Fatal(err)
	}
	bench, err := benchmarks.Builtin().Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return bench.Score(context.Background(), benchmarks.Files{
		Annotations: path, Split: split, ImageEmbeddings: writeEmbeddings(t, images), TextEmbeddings: writeEmbeddings(t, texts),
	}, benchmarks.Options{Partial: partial})
}

func TestScore_RanksEmbeddings(t *testing.T) {
	r, err := scoreRetrieval(t, "coco-retrieval", karpathyFile, "test", testImages(), testTexts(), false)
	if err != nil {
		t.Fatal(err)
	}
	// Image a ranks its "a dog" first, and the "a cat" of b before its "two cats". Image b ranks
	// "two cats" and "a dog" before its "a cat", which ties with that of a. Text 1 of a and the
	// text of b find the other image first.
	want := map[string]float64{
		"i2t_r1": 0.5, "i2t_r5": 1, "i2t_mrr": (1 + 1./4) / 2, "i2t_mean_rank": 2.5, "i2t_median_rank": 2.5,
		"i2t_map": ((1.+2./3+3./4)/3 + 1./4) / 2,
		"t2i_r1":  0.5, "t2i_r5": 1, "t2i_mrr": 0.75, "t2i_map": 0.75, "t2i_mean_rank": 1.5, "t2i_median_rank": 1.5,
	}
	for metric, value := range want {
		got := r.Scores[metric]
		n := map[byte]int{'i': 2, 't': 4}[metric[0]]
		if math.Abs(got.Value-value) > 1e-12 || got.N != n || got.Clusters != 2 {
			t.Errorf("%s is %+v, want %v of %d", metric, got, value, n)
		}
	}
	var text bytes.Buffer
	if err := r.WriteText(&text); err != nil || !strings.Contains(text.String(), "t2i_median_rank    1.50") {
		t.Errorf("%s%v", text.String(), err)
	}
}

// TestScore_RanksWithinLanguages has two languages.
func TestScore_RanksWithinLanguages(t *testing.T) {
	annotations := `{"image/key":"a","image/locale":"de","de":{"caption":["Katze"]},"en":{"caption":["cat","tom"]}}
		{"image/key":"b","image/locale":"en","de":{"caption":["Hund"]},"en":{"caption":["dog"]}}`
	var texts []evalsuite.Embedding
	for n, text := range []string{"Katze", "cat", "tom"} {
		texts = append(texts, evalsuite.Embedding{Key: "a", Index: int32(n), Kind: "text", Text: text, Values: []float32{1, 0}})
	}
	texts = append(texts, evalsuite.Embedding{Key: "b", Index: 0, Kind: "text", Values: []float32{1, 0}}, evalsuite.Embedding{Key: "b", Index: 1, Kind: "text", Values: []float32{0, 1}})
	images := testImages()
	images[0].Key, images[1].Key = "a", "b"
	r, err := scoreRetrieval(t, "xm3600-retrieval", annotations, "", images, texts, false)
	if err != nil {
		t.Fatal(err)
	}
	// de: the texts are equal, so both images find theirs second, and both texts find a. en: all
	// are right.
	if got := r.Scores["t2i_r1"]; got.Value != (0.5+1)/2 || got.N != 5 || got.Clusters != 2 {
		t.Errorf("t2i_r1 %+v", got)
	}
	if de, en := r.Slices["language"]["de"]["i2t_r1"], r.Slices["language"]["en"]["i2t_r1"]; de.Value != 0 || en.Value != 1 || r.Scores["i2t_r1"].Value != 0.5 {
		t.Errorf("i2t_r1 %+v and %+v of %+v", de, en, r.Scores["i2t_r1"])
	}
}

func TestScore_NamesWrongEmbeddings(t *testing.T) {
	for want, spoil := range map[string]func(images, texts *[]evalsuite.Embedding){
		"value 1 of the embedding is NaN":                      func(i, _ *[]evalsuite.Embedding) { (*i)[1].Values[1] = float32(math.NaN()) },
		"row 1: 2: the embedding has 3 values":                 func(i, _ *[]evalsuite.Embedding) { (*i)[1].Values = []float32{1, 2, 3} },
		"they are of different models":                         func(i, _ *[]evalsuite.Embedding) { (*i)[0].Values, (*i)[1].Values = []float32{1}, []float32{1} },
		"has no embedding of an image":                         func(i, _ *[]evalsuite.Embedding) { *i = (*i)[:0] },
		"no embedding for 1 of 2 images":                       func(i, _ *[]evalsuite.Embedding) { *i = (*i)[:1] },
		"embeddings 0 and 2 are both of image a.jpg":           func(i, _ *[]evalsuite.Embedding) { *i = append(*i, (*i)[0]); (*i)[2].Key = "a" },
		"a second embedding of image 0 of 2":                   func(i, _ *[]evalsuite.Embedding) { *i = append(*i, (*i)[1]) },
		"1 embeddings are of images that":                      func(i, _ *[]evalsuite.Embedding) { *i = append(*i, (*i)[1]); (*i)[2].Key = "z.jpg" },
		"has no embedding for any of the 2 images":             func(i, _ *[]evalsuite.Embedding) { (*i)[0].Key, (*i)[1].Key = "x", "y" },
		"no embedding for 1 of 4 texts":                        func(_, t *[]evalsuite.Embedding) { (*t)[1].Text = "three cats" },
		"1 embeddings are of texts that":                       func(_, t *[]evalsuite.Embedding) { *t = append(*t, (*t)[2]); (*t)[4].Key, (*t)[4].Text = "18", "a fox" },
		"embedding is [], want a list of numbers":              func(_, t *[]evalsuite.Embedding) { (*t)[3].Values = nil },
		"a second embedding of text 1 of a.jpg, after row 1 o": func(_, t *[]evalsuite.Embedding) { *t = append(*t, (*t)[1]) },
	} {
		images, texts := testImages(), testTexts()
		spoil(&images, &texts)
		if _, err := scoreRetrieval(t, "coco-retrieval", karpathyFile, "test", images, texts, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	for want, split := range map[string]string{"choose one with --split": "", "has no split dev": "dev"} {
		if _, err := scoreRetrieval(t, "coco-retrieval", karpathyFile, split, testImages(), testTexts(), false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestScore_CountsMissingEmbeddings(t *testing.T) {
	texts := append(testTexts()[1:], evalsuite.Embedding{Key: "z.jpg", Kind: "text", Text: "a fox", Values: []float32{1, 1}}, evalsuite.Embedding{Key: "c.jpg", Kind: "text", Values: []float32{1, 1}})
	texts[2].Text = "" // so the first text of a.jpg, which is equal, has none
	r, err := scoreRetrieval(t, "coco-retrieval", karpathyFile, "test", testImages(), texts, true)
	if err != nil {
		t.Fatal(err)
	}
	want := []benchmarks.Problem{{Kind: benchmarks.Missing, Count: 1, First: []string{`text 0 of a.jpg ("a cat")`}}, {Kind: benchmarks.Unknown, Count: 1, First: []string{"text 0 of z.jpg"}}}
	if diff := cmp.Diff(want, r.Problems); diff != "" || r.Scores["t2i_r1"].N != 3 || r.Comparable["t2i_r1"].Answer != "no" {
		t.Errorf("%s %+v", diff, r.Scores["t2i_r1"])
	}
}

// TestScore_ComparesRetrievalByImages has as many images as a published split, with two texts each.
func TestScore_ComparesRetrievalByImages(t *testing.T) {
	var annotations strings.Builder
	var images, texts []evalsuite.Embedding
	for n := range 1000 {
		key, values := fmt.Sprintf("%d.jpg", n), []float32{float32(math.Cos(float64(n))), float32(math.Sin(float64(n)))}
		fmt.Fprintf(&annotations, `,{"filename":"%s","imgid":%d,"split":"test","sentences":[{"raw":"t %d"},{"raw":"u %d"}]}`, key, n, n, n)
		images = append(images, evalsuite.Embedding{Key: key, Kind: "image", Values: values})
		texts = append(texts, evalsuite.Embedding{Key: key, Kind: "text", Values: values}, evalsuite.Embedding{Key: key, Kind: "text", Index: 1, Values: values})
	}
	r, err := scoreRetrieval(t, "flickr30k-retrieval", `{"images":[`+annotations.String()[1:]+`]}`, "", images, texts, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, metric := range []string{"i2t_r1", "t2i_r1", "t2i_median_rank"} {
		if r.Comparable[metric].Answer != benchmarks.Unclear || !strings.Contains(r.Comparable[metric].Why, "1000 were scored, and split test should have as many") {
			t.Errorf("%s %+v: %+v", metric, r.Scores[metric], r.Comparable[metric])
		}
	}
}

func TestScoreItems_TakesRanks(t *testing.T) {
	bench, err := benchmarks.Builtin().Named("coco-retrieval")
	if err != nil {
		t.Fatal(err)
	}
	items := []benchmarks.Item{
		{ID: "a", Image: "a", Retrieved: &benchmarks.Retrieved{Direction: benchmarks.ImageToText, Rank: 4, AveragePrecision: 0.2}},
		{ID: "a/0", Image: "a", Retrieved: &benchmarks.Retrieved{Direction: benchmarks.TextToImage, AveragePrecision: 1}},
	}
	r, err := bench.ScoreItems(items, benchmarks.Options{})
	if err != nil || r.Scores["i2t_r5"].Value != 1 || r.Scores["i2t_r1"].Value != 0 || r.Scores["t2i_r1"].N != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	items[1].Retrieved = nil
	if _, err := bench.ScoreItems(items, benchmarks.Options{}); err == nil || !strings.Contains(err.Error(), "item a/0 is not ranked") {
		t.Errorf("error %v", err)
	}
}
