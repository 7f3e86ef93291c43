package benchmarks

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/evalsuite/metrics/detection"
)

// quick draws few resamples.
var quick = metrics.Bootstrap{Resamples: 20}

// splitGolden writes the annotations and results of a golden of package detection as files.
func splitGolden(t *testing.T, path string) (f Files, want map[string]struct{ Scores []float64 }) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	f = Files{Annotations: filepath.Join(dir, "instances.json"), Predictions: filepath.Join(dir, "results.json")}
	for path, part := range map[string]string{f.Annotations: "annotations", f.Predictions: "results"} {
		if err := os.WriteFile(path, parts[part], 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want = map[string]struct{ Scores []float64 }{}
	for _, name := range []string{"boxes", "masks"} {
		var scores struct{ Scores []float64 }
		if json.Unmarshal(parts[name], &scores) == nil && scores.Scores != nil {
			want[name] = scores
		}
	}
	return f, want
}

// TestScore_BoxesEqualOwners scores the files that pycocotools and lvis-api scored for package
// detection.
func TestScore_BoxesEqualOwners(t *testing.T) {
	for _, c := range []struct {
		bench, files string
		rule         detection.Rule
	}{{"coco-instances", "coco_*.json", detection.COCO}, {"lvis", "lvis_*.json", detection.LVIS}} {
		b, err := Builtin().Named(c.bench)
		if err != nil {
			t.Fatal(err)
		}
		paths, _ := filepath.Glob("../metrics/detection/testdata/" + c.files)
		if len(paths) == 0 {
			t.Fatal("no files")
		}
		for _, path := range paths {
			if strings.Contains(path, "no_objects") {
				continue // no annotations: an error, see TestScore_BoxesNamesFaults
			}
			f, want := splitGolden(t, path)
			result, err := b.Score(t.Context(), f, Options{Bootstrap: quick})
			if err != nil {
				t.Fatal(path, err)
			}
			for of, prefix := range map[string]string{"boxes": "", "masks": "mask_"} {
				for n, name := range c.rule.Names() {
					got, ok := result.Scores[prefix+name]
					if len(want[of].Scores) == 0 || want[of].Scores[n] == -1 {
						if ok {
							t.Errorf("%s: %s%s is %+v, want none", path, prefix, name, got)
						}
						continue
					}
					if !(math.Abs(got.Value-want[of].Scores[n]) <= 1e-12) || got.N == 0 || !(got.Lo <= got.Hi) {
						t.Errorf("%s: %s%s is %+v, want %v", path, prefix, name, got, want[of].Scores[n])
					}
				}
			}
		}
	}
}

const (
	twoImages = `{"images":[{"id":10,"file_name":"b.jpg","height":100,"width":200},{"id":9,"file_name":"a.jpg","height":100,"width":200}],
"categories":[{"id":1,"name":"cat"},{"id":5,"name":"dog"}],
"annotations":[{"id":1,"image_id":9,"category_id":1,"bbox":[0,0,100,50],"area":5000,"iscrowd":0,"segmentation":[[0,0,100,0,100,50,0,50]]},
{"id":2,"image_id":10,"category_id":5,"bbox":[100,50,100,50],"area":5000,"iscrowd":0,"segmentation":[[100,50,200,50,200,100,100,100]]}]}`
	twoResults = `[{"image_id":9,"category_id":1,"bbox":[0,0,100,50],"score":0.5},
{"image_id":10,"category_id":5,"bbox":[100,50,100,50],"score":0.5}]`
)

func TestScore_BoxesOfAnswers(t *testing.T) {
	const answers = `{"id":9,"prediction":"<loc0000><loc0000><loc0512><loc0512> cat ; <loc0000><loc0000><loc0100><loc0100> Cat","score":-0.5}
{"image_id":"10","prediction":"<loc0512><loc0512><loc1023><loc1023> dog ; a dog ; <loc0000><loc0000><loc0100><loc0100> bird"}`
	result, err := score(t, "coco-instances", twoImages, "", answers, Options{Bootstrap: quick})
	if err != nil {
		t.Fatal(err)
	}
	if ap := result.Scores["ap50"]; ap.Value < 1-1e-12 || ap.N != 2 || ap.Clusters != 2 {
		t.Errorf("%+v", ap)
	}
	if _, masks := result.Scores["mask_ap"]; masks {
		t.Error("scores of masks, of answers that have none")
	}
	if cat := result.Slices["category"]["cat"]["ap"]; cat.Value < 0.9 {
		t.Errorf("%+v", result.Slices)
	}
	counts := map[string]int{}
	for _, p := range result.Problems {
		counts[p.Kind] = p.Count
	}
	if counts[NoRegion] != 1 || counts[UnknownCategory] != 1 || len(counts) != 2 {
		t.Errorf("%+v", result.Problems)
	}
}

func TestScore_BoxesOfPlainIntegers(t *testing.T) {
	const answers = `{"id":9,"prediction":"0 0 499 500 cat 0 0 1000 999 cat 5 5 9 9","score":-0.5}
{"image_id":"10","prediction":"500 500 999 999 dog 0 0 100 100 a bird"}`
	result, err := score(t, "coco-instances", twoImages, "", answers, Options{Bootstrap: quick})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, p := range result.Problems {
		counts[p.Kind] = p.Count
	}
	if ap := result.Scores["ap50"]; ap.Value < 1-1e-12 || counts[NoRegion] != 2 || counts[UnknownCategory] != 1 || len(counts) != 2 {
		t.Errorf("%+v %+v", ap, result.Problems)
	}
}

func TestScore_BoxesNamesFaults(t *testing.T) {
	for _, c := range []struct{ what, annotations, results, want string }{
		{"unknown image", twoImages, twoResults[:len(twoResults)-1] + ",\n{\"image_id\":11,\"category_id\":1,\"bbox\":[1,2,3,4],\"score\":1}]", "results.json line 3: 1 images are not among those of"},
		{"another split", twoImages, `[{"image_id":11,"category_id":1,"bbox":[1,2,3,4],"score":1}]`, "are they files of different splits? The first result (line 1) is for image 11, the first image is 9"},
		{"unknown category", twoImages, `[{"image_id":9,"category_id":77,"bbox":[1,2,3,4],"score":1}]`, "results.json line 1: category_id 77 is not among the 2 categories of"},
		{"NaN", twoImages, `[{"image_id":9,"category_id":1,"bbox":[NaN,2,3,4],"score":1}]`, `line 1: found "NaN"`},
		{"negative width", twoImages, "[\n{\"image_id\":9,\"category_id\":1,\"bbox\":[1,2,-3,4],\"score\":1}]", "line 2: image 9, category 1: bbox [1 2 -3 4] has a negative width or height"},
		{"three edges", twoImages, `[{"image_id":9,"category_id":1,"bbox":[1,2,3],"score":1}]`, "bbox: want four numbers, left, top, width and height, found 3"},
		{"infinite edge", twoImages, `[{"image_id":9,"category_id":1,"bbox":[1,2,3,1e999],"score":1}]`, "value out of range"},
		{"no score", twoImages, `[{"image_id":9,"category_id":1,"bbox":[1,2,3,4]}]`, "score: want a finite number"},
		{"no box", twoImages, `[{"image_id":9,"category_id":1,"score":1}]`, "image 9, category 1: neither bbox nor segmentation"},
		{"null for a box", twoImages, `[{"image_id":9,"category_id":1,"bbox":null,"score":1}]`, "neither bbox nor segmentation"},
		{"no category", twoImages, `[{"image_id":9,"bbox":[1,2,3,4],"score":1}]`, `no "category_id"`},
		{"nothing", twoImages, `[]`, "has no results"},
		{"no answer", twoImages, `{"id":9}`, `image 9 has neither "category_id" with "bbox" or "segmentation" nor "prediction"`},
		{"second answer", twoImages, "{\"id\":9,\"prediction\":\"\"}\n{\"id\":9,\"prediction\":\"\"}", "line 2: a second prediction for image 9, after line 1"},
		{"huge mask", twoImages, `[{"image_id":9,"category_id":1,"segmentation":{"size":[100000,100000],"counts":"0"},"score":1}]`, "want 1 to 268435456 pixels"},
		{"short mask", twoImages, `[{"image_id":9,"category_id":1,"segmentation":{"size":[100,200],"counts":"5"},"score":1}]`, "its runs have 5 pixels, want 20000"},
		{"mask of another size", twoImages, `[{"image_id":9,"category_id":1,"segmentation":{"size":[2,2],"counts":[1,3]},"score":1}]`, "image 9: detection 0 has a mask of 2 by 2 pixels, height by width, and the image has 100 by 200"},
		{"no area", strings.Replace(twoImages, `"area":5000,`, "", 1), twoResults, "annotation 1 of image 9 has no area"},
		{"annotation twice", strings.Replace(twoImages, `{"id":2,`, `{"id":1,`, 1), twoResults, "line 4: annotation 1 of image 10: another one has the same id"},
		{"annotation of no image", strings.Replace(twoImages, `"image_id":10`, `"image_id":3`, 1), twoResults, `line 4: annotation 2: image "3" is not among the images`},
		{"negative annotation", strings.Replace(twoImages, `[0,0,100,50]`, `[0,0,-100,50]`, 1), twoResults, "line 3: annotation 1 of image 9: bbox [0 0 -100 50] has a negative width"},
		{"no annotations", twoImages[:strings.Index(twoImages, ",\n\"annotations")] + "}", twoResults, "has no annotations"},
	} {
		_, err := score(t, "coco-instances", c.annotations, "", c.results, Options{Bootstrap: quick})
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "predictions.json", "results.json"), c.want) {
			t.Errorf("%s: error %v, want %q", c.what, err, c.want)
		}
	}
}

