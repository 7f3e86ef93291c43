package benchmarks

import (
	"math"
	"strings"
	"testing"
)

const (
	openBoxes = "ImageID,LabelName,XMin,XMax,YMin,YMax,IsGroupOf\n01,/m/cat,0,0.5,0,0.5,0\n01,/m/cat,0.5,1,0.5,1,1\n02,/m/dog,0.25,0.75,0.25,0.75,0\n"
	// A cat, a cat within the group, a bird that is not annotated, and a cat where there is none.
	openResults = "ImageID,LabelName,Score,XMin,XMax,YMin,YMax\n01,/m/cat,0.9,0,0.5,0,0.5\n01,/m/cat,0.8,0.5,0.75,0.5,0.75\n01,/m/bird,0.99,0,1,0,1\n02,/m/cat,0.85,0,1,0,1\n02,/m/dog,0.3,0.25,0.75,0.25,0.75\n"
)

func openFiles(t *testing.T, results string) Files {
	dir := t.TempDir()
	return Files{
		Annotations: writeFile(t, dir, "boxes.csv", openBoxes), Classes: writeFile(t, dir, "classes.csv", "/m/cat,Cat\n/m/dog,Dog\n/m/bird,Bird\n"),
		Labels: writeFile(t, dir, "labels.csv", "ImageID,LabelName,Confidence\n02,/m/cat,0\n"), Predictions: writeFile(t, dir, "results.csv", results),
	}
}

func TestScore_OpenImages(t *testing.T) {
	kaggle := "ImageId,PredictionString\n01,/m/cat 0.9 0 0 0.5 0.5 /m/cat 0.8 0.5 0.5 0.75 0.75 /m/bird 0.99 0 0 1 1\n02,/m/cat 0.85 0 0 1 1 /m/dog 0.3 0.25 0.25 0.75 0.75\n"
	lines := `{"image_id":"01","category_id":"/m/cat","bbox":[0,0,0.5,0.5],"score":0.9}
{"image_id":"01","category_id":"/m/cat","bbox":[0.5,0.5,0.25,0.25],"score":0.8}
{"image_id":"01","category_id":"/m/bird","bbox":[0,0,1,1],"score":0.99}
{"image_id":"02","category_id":"/m/cat","bbox":[0,0,1,1],"score":0.85}
{"image_id":"02","category_id":"/m/dog","bbox":[0.25,0.25,0.5,0.5],"score":0.3}`
	answers := `{"id":"01","prediction":"<loc0000><loc0000><loc0512><loc0512> cat","score":0.9}`
	cat := (1 + 2./3) / 2 // the group is found behind a wrong detection
	for form, results := range map[string]string{"the owner's": openResults, "Kaggle's": kaggle, "lines": lines} {
		result, err := openImagesBoxes.Score(t.Context(), openFiles(t, results), Options{Bootstrap: quick, Protocols: []string{"all"}})
		if err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		if ap := result.Scores["ap50"]; math.Abs(ap.Value-(cat+1)/2) > 1e-12 || ap.N != 2 {
			t.Errorf("%s: %+v, want %v", form, ap, (cat+1)/2)
		}
		if got := result.Slices["category"]["Cat"]["ap50"].Value; math.Abs(got-cat) > 1e-12 {
			t.Errorf("%s: cat %v, want %v", form, got, cat)
		}
		// In V2 the detection in the group does not count, and there is one cat.
		if v2 := result.Protocols["openimages-v2"].Scores["ap50"].Value; math.Abs(v2-1) > 1e-12 {
			t.Errorf("%s: V2 %v", form, v2)
		}
	}
	if result, err := openImagesBoxes.Score(t.Context(), openFiles(t, answers), Options{Bootstrap: quick}); err != nil || math.Abs(result.Scores["ap50"].Value-0.25) > 1e-12 {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestScore_OpenImagesNamesFaults(t *testing.T) {
	for want, results := range map[string]string{
		"results.csv: no column Score, XMin, XMax, YMin, YMax; the columns are": "ImageID,LabelName\n",
		`line 2: image 01: Score is "high", want a finite number`:               "ImageID,LabelName,Score,XMin,XMax,YMin,YMax\n01,/m/cat,high,0,1,0,1\n",
		`line 2: image 01: XMin is "NaN"`:                                       "ImageID,LabelName,Score,XMin,XMax,YMin,YMax\n01,/m/cat,1,NaN,1,0,1\n",
		"line 2: no ImageID":                                                    "ImageID,LabelName,Score,XMin,XMax,YMin,YMax\n,/m/cat,1,0,1,0,1\n",
		"line 2: 3 columns, want 7 or more":                                     "ImageID,LabelName,Score,XMin,XMax,YMin,YMax\n01,/m/cat,1\n",
		"PredictionString has 5 words, want six for each object":                "ImageId,PredictionString\n01,/m/cat 1 0 0 1\n",
		"line 2: category_id /m/fox is not among the 3 categories":              "ImageID,LabelName,Score,XMin,XMax,YMin,YMax\n01,/m/fox,1,0,1,0,1\n",
		"1 images are not among those of":                                       openResults + "03,/m/cat,1,0,1,0,1\n",
	} {
		_, err := openImagesBoxes.Score(t.Context(), openFiles(t, results), Options{Bootstrap: quick})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	files := openFiles(t, openResults)
	files.Classes = "" // the labels are named by their ids
	if result, err := openImagesBoxes.Score(t.Context(), files, Options{Bootstrap: quick, Partial: true}); err != nil || result.Slices["category"]["/m/cat"]["ap50"].N == 0 {
		t.Errorf("%+v, %v", result, err)
	}
	files = openFiles(t, openResults)
	files.Labels = ""
	if _, err := openImagesBoxes.Score(t.Context(), files, Options{Bootstrap: quick}); err == nil || !strings.Contains(err.Error(), "no file of labels (--image-labels)") {
		t.Error(err)
	}
	result, err := openImagesBoxes.Score(t.Context(), files, Options{Bootstrap: quick, Partial: true})
	if err != nil || result.Comparable["ap50"].Answer != No || math.Abs(result.Scores["ap50"].Value-1) > 1e-12 {
		t.Errorf("%+v, %v", result, err)
	}
}

// FuzzReadTable reads arbitrary bytes as results in a table.
func FuzzReadTable(f *testing.F) {
	f.Add([]byte(openResults))
	f.Add([]byte("ImageId,PredictionString\n01,/m/cat 0.9 0 0 0.5 0.5\n02,\n"))
	f.Add([]byte("ImageId,PredictionString\n0\"0000"))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := writeFile(t, t.TempDir(), "results.csv", string(content))
		r, err := readTable(t.Context(), path, &problems{partial: true})
		if err != nil {
			return
		}
		for _, o := range r.objects {
			if int(o.image) >= len(r.images.List()) || int(o.Category) >= len(r.categories.List()) || math.IsNaN(o.Score) {
				t.Fatalf("%+v", o)
			}
		}
	})
}
