package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/shards"
)

// onePixel is a GIF of one pixel.
const onePixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

func TestRun_ScoresByItsOwnMetric(t *testing.T) {
	dir := t.TempDir()
	data, predictions := filepath.Join(dir, "data"), filepath.Join(dir, "predictions.jsonl")
	if _, err := shards.Write(data, func(yield func(shards.Sample, error) bool) {
		for i, caption := range []string{"a cat on a mat", "a dog in the garden"} {
			yield(shards.Sample{
				Key: fmt.Sprint(i), Split: "test", Images: []shards.Image{{Bytes: []byte(onePixel)}},
				Texts: []shards.Text{{Kind: shards.Caption, Language: "en", Value: caption}},
			}, nil)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := evalsuite.WritePredictions(predictions, []evalsuite.Prediction{{ID: "0/en", Prediction: "a cat on a mat"}, {ID: "1/en", Prediction: "the garden"}}); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(t.Context(), &out, data, "test", predictions); err != nil {
		t.Fatal(err)
	}
	if want := "caption_word_recall 0.70 (0.40 to 1.00)"; !strings.Contains(out.String(), want) {
		t.Errorf("printed\n%swant %q in it", out.String(), want)
	}
}
