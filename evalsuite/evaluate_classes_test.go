package evalsuite_test

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/shards"
)

var sevenClasses = evalsuite.Classes{
	{ID: "n0", Names: []string{"sky", "heaven"}}, {ID: "n1", Names: []string{"wall"}}, {ID: "n2", Names: []string{"cat"}}, {ID: "n3", Names: []string{"Dog's_house"}},
	{ID: "n4", Names: []string{"red car"}}, {ID: "n5", Names: []string{"tree"}}, {ID: "n6", Names: []string{"lake"}},
}

// greys is a dataset of 40 grey images, labelled n0 to n6, of which two have no label and one
// cannot be read.
func greys(t *testing.T) string {
	t.Helper()
	var samples []shards.Sample
	for n := range 40 {
		s := shards.Sample{
			Key: fmt.Sprintf("val_%08d.JPEG", n+1), Split: "val", Images: []shards.Image{grey(t, uint8(6*n))},
			Texts: []shards.Text{{Kind: shards.Title, Language: "en", Value: sevenClasses[n%3].Names[0]}}, Metadata: map[string]string{"wnid": fmt.Sprintf("n%d", n%7), "several": "[0,1,2,3,4,5,6]", "outside": "[7]"},
		}
		switch {
		case n == 5:
			cut := noisy(t)
			clear(cut.Bytes[len(cut.Bytes)/2 : len(cut.Bytes)-40])
			s.Images[0] = cut
		case n > 37:
			s.Metadata, s.Texts = nil, nil
		}
		samples = append(samples, s)
	}
	dir := filepath.Join(t.TempDir(), "greys")
	if _, err := shards.Write(dir, func(yield func(shards.Sample, error) bool) {
		for _, s := range samples {
			if !yield(s, nil) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestEvaluate_ClassifiesAsClassifierDoes compares with classifying one image after the other.
func TestEvaluate_ClassifiesAsClassifierDoes(t *testing.T) {
	data := greys(t)
	be, trained := train(t, shadesSigLIP, shades(t))
	templates := []string{"a photo of a {}.", "{}"}
	score := func(o evalsuite.ClassifyOptions) *evalsuite.Evaluation {
		t.Helper()
		e, err := evalsuite.Evaluate(t.Context(), be, trained, open(t, data), evalsuite.EvaluateOptions{
			Split: "val", Tasks: []string{"classify"}, Blind: true, Untrained: true, Batch: 4, Classify: &o, Bootstrap: metrics.Bootstrap{Resamples: 20},
		})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	embedder, err := evalsuite.NewEmbedder(be, trained)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, class := range sevenClasses {
		names = append(names, class.Names[0])
	}
	classifier, err := evalsuite.NewClassifier(embedder, names, templates)
	if err != nil {
		t.Fatal(err)
	}
	var first, five, confidences []float64
	var right []bool
	byClass := make([][]float64, 7)
	n := 0
	for one, err := range embedder.EmbedImages(t.Context(), evalsuite.ImagesOf(open(t, data), "val")) {
		if err != nil {
			t.Fatal(err)
		}
		label := n % 7
		if n++; n > 38 {
			break
		}
		hit, fifth, share := 0., 0., 0.
		if one.Err == nil {
			scores, err := classifier.Classify([][]float32{one.Values})
			if err != nil {
				t.Fatal(err)
			}
			share = scores[0][0].Share
			for at, s := range scores[0][:5] {
				if s.Label == names[label] {
					if fifth = 1; at == 0 {
						hit = 1
					}
				}
			}
		}
		first, five, byClass[label] = append(first, hit), append(five, fifth), append(byClass[label], hit)
		confidences, right = append(confidences, share), append(right, hit == 1)
	}
	e := score(evalsuite.ClassifyOptions{Classes: sevenClasses, LabelField: "wnid", Templates: templates})
	perClass := 0.0
	for _, values := range byClass {
		perClass += average(values) / 7
	}
	ece, err := metrics.CalibrationError(confidences, right, 15)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"top1": average(first), "top5": average(five), "mean_per_class": perClass, "ece_softmax": ece} {
		if s := e.Scores[name]; math.Abs(s.Model.Value-want) > 1e-6 || s.Model.N != 38 || s.Untrained == nil {
			t.Errorf("%s: %+v, want %v", name, s, want)
		}
	}
	if got := e.Scores["top1"].Blind.Value; got != 6./38 || e.BlindBy["top1"] != "constant" {
		t.Errorf("the most frequent class has %v", got)
	}
	if got := e.Scores["mean_per_class"].Blind.Value; math.Abs(got-1./7) > 1e-12 {
		t.Errorf("the most frequent class has a mean per class of %v", got)
	}
	if e.Failed["classify"] != 1 || len(e.ByClass["top1"]) != 7 || len(e.LeftOut) != 1 || e.LeftOut[0].Count != 2 {
		t.Errorf("failed %v, by class %v, left out %v", e.Failed, e.ByClass, e.LeftOut)
	}
	checkItems(t, e, 38, "top1", "top5")

	// The labels of the split, which are titles.
	if e = score(evalsuite.ClassifyOptions{}); e.Scores["top1"].Model.N != 38 || len(e.ByClass["top1"]) != 3 || e.Scores["top5"].Model.Value != 37./38 {
		t.Errorf("%+v", e.Scores["top5"])
	}
	// Two of the classes.
	e = score(evalsuite.ClassifyOptions{Classes: sevenClasses, LabelField: "wnid", Subset: []int{6, 1}, Synonyms: true, Canonical: true})
	if e.Scores["top1"].Model.N != 11 || e.LeftOut[1].Count != 27 || !slices.Equal(labels(e), []string{"lake", "wall"}) {
		t.Errorf("%+v, %v of %v", e.Scores["top1"], e.LeftOut, labels(e))
	}
	// Several right classes in the metadata.
	if e = score(evalsuite.ClassifyOptions{Classes: sevenClasses, LabelField: "several"}); e.Scores["top1"].Model.Value != 37./38 {
		t.Errorf("all classes are right, and one image cannot be read: %+v", e.Scores["top1"])
	}
	// Several right classes, or none.
	real := make([][]int, 50)
	real[0], real[1], real[39] = []int{0, 1, 2, 3, 4, 5, 6}, []int{3, 3}, []int{0, 1, 2, 3, 4, 5, 6}
	e = score(evalsuite.ClassifyOptions{Classes: sevenClasses, Real: real})
	if s := e.Scores["top1"]; s.Model.N != 3 || s.Model.Value < 2./3 || e.LeftOut[0].Count != 37 {
		t.Errorf("ReaL: %+v, %v", s, e.LeftOut)
	}
	if _, scored := e.Scores["mean_per_class"]; scored {
		t.Error("images of several classes have a mean per class")
	}
}

func labels(e *evalsuite.Evaluation) (all []string) {
	for label := range e.ByClass["top1"] {
		all = append(all, label)
	}
	slices.Sort(all)
	return all
}

func average(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

func TestEvaluate_NamesWrongLabels(t *testing.T) {
	data := greys(t)
	be, trained := train(t, shadesSigLIP, shades(t))
	for want, o := range map[string]evalsuite.ClassifyOptions{
		`sample val_00000003.JPEG: the label "n2" is no id`: {Classes: sevenClasses[:2], LabelField: "wnid"},
		`the class 7 of the label [7] is none of 0 to 6`:    {Classes: sevenClasses, LabelField: "outside"},
		"no sample has a label":                             {LabelField: "colour"},
		"give the list of classes":                          {Real: [][]int{{1}}},
		"image 00000003 is none of ReaL's 1 to 2":           {Classes: sevenClasses, Real: [][]int{{1}, {2}}},
		"ReaL's class 9 is none of 0 to 6":                  {Classes: sevenClasses, Real: [][]int{{9}}},
		"the subset has the class 7":                        {Classes: sevenClasses, Subset: []int{7}},
		"which is there twice":                              {Classes: sevenClasses, Subset: []int{1, 1}},
		"no image has a class among":                        {Classes: append(slices.Clone(sevenClasses), evalsuite.Class{Names: []string{"x"}}), LabelField: "wnid", Subset: []int{7}},
		"has no {} for the label":                           {Templates: []string{"a photo"}},
		`the name "?!" of class 0 is empty`:                 {Classes: append(evalsuite.Classes{{ID: "n0", Names: []string{"?!"}}}, sevenClasses[1:]...), LabelField: "wnid", Canonical: true},
	} {
		_, err := evalsuite.Evaluate(t.Context(), be, trained, open(t, data), evalsuite.EvaluateOptions{
			Split: "val", Tasks: []string{"classify"}, Classify: &o, Bootstrap: metrics.Bootstrap{Resamples: 20},
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
