package evalsuite_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/evalsuite/compare"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/shards"
)

// TestRunRetrievalBenchmark_EqualsRetrieve compares the benchmark's recalls with those of the
// function for datasets.
func TestRunRetrievalBenchmark_EqualsRetrieve(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pairs")
	var samples []shards.Sample
	if _, err := shards.Write(dir, func(yield func(shards.Sample, error) bool) {
		for i := range 7 {
			s := shards.Sample{Key: fmt.Sprintf("image%d.jpg", i), Split: "train", Images: []shards.Image{grey(t, uint8(30*i))}, Texts: []shards.Text{
				{Kind: shards.OCR, Language: "en", Value: "not ranked"},
				{Kind: shards.Caption, Language: "en", Value: fmt.Sprint("grey number ", i)}, {Kind: shards.Caption, Language: "en", Value: fmt.Sprint("level ", i)}}}
			samples = append(samples, s)
			yield(s, nil)
		}
	}); err != nil {
		t.Fatal(err)
	}
	be, trained := train(t, contrastiveRecipe, dir)
	e, err := evalsuite.NewEmbedder(be, trained)
	if err != nil {
		t.Fatal(err)
	}
	b, err := benchmarks.Builtin().Named("coco-retrieval")
	if err != nil {
		t.Fatal(err)
	}
	for n := range samples {
		samples[n].Texts = samples[n].Texts[1:]
	}
	want, err := evalsuite.Retrieve(e, samples, metrics.Bootstrap{Resamples: 10})
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	run, err := evalsuite.RunRetrievalBenchmark(t.Context(), e, "a model", open(t, dir), &b, benchmarkOptions(out))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"i2t_r1", "i2t_r5", "t2i_r5"} {
		if got := run.Result.Scores[name].Value; got != want[name].Value {
			t.Errorf("%s: %v, want %v", name, got, want[name].Value)
		}
	}
	items, err := compare.Read(filepath.Join(out, benchmarks.ScoredFile))
	if err != nil || len(items) != 7+14 {
		t.Errorf("%d scored items, %v", len(items), err)
	}
	o := benchmarkOptions("")
	o.Split = "test"
	if _, err := evalsuite.RunRetrievalBenchmark(t.Context(), e, "a model", open(t, dir), &b, o); err == nil {
		t.Error("a split that is not there")
	}
}
