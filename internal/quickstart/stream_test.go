package quickstart

import (
	"context"
	"slices"
	"testing"

	"github.com/pali3/pali3/mixture"
)

// TestShippedRecipesAreFunctionsOfTheStep opens every recipe of the quickstart with 1, 2 and 4 workers, as
// halves of a batch and at a later step at once, and compares the batches.
func TestShippedRecipesAreFunctionsOfTheStep(t *testing.T) {
	r := &runner{Options: Options{Out: t.TempDir(), Workers: 2, Progress: silent}}
	for _, step := range []func(context.Context) error{r.ingest, r.curate, r.tokenizer} {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range stageRuns {
		recipe, err := r.recipe(s)
		if err != nil {
			t.Fatal(err)
		}
		open := func(o mixture.Options) *mixture.Stream {
			o.Builtin = Models()
			stream, err := mixture.Open(recipe.Mixture, o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { stream.Close() })
			return stream
		}
		batch := func(stream *mixture.Stream, step int) *mixture.Batch {
			b, err := stream.Batch(t.Context(), step)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		straight := open(mixture.Options{Workers: 1})
		var want []string
		for step := range 4 {
			want = append(want, batch(straight, step).Digest())
		}
		for _, workers := range []int{2, 4} {
			resumed := open(mixture.Options{Workers: workers})
			for _, step := range []int{3, 1} {
				if batch(resumed, step).Digest() != want[step] {
					t.Errorf("%s: step %d differs with %d workers, asked for at once", s.name, step, workers)
				}
			}
		}
		whole := batch(straight, 2)
		first, second := batch(open(mixture.Options{Host: 1, Hosts: 2}), 2), batch(open(mixture.Options{Host: 2, Hosts: 2}), 2)
		if !slices.Equal(append(first.EncoderIDs, second.EncoderIDs...), whole.EncoderIDs) ||
			!slices.Equal(append(first.Targets, second.Targets...), whole.Targets) ||
			!slices.Equal(append(first.Pixels, second.Pixels...), whole.Pixels) ||
			!slices.Equal(append(first.Keys, second.Keys...), whole.Keys) {
			t.Errorf("%s: the halves of two hosts are not the whole", s.name)
		}
		if skipped := straight.Skipped(); len(skipped) > 0 {
			t.Errorf("%s: samples could not be used: %v", s.name, skipped)
		}
	}
}

type noLine struct{}

func (noLine) Set(int64, int64) {}
func (noLine) Note(string)      {}
func (noLine) End()             {}

func silent(string, string, int64) Line { return noLine{} }
