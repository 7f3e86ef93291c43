package stages

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// packings are assignments that pack the recipes of testRecipes.
var packings = map[string]string{
	"ul2":   "packing={encoder: 40, decoder: 32}",
	"pali3": "packing={encoder: 40, decoder: 24, images: 3}",
}

// firstBatch returns the first batch of a recipe.
func firstBatch(t *testing.T, r mixture.Recipe) *mixture.Batch {
	t.Helper()
	stream, err := mixture.Open(r, mixture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	b, err := stream.Batch(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if packed, ok := stream.Packed(); ok && (packed.LeftOut["text"] > 0 || packed.Examples != r.Packing.Examples) {
		t.Fatalf("some examples are not in the batch: %v", packed)
	}
	return b
}

// TestPacked_GivesTheLossAndGradientsOfTheSameExamples compares a packed batch of a stream with the
// unpacked batch of the same examples, with and without the layout that leaves out padding.
func TestPacked_GivesTheLossAndGradientsOfTheSameExamples(t *testing.T) {
	be := openBackend(t)
	language := t5.Config{
		Width: 24, MLP: 32, Heads: 3, HeadDim: 8, EncoderLayers: 2, DecoderLayers: 2, Vocab: 4000, ZLoss: 1e-2, LabelSmoothing: 0.1,
	}.WithDefaults()
	vision := vit.Config{Width: 16, Depth: 1, MLP: 24, Heads: 2, Patch: 4, Image: vit.Side(8)}
	for stage, model := range map[string]family.Model{
		"ul2": &t5.Model{Config: language}, "pali3": &pali3.Config{Vision: vision, Language: language},
	} {
		t.Run(stage, func(t *testing.T) {
			data := testData(t)
			plain := firstBatch(t, testRecipe(t, stage, data, "batch=12").Mixture)
			packed := firstBatch(t, testRecipe(t, stage, data, "batch=12", packings[stage], "packing.examples=12").Mixture)
			if packed.Examples() != plain.Examples() || packed.Segments.Rows[11] > 7 {
				t.Fatalf("%d examples in rows %v", packed.Examples(), packed.Segments.Rows)
			}
			specs, err := model.Specs(be)
			if err != nil {
				t.Fatal(err)
			}
			for i := range specs {
				specs[i].Init = weights.Normal(0.2)
			}
			set := weights.Initial(specs, 3)
			want := gradientsOf(t, be, model, set, plain, false)
			for _, unpads := range []bool{false, true} {
				got := gradientsOf(t, be, model, set, packed, unpads)
				if d := math.Abs(float64(got[0][0]-want[0][0])) / float64(want[0][0]); d > 1e-6 {
					t.Errorf("unpads %v: the loss is %g, of unpacked rows %g", unpads, got[0][0], want[0][0])
				}
				largest := 0.0
				for _, g := range want[3:] {
					for _, v := range g {
						largest = max(largest, math.Abs(float64(v)))
					}
				}
				for i, spec := range specs {
					scale := 1e-3 * largest
					for _, v := range want[3+i] {
						scale = max(scale, math.Abs(float64(v)))
					}
					for j, v := range want[3+i] {
						if d := math.Abs(float64(got[3+i][j] - v)); !(d <= 1e-5*scale) {
							t.Errorf("unpads %v: element %d of the gradient of %s is %g, of unpacked rows %g", unpads, j, spec.Name, got[3+i][j], v)
							break
						}
					}
				}
				r := run{Training: &Training{Tasks: []string{"first", "second"}}}
				tasks := r.byTask(slices.Concat(got[1], got[2]), packed)
				for name, loss := range r.byTask(slices.Concat(want[1], want[2]), plain) {
					if d := math.Abs(float64(tasks[name]-loss)) / float64(loss); d > 1e-6 {
						t.Errorf("unpads %v: task %s has loss %g, of unpacked rows %g", unpads, name, tasks[name], loss)
					}
				}
			}
		})
	}
}

// TestRun_PacksAndResumes trains on packed rows, with a frozen image encoder whose tokens are kept
// and with dropout, interrupts the runs and compares them with runs in one go.
func TestRun_PacksAndResumes(t *testing.T) {
	for _, c := range []struct {
		stage string
		sets  []string
	}{{"ul2", []string{"model.language.dropout=0.1"}}, {"pali3", nil}, {"pali3", []string{"model.language.dropout=0.1", "freeze=[]"}}} {
		stage, sets := c.stage, c.sets
		t.Run(fmt.Sprint(stage, sets), func(t *testing.T) {
			data, dir, whole := testData(t), t.TempDir(), t.TempDir()
			r := testRecipe(t, stage, data, append(sets, packings[stage], "batch=4")...)
			result := runStage(t, r, whole)
			if result.Packing == nil || result.Packing.Examples <= result.Packing.Rows || result.Packing.EncoderFill < 0.5 {
				t.Errorf("packing %v", result.Packing)
			}
			ctx, cancel := context.WithCancel(t.Context())
			_, err := Run(ctx, r, dir, Options{Backend: openBackend(t), Progress: func(p Progress) {
				if p.Step == 3 {
					cancel()
				}
			}})
			if err == nil {
				t.Fatal("the run was not interrupted")
			}
			if result := runStage(t, r, dir); result.Resumed != 3 {
				t.Errorf("resumed at %d", result.Resumed)
			}
			want, got := read(t, filepath.Join(whole, WeightsFile)), read(t, filepath.Join(dir, WeightsFile))
			if !bytes.Equal(got, want) {
				t.Error("the weights differ from those of a run in one go")
			}
			metrics, err := ReadMetrics(whole)
			if err != nil || !(metrics[5].TokensPerSecond() > metrics[5].ExamplesPerSecond) || stage == "pali3" && len(metrics[5].Tasks) != 2 {
				t.Errorf("metrics %+v, %v", metrics, err)
			}
			content, err := os.ReadFile(filepath.Join(whole, RecipeFile))
			if err != nil || !bytes.Contains(content, []byte("examples: ")) {
				t.Errorf("run.yaml does not state the examples of a step (%v): %s", err, content)
			}
			again, err := ReadRecipe(content, RecipeFile, whole, nil)
			if err != nil {
				t.Fatal(err)
			}
			if result := runStage(t, again, whole); result.Resumed != 6 {
				t.Errorf("from its run.yaml the run resumed at %d", result.Resumed)
			}
		})
	}
}

func TestRun_RefusesToPackForOtherFamilies(t *testing.T) {
	data := testData(t)
	r, err := ParseRecipe([]byte(testRecipeText("paligemma", data)), "test.yaml", nil, packings["pali3"])
	if err == nil {
		_, err = Run(t.Context(), r, t.TempDir(), Options{Backend: openBackend(t)})
	}
	if err == nil || !strings.Contains(err.Error(), "packing: the family paligemma takes an example per row") {
		t.Errorf("paligemma: %v", err)
	}
	_, err = ParseRecipe([]byte(testRecipeText("siglip", data)), "test.yaml", nil, "packing={images: 1}")
	if err == nil || !strings.Contains(err.Error(), "kind contrastive has no target and cannot be packed") {
		t.Errorf("siglip: %v", err)
	}
}
