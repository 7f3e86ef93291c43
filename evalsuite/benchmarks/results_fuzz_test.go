package benchmarks

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzReadResults scores files of results on two images: it may fail, but must not panic.
func FuzzReadResults(f *testing.F) {
	for _, seed := range []string{twoResults, `[]`, `[{"image_id":9,"category_id":1,"segmentation":{"size":[100,200],"counts":"PPYo1"},"score":1}]`,
		`{"id":9,"prediction":"<loc0000><loc0000><loc0512><loc0512> cat"}`, `{"image_id":9.0,"category_id":"5","bbox":[0,0,1e300,1e300],"score":-1}`} {
		f.Add([]byte(seed))
	}
	files := Files{Annotations: filepath.Join(f.TempDir(), "instances.json"), Predictions: filepath.Join(f.TempDir(), "results.json")}
	if err := os.WriteFile(files.Annotations, []byte(twoImages), 0o666); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(files.Predictions, data, 0o666); err != nil {
			t.Fatal(err)
		}
		for _, partial := range []bool{false, true} {
			cocoInstances.Score(t.Context(), files, Options{Bootstrap: quick, Partial: partial})
		}
	})
}
