package quickstart

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/project"
	"github.com/pali3/pali3/stages"
)

// TestShippedRecipesAreFunctionsOfTheStep opens every recipe of the quickstart with 1, 2 and 4
// workers, as halves of a batch and at a later step at once, and compares the batches.
func TestShippedRecipesAreFunctionsOfTheStep(t *testing.T) {
	dir := curatedProject(t)
	for _, name := range recipeNames {
		path := filepath.Join(dir, "recipes", name+".yaml")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		recipe, err := stages.ReadRecipe(text, path, filepath.Dir(path), nil)
		if err != nil {
			t.Fatal(err)
		}
		open := func(o mixture.Options) *mixture.Stream {
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
					t.Errorf("%s: step %d differs with %d workers, asked for at once", name, step, workers)
				}
			}
		}
		whole := batch(straight, 2)
		first, second := batch(open(mixture.Options{ShardIndex: 0, ShardCount: 2}), 2), batch(open(mixture.Options{ShardIndex: 1, ShardCount: 2}), 2)
		if !slices.Equal(append(first.EncoderIDs, second.EncoderIDs...), whole.EncoderIDs) ||
			!slices.Equal(append(first.Targets, second.Targets...), whole.Targets) ||
			!slices.Equal(append(first.Pixels, second.Pixels...), whole.Pixels) ||
			!slices.Equal(append(first.Keys, second.Keys...), whole.Keys) {
			t.Errorf("%s: the halves of two hosts are not the whole", name)
		}
		if skipped := straight.Skipped(); skipped.Samples > 0 {
			t.Errorf("%s: samples could not be used: %v", name, skipped)
		}
	}
}

// curatedProject is the quickstart's project with its data and tokenizer; no stage is trained.
func curatedProject(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := Write(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	be, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err = project.Run(ctx, dir, project.RunOptions{
		Workers: 2, Backend: be,
		Progress: func(name, _ string, _ int64) project.Line {
			if name == "siglip" {
				cancel()
			}
			return noLine{}
		},
	})
	if !errors.Is(err, project.ErrInterrupted) {
		t.Fatal(err)
	}
	return dir
}
