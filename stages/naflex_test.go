package stages

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/internal/hubfolder"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/shards"
)

// aspectData writes 24 images of many aspects with captions, every sixth held out.
func aspectData(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	w, err := shards.Create(dir, shards.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 24 {
		height, width := 1+i*7%40, 40-i*11%39
		m := image.NewGray(image.Rect(0, 0, width, height))
		for at := range m.Pix {
			m.Pix[at] = uint8(at * i)
		}
		m.SetGray(i%width, i%height, color.Gray{Y: 255})
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		split := "train"
		if i%6 == 5 {
			split = "val"
		}
		err := w.Append(shards.Sample{
			Key: fmt.Sprint(i), Split: split,
			Images: []shards.Image{{Bytes: b.Bytes(), Format: "png", Width: int32(width), Height: int32(height)}},
			Texts:  []shards.Text{{Kind: shards.Caption, Language: "en", Value: fmt.Sprintf("%d rows and %d columns", height, width)}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	return dir
}

// naflexRecipe trains a SigLIP on images of any aspect, of several lengths.
func naflexRecipe(t testing.TB, data string, sets ...string) Recipe {
	t.Helper()
	return testRecipe(t, "siglip", data, append([]string{
		"images.ops=decode|flip_lr|resize_to_sequence(4,9,bilinear,pil)|value_range(-1,1)",
		"images.eval_ops=decode|resize_to_sequence(4,12,bilinear,pil)|value_range(-1,1)",
		"images.sequence_lengths=[4, 9, 16]", "model.image.naflex=3", "eval={every: 3, samples: 12}",
	}, sets...)...)
}

// TestRun_NaFlexResumes trains on images of any aspect and compares an interrupted run with one in
// one go, to the bit.
func TestRun_NaFlexResumes(t *testing.T) {
	data, dir, whole := aspectData(t), t.TempDir(), t.TempDir()
	result := runStage(t, naflexRecipe(t, data, "steps=6"), whole)
	if !(result.Loss > 0) || result.Trained != result.Parameters {
		t.Errorf("%+v", result)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Run(ctx, naflexRecipe(t, data, "steps=6"), dir, Options{Backend: openBackend(t), Progress: func(p Progress) {
		if p.Step == 4 {
			cancel()
		}
	}})
	if err == nil {
		t.Fatal("the interrupted run ended without an error")
	}
	if result := runStage(t, naflexRecipe(t, data, "steps=6"), dir); result.Resumed != 4 {
		t.Errorf("resumed at %d", result.Resumed)
	}
	sameRun(t, whole, dir)

	trained := reopen(t, whole)
	before := trained.Untrained().Weights
	for _, name := range []string{positionTable, visionPrefix + ".embeddings.patch_embedding.weight", visionPrefix + ".head.probe"} {
		if distance(flat(before, name), flat(trained.Weights, name)) == 0 {
			t.Errorf("%s did not change", name)
		}
	}
	if s := trained.Pipeline.Sequence(); s.Patch != 4 || s.Length != 12 {
		t.Errorf("the trained model sees %+v", s)
	}
	other := naflexRecipe(t, data, "steps=6", "images.sequence_lengths=[4, 16]")
	differs(t, other, whole, "images.sequence_lengths is [4, 9, 16] in the run and [4, 16] here")
}

// TestRun_NaFlexBeginsFromFixedSizes takes the weights of a SigLIP of one size, as SigLIP 2 does.
func TestRun_NaFlexBeginsFromFixedSizes(t *testing.T) {
	data, runs := aspectData(t), t.TempDir()
	fixed, flexible := filepath.Join(runs, "fixed"), filepath.Join(runs, "flexible")
	runStage(t, testRecipe(t, "siglip", data), fixed)
	r := naflexRecipe(t, data, "steps=1", "optimizer.learning_rate=1e-9")
	r.Init = []Init{{From: fixed}}
	runStage(t, r, flexible)
	a, b := reopen(t, fixed), reopen(t, flexible)
	for _, name := range []string{"text_model.head.weight", visionPrefix + ".post_layernorm.weight", visionPrefix + ".embeddings.patch_embedding.weight"} {
		if d := distance(flat(a.Weights, name), flat(b.Weights, name)); d > 1e-6 {
			t.Errorf("%s is %g from the run that it came from", name, d)
		}
	}
}

// TestExport_NaFlexReadsBack exports a run, whose image processor is that of its eval_ops.
func TestExport_NaFlexReadsBack(t *testing.T) {
	run, dir := t.TempDir(), filepath.Join(t.TempDir(), "export")
	runStage(t, naflexRecipe(t, aspectData(t), "steps=2"), run)
	trained := reopen(t, run)
	notes, err := Export(trained, dir, ExportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(notes, "\n"), "Siglip2ImageProcessorPil") {
		t.Errorf("notes %q", notes)
	}
	again := reopen(t, dir)
	if again.Published.ModelType != "siglip2" || again.Published.ImageOps != trained.Pipeline.String() || again.Pipeline.Sequence() != trained.Pipeline.Sequence() {
		t.Errorf("%+v", again.Published)
	}
	for i, w := range trained.Weights.Tensors() {
		if !w.Equal(again.Weights.Tensors()[i]) {
			t.Errorf("%s differs", trained.Weights.Specs()[i].Name)
		}
	}
	for content, want := range map[string]string{
		`{"image_processor_type": "Siglip2ImageProcessor", "patch_size": 8}`:                      "makes patches of 8 pixels, the model takes patches of 4",
		`{"image_processor_type": "SiglipImageProcessor", "size": {"height": 224, "width": 224}}`: "makes images of 224 by 224 pixels",
	} {
		if err := os.WriteFile(filepath.Join(dir, hubfolder.PreprocessorFile), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(openBackend(t), dir, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", content, err)
		}
	}
	if err := os.Remove(filepath.Join(dir, hubfolder.PreprocessorFile)); err != nil {
		t.Fatal(err)
	}
	if assumed := reopen(t, dir); assumed.Pipeline.String() != "decode|resize_to_sequence(4,256,bilinear,pil)|value_range(-1,1)" {
		t.Errorf("without a processor the ops are %s", assumed.Pipeline)
	}
}

// TestNetwork_OfPublishedNaFlex fits SigLIP 2's models to images of any aspect.
func TestNetwork_OfPublishedNaFlex(t *testing.T) {
	for variant, parameters := range map[string]int{"siglip2-base-patch16-naflex": 375_234_050, "siglip2-so400m-patch16-naflex": 1_135_670_962} {
		r := testRecipe(t, "siglip", "data", "model={variant: "+variant+"}", "lengths.encoder=64",
			"images.ops=decode|resize_to_sequence(16,256)|value_range(-1,1)", "images.sequence_lengths=[128, 256, 576, 784, 1024]")
		n, err := r.Network(r.Mixture.Shape(), 256_000)
		if err != nil {
			t.Fatal(err)
		}
		specs, err := n.Model.Specs(openBackend(t))
		if err != nil || weights.Parameters(specs) != parameters {
			t.Errorf("%s: %d parameters, %v", variant, weights.Parameters(specs), err)
		}
		if height, width := imageSize(n.Model); height != 512 || width != 512 {
			t.Errorf("%s is described for images of %d by %d, want 1,024 patches", variant, height, width)
		}
	}
}

func TestRun_RejectsImagesOfAnyAspect(t *testing.T) {
	const ops = "images.ops=decode|resize_to_sequence(4,9)|value_range(-1,1)"
	for _, c := range []struct {
		stage string
		sets  []string
		want  string
	}{
		{"siglip", []string{ops}, "model.image.naflex: missing"},
		{"siglip", []string{ops, "model.image.naflex=3", "model.image.patch=8"}, "model.image.patch is 8, the patches of images.ops have 4 pixels"},
		{"siglip", []string{ops, "model.image.naflex=3", "model.image.image=8"}, "model.image.image is 8, and images.ops give images of any size"},
		{"pali3", []string{ops}, "the family pali3 takes images of one size"},
		{"pali3", []string{ops, "model.image.naflex=3"}, "the family pali3 takes images of one size"},
	} {
		_, err := Run(t.Context(), testRecipe(t, c.stage, testData(t), c.sets...), t.TempDir(), Options{Backend: openBackend(t)})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %v: %v", c.stage, c.sets, err)
		}
	}
}