func TestScore_BoxesPartialCounts(t *testing.T) {
	annotations := strings.Replace(strings.Replace(twoImages, `"area":5000,`, "", 1), `{"id":2,`, `{"id":0,`, 1)
	results := twoResults[:len(twoResults)-1] + `,
{"image_id":11,"category_id":1,"bbox":[1,2,3,4],"score":1},
{"image_id":9,"category_id":77,"bbox":[1,2,3,4],"score":1},
{"image_id":9,"category_id":78,"bbox":[1,2,3,4],"score":1},
{"image_id":9,"category_id":1,"bbox":[1,2,-3,4],"score":1}]`
	result, err := score(t, "coco-instances", annotations, "", results, Options{Bootstrap: quick, Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, p := range result.Problems {
		counts[p.Kind] = p.Count
	}
	for kind, want := range map[string]int{Unknown: 1, UnknownCategory: 2, Unreadable: 1, NoArea: 1, ZeroID: 1} {
		if counts[kind] != want {
			t.Errorf("%s: %d, want %d (%v)", kind, counts[kind], want, result.Problems)
		}
	}
	if ap := result.Scores["ap"]; math.Abs(ap.Value-0.5) > 1e-12 {
		t.Errorf("%+v: the annotation with the id 0 cannot be found", ap)
	}
}

func TestWriteResults_IsTheServersForm(t *testing.T) {
	dir := t.TempDir()
	f := Files{Annotations: filepath.Join(dir, "info.json"), Predictions: filepath.Join(dir, "answers.jsonl")}
	for path, text := range map[string]string{
		f.Annotations: `{"images":[{"id":10,"height":1023,"width":1023},{"id":9,"height":1023,"width":2046}],"categories":[{"id":5,"name":"dog"}]}`,
		f.Predictions: `{"id":9,"prediction":"<loc0001><loc0002><loc0101><loc0202> dog"}
{"image_id":10,"category_id":5,"segmentation":{"size":[1023,1023],"counts":[1,1046528]},"score":0.25}`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	n, err := cocoInstances.WriteResults(t.Context(), f, Options{}, &out)
	const want = "[{\"image_id\":9,\"category_id\":5,\"bbox\":[4,1,400,100],\"score\":1},\n{\"image_id\":10,\"category_id\":5,\"segmentation\":{\"size\":[1023,1023],\"counts\":\"1PPno0\"},\"score\":0.25}]\n"
	if err != nil || n != 2 || out.String() != want {
		t.Errorf("%d results %s, want %s: %v", n, out.String(), want, err)
	}
	if _, err := cocoInstances.Score(t.Context(), f, Options{Bootstrap: quick}); err == nil || !strings.Contains(err.Error(), "has no annotations; those of a test set") {
		t.Error(err)
	}
}

func TestScoreItems_Boxes(t *testing.T) {
	scene := &Scene{Height: 10, Width: 20}
	scene.Categories = append(scene.Categories, struct{ ID, Name, Frequency string }{ID: "7", Name: "cat"})
	items := []Item{{ID: "1", Image: "1", Scene: scene, Prediction: "<loc0000><loc0000><loc1023><loc1023> cat"}, {ID: "2", Image: "2", Scene: scene}}
	b, err := Builtin().Named("coco-instances")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.ScoreItems(items, Options{Bootstrap: quick}); err != nil {
		t.Error(err)
	}
	whole := *scene
	whole.Regions = slices.Grow(whole.Regions, 1)[:1]
	whole.Regions[0].Box, whole.Regions[0].Area = [4]float64{0, 0, 20, 10}, 200
	items[0].Scene = &whole
	result, err := b.ScoreItems(items, Options{Bootstrap: quick})
	if err != nil || result.Scores["ap"].Value < 0.999 {
		t.Errorf("%+v, %v", result, err)
	}
}
