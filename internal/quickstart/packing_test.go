package quickstart

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/stages"
)

// TestPacking_KeepsTheMixture packs the data of the quickstart and compares the examples in rows
// with those of the stream: the share of each task, and the mean lengths. It logs how full rows
// are.
func TestPacking_KeepsTheMixture(t *testing.T) {
	dir := curatedProject(t)
	for _, c := range []struct {
		name, recipe string
		sets         []string
		fill         float64 // at least, of the fuller side of rows
	}{
		{"ul2", "ul2", []string{"packing={encoder: 128, decoder: 96}", "batch=18"}, 0.85},
		{"ul2, rows of one example's length", "ul2", []string{"packing={}"}, 0.6},
		{"text mixture", "ul2", []string{"packing={encoder: 256, decoder: 192}", "batch=16", "tasks=[{name: ul2, kind: denoise, denoisers: ul2, modes: true, weight: 3}, {name: t5, kind: denoise, denoisers: t5, weight: 1}, {name: ul2r, kind: denoise, denoisers: ul2r, modes: true, weight: 2}]"}, 0.9},
		{"stage 1", "stage1", []string{"packing={encoder: 48, decoder: 32, images: 4}", "batch=12"}, 0.8},
		{"stage 1 in large batches", "stage1", []string{"packing={encoder: 64, decoder: 36, images: 6}", "batch=64"}, 0.8},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(dir, "recipes", c.recipe+".yaml")
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			recipe, err := stages.ReadRecipe(text, path, filepath.Dir(path), nil, c.sets...)
			if err != nil {
				t.Fatal(err)
			}
			const examples = 6000
			open := func(r mixture.Recipe) *mixture.Stream {
				s, err := mixture.Open(r, mixture.Options{Workers: 2, NoPixels: true})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { s.Close() })
				return s
			}
			s := open(recipe.Mixture)
			steps := examples/s.Recipe().Packing.Examples + 1
			got := tallyOf(t, s, steps)
			plain := recipe.Mixture
			plain.Packing, plain.Batch = nil, s.Recipe().Packing.Examples
			want := tallyOf(t, open(plain), steps)
			packed, _ := s.Packed()
			t.Logf("%d examples a step: %v", s.Recipe().Packing.Examples, packed)
			worst := 0.0
			for task := range want.tasks {
				worst = max(worst, math.Abs(got.tasks[task]/got.n-want.tasks[task]/want.n))
			}
			encoder, decoder := got.encoder/got.n/(want.encoder/want.n)-1, got.decoder/got.n/(want.decoder/want.n)-1
			t.Logf("shares of tasks differ by %.2g, mean lengths of prompts by %+.2g and of targets by %+.2g; unpacked rows are filled to %.2f and %.2f",
				worst, encoder, decoder, want.encoder/want.n/float64(recipe.Mixture.Lengths.Encoder), want.decoder/want.n/float64(recipe.Mixture.Lengths.Decoder))
			if worst > 0.01 || math.Abs(encoder) > 0.01 || math.Abs(decoder) > 0.01 {
				t.Error("the examples in rows are not those of the mixture")
			}
			if fill := max(packed.EncoderFill, packed.DecoderFill, packed.ImageFill); fill < c.fill {
				t.Errorf("rows are filled to %.3f, want %.2f", fill, c.fill)
			}
		})
	}
}

// tally sums over examples.
type tally struct {
	n, encoder, decoder float64
	tasks               []float64
}

func tallyOf(t *testing.T, s *mixture.Stream, steps int) tally {
	t.Helper()
	all := tally{tasks: make([]float64, len(s.Recipe().Tasks))}
	for step := range steps {
		b, err := s.Batch(context.Background(), step)
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range b.Tasks {
			all.tasks[task]++
			all.n++
		}
		for _, id := range b.EncoderIDs {
			if id != 0 {
				all.encoder++
			}
		}
		for _, w := range b.Weights {
			all.decoder += float64(w)
		}
	}
	return all
}
