package benchmarks

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"
)

// TestScore_TablesAsTheOwnersCode scores files in the forms of Hugging Face and VLMEvalKit, made by
// parity/benchmark_tables.py.
func TestScore_TablesAsTheOwnersCode(t *testing.T) {
	var all map[string]struct {
		File             string
		Predictions      map[string]string
		Rounded          bool // to two digits of a percentage
		Accuracy         *float64
		AccuracyCircular *float64 `json:"accuracy_circular"`
		Slices           map[string]map[string]float64
	}
	golden(t, "testdata/scores.json", &all)
	for name, want := range all {
		b, err := Builtin().Named(name)
		if err != nil {
			t.Fatal(err)
		}
		files := Files{Annotations: filepath.Join("testdata", want.File), Predictions: writeFile(t, t.TempDir(), "p.json", want.Predictions)}
		result, err := b.Score(t.Context(), files, Options{Protocols: []string{"all"}})
		if err != nil {
			t.Fatal(err)
		}
		tolerance, metric, value := 1e-12, "accuracy", want.Accuracy
		if want.Rounded {
			tolerance = 0.5e-4 + 1e-12
		}
		if want.AccuracyCircular != nil {
			metric, value = "accuracy_circular", want.AccuracyCircular
		}
		check := func(what string, got, want float64) {
			if !(math.Abs(got-want) <= tolerance) {
				t.Errorf("%s %s: %v, want %v", name, what, got, want)
			}
		}
		check(metric, result.Scores[metric].Value, *value)
		for slice, groups := range want.Slices {
			for group, value := range groups {
				check(fmt.Sprintf("%s %s", slice, group), result.Slices[slice][group][metric].Value, value)
			}
		}
	}
}
