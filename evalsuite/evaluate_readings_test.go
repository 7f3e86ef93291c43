package evalsuite_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/shards"
)

// TestScorePredictions_OfTextsInImages compares with rates worked out by hand: they are those of
// all texts together, as jiwer computes them.
func TestScorePredictions_OfTextsInImages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "signs")
	if _, err := shards.Write(dir, func(yield func(shards.Sample, error) bool) {
		for i, text := range []string{"STOP HERE", "OPEN", "NO ENTRY TODAY"} {
			yield(shards.Sample{Key: fmt.Sprint("sign", i), Split: "test", Images: []shards.Image{grey(t, uint8(i))}, Texts: []shards.Text{
				{Kind: shards.Caption, Language: "en", Value: "a sign"}, {Kind: shards.OCR, Language: "en", Value: text}}}, nil)
		}
	}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "p.jsonl")
	const predictions = `{"id":"sign0/en","prediction":"STOP HER"}
{"id":"sign1/en","prediction":"OPEN"}
{"id":"sign2/en","prediction":"ENTRY TODAY NOW"}
`
	if err := os.WriteFile(file, []byte(predictions), 0o644); err != nil {
		t.Fatal(err)
	}
	e, err := evalsuite.ScorePredictions(t.Context(), open(t, dir), file, evalsuite.EvaluateOptions{Split: "test", Tasks: []string{evalsuite.OCRTask}, Bootstrap: metrics.Bootstrap{Resamples: 50}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"ocr_cer": (1. + 0 + 7) / (9 + 4 + 14), "ocr_wer": (1. + 0 + 2) / (2 + 1 + 3), "ocr_exact": 1. / 3} {
		got := e.Scores[name].Model
		if math.Abs(got.Value-want) > 1e-12 || got.N != 3 || !(got.Lo <= got.Value && got.Value <= got.Hi) {
			t.Errorf("%s: %+v, want %v", name, got, want)
		}
		if of := e.ByLanguage[name]["en"].Model; of.Value != got.Value {
			t.Errorf("%s in English: %+v", name, of)
		}
	}
	if len(e.Readings) != 3 || e.Readings[1].Values["ocr_exact"] != 1 {
		t.Errorf("%+v", e.Readings)
	}
}
