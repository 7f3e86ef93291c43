package benchmarks

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// imageFolder makes empty image files in folders named after their labels.
func imageFolder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range files {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestScore_ImageNetFolders(t *testing.T) {
	dir := imageFolder(t, "n01440764/a.JPEG", "n01440764/b.JPEG", "n02099601/c.JPEG", "n02099601/notes.txt")
	predictions := `{"n01440764/a.JPEG":"n01440764","b.JPEG":"n01443537, n01440764","c.JPEG":"n01443537 n01440764 n3 n02099601"}`
	files := Files{Annotations: dir, Predictions: writeFile(t, t.TempDir(), "p.json", strings.Replace(predictions, " n3", "", 1))}
	result, err := imagenetA.Score(t.Context(), files, Options{Bootstrap: quick})
	if err != nil || math.Abs(result.Scores["top1"].Value-1./3) > 1e-12 || result.Scores["top5"].Value != 1 {
		t.Fatalf("%+v, %v", result, err)
	}
	for text, want := range map[string]string{
		"3":        "the prediction 3 is a number, and this set has 2 of ImageNet's 1000 classes",
		"a tench":  `the prediction "a" is neither a WordNet id`,
		"n0144076": `the prediction "n0144076" is neither a WordNet id`,
	} {
		files.Predictions = writeFile(t, t.TempDir(), "p.json", map[string]string{"a.JPEG": text, "b.JPEG": text, "c.JPEG": text})
		if _, err := imagenetA.Score(t.Context(), files, Options{Bootstrap: quick}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	numbered := Files{Annotations: imageFolder(t, "7/a.jpeg", "970/b.jpeg"), Predictions: writeFile(t, t.TempDir(), "p.json", map[string]string{"a.jpeg": "7", "b.jpeg": "1 2 3 4 5 970"})}
	result, err = imagenetV2.Score(t.Context(), numbered, Options{Bootstrap: quick})
	if err != nil || result.Scores["top1"].Value != 0.5 || result.Scores["top5"].Value != 0.5 {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestScore_ReaLHasSeveralRightLabels(t *testing.T) {
	table, predictions := strings.Builder{}, map[string]string{}
	real := make([][]int, imageNetClasses)
	table.WriteString("ImageId,PredictionString\n")
	for n := range imageNetClasses {
		image := fmt.Sprintf("ILSVRC2012_val_%08d", n+1)
		fmt.Fprintf(&table, "%s,n%08d 1 2 3 4\n", image, 1000+n)
		predictions[image+".JPEG"] = fmt.Sprint(n)    // the number of the class
		real[n] = []int{(n + 1) % imageNetClasses, n} // two labels are right
	}
	real[5], real[6] = nil, []int{1}
	predictions["ILSVRC2012_val_00000001.JPEG"] = "n00001001" // the other label
	dir := t.TempDir()
	files := Files{Annotations: writeFile(t, dir, "LOC_val_solution.csv", table.String()), Labels: writeFile(t, dir, "real.json", real), Predictions: writeFile(t, dir, "p.json", predictions)}
	result, err := imagenetReal.Score(t.Context(), files, Options{Bootstrap: quick})
	if err != nil || math.Abs(result.Scores["top1"].Value-998./999) > 1e-12 || result.Scores["top1"].N != 999 {
		t.Fatalf("%+v, %v", result, err)
	}
	without := files
	without.Labels = ""
	plain, err := imagenet.Score(t.Context(), without, Options{Bootstrap: quick})
	if err != nil || math.Abs(plain.Scores["top1"].Value-0.999) > 1e-12 {
		t.Errorf("%+v, %v", plain, err)
	}
	if _, err := imagenet.Score(t.Context(), files, Options{Bootstrap: quick}); err == nil || !strings.Contains(err.Error(), "imagenet has no file of image-labels") {
		t.Error(err)
	}
	files.Labels = ""
	if _, err := imagenetReal.Score(t.Context(), files, Options{Bootstrap: quick}); err == nil || !strings.Contains(err.Error(), "name real.json by --image-labels") {
		t.Error(err)
	}
}
