package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/cli/internal/forward"
	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// publishedFolders are folders made by parity/hub_folders.py: those committed, and those of a full
// run of the script if PALI3_HUB_FOLDERS names its folder.
func publishedFolders(t *testing.T) []string {
	t.Helper()
	dirs, err := filepath.Glob("testdata/hub/*/config.json")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no folders in testdata/hub: %v", err)
	}
	if more := os.Getenv("PALI3_HUB_FOLDERS"); more != "" {
		found, err := filepath.Glob(filepath.Join(more, "*/config.json"))
		if err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, found...)
	}
	for i := range dirs {
		dirs[i] = filepath.Dir(dirs[i])
	}
	return dirs
}

// expectation is what a folder's expected.safetensors holds: inputs, outputs and pixels. Of a
// NaFlex model the pixels are patches, with the grids of all images, and there are embeddings of
// all images by the number of patches that they may have.
type expectation struct {
	inputs, outputs    map[string]*tensors.Tensor
	pixels, embeddings map[string][]float32
	grids              []int32
}

func readExpectation(t *testing.T, dir string) expectation {
	t.Helper()
	all, err := forward.ReadInputs(filepath.Join(dir, "expected.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	e := expectation{
		inputs: map[string]*tensors.Tensor{}, outputs: map[string]*tensors.Tensor{},
		pixels: map[string][]float32{}, embeddings: map[string][]float32{},
	}
	for name, value := range all {
		switch kind, rest, _ := strings.Cut(name, "."); kind {
		case "in":
			e.inputs[rest] = value
		case "out":
			e.outputs[rest] = value
		case "pixels":
			e.pixels[rest] = tensors.MustCopyFlatData[float32](value)
		case "embeds":
			e.embeddings[rest] = tensors.MustCopyFlatData[float32](value)
		case "grids":
			e.grids = tensors.MustCopyFlatData[int32](value)
		}
	}
	return e
}

// largest returns the largest difference and the largest value wanted.
func largest(got, want []float32) (difference, scale float64) {
	if len(got) != len(want) {
		return math.Inf(1), 0
	}
	for i := range got {
		difference = max(difference, math.Abs(float64(got[i])-float64(want[i])))
		scale = max(scale, math.Abs(float64(want[i])))
	}
	return difference, scale
}

// TestPublished_EqualsTransformers opens each folder and compares ids, pixels and outputs with what
// transformers makes.
func TestPublished_EqualsTransformers(t *testing.T) {
	be, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range publishedFolders(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			trained, err := stages.Open(be, dir, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, note := range trained.Published.Notes {
				t.Log(note)
			}
			e := readExpectation(t, dir)
			outputs, err := forward.Run(be, trained.Model, trained.Weights, e.inputs)
			if err != nil {
				t.Fatal(err)
			}
			compared := 0
			for _, o := range outputs {
				if want := e.outputs[o.Name]; want != nil {
					difference, scale := largest(tensors.MustCopyFlatData[float32](o.Tensor), tensors.MustCopyFlatData[float32](want))
					t.Logf("%s: largest difference %.2g of %.2g", o.Name, difference, scale)
					if difference > 1e-5*max(scale, 1) {
						t.Errorf("%s differs by %g of %g", o.Name, difference, scale)
					}
					compared++
				}
			}
			if compared != len(e.outputs) {
				t.Errorf("compared %d outputs of %d", compared, len(e.outputs))
			}
			comparePixels(t, trained, dir, e)
			compareEmbeddings(t, be, trained, dir, e)
			compareIDs(t, trained, dir)
		})
	}
}

func comparePixels(t *testing.T, trained *stages.Trained, dir string, e expectation) {
	for number, want := range e.pixels {
		content, err := os.ReadFile(filepath.Join(dir, "image"+number+".png"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := trained.Pipeline.Apply(content, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s := trained.Pipeline.Sequence(); s.Patch > 0 {
			patches := make([]float32, s.Values())
			rows, columns, err := got.WritePatches(patches, s.Patch)
			n, _ := strconv.Atoi(number)
			if err != nil || !slices.Equal([]int32{int32(rows), int32(columns)}, e.grids[2*n:2*n+2]) {
				t.Errorf("image %s: %d rows of %d patches, %v; want %d", number, rows, columns, err, e.grids[2*n:2*n+2])
			}
			got.Pix = patches
		}
		difference, _ := largest(got.Pix, want)
		t.Logf("image %s: largest difference %.2g", number, difference)
		if difference > 1e-5 {
			t.Errorf("image %s differs by %g with %s", number, difference, trained.Published.ImageOps)
		}
	}
}

// compareEmbeddings embeds all images of a NaFlex folder in several numbers of patches.
func compareEmbeddings(t *testing.T, be compute.Backend, trained *stages.Trained, dir string, e expectation) {
	for length, want := range e.embeddings {
		patches, err := strconv.Atoi(length)
		if err != nil {
			t.Fatal(err)
		}
		other := *trained
		if other.Pipeline, err = trained.Pipeline.WithSequenceLength(patches); err != nil {
			t.Fatal(err)
		}
		embedder, err := evalsuite.NewEmbedder(be, &other)
		if err != nil {
			t.Fatal(err)
		}
		embedder.Batch = 4 // the last batch is not full
		var images []shards.Image
		for i := range len(e.grids) / 2 {
			image, err := evalsuite.ReadImageFile(filepath.Join(dir, fmt.Sprintf("image%d.png", i)))
			if err != nil {
				t.Fatal(err)
			}
			images = append(images, image)
		}
		got, err := embedder.Images(images)
		if err != nil {
			t.Fatal(err)
		}
		difference, _ := largest(slices.Concat(got...), want)
		t.Logf("embeddings of %d images in at most %d patches: largest difference %.2g", len(got), patches, difference)
		if difference > 1e-5 {
			t.Errorf("embeddings in at most %d patches differ by %g", patches, difference)
		}
	}
}

// expectedText is a text with the ids that the folder's own processor gives it.
type expectedText struct {
	Text string
	IDs  []int32
}

func expectedTexts(t *testing.T, dir string) (texts []expectedText) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &texts); err != nil {
		t.Fatal(err)
	}
	return texts
}

func compareIDs(t *testing.T, trained *stages.Trained, dir string) {
	texts := expectedTexts(t, dir)
	v := trained.Vocabulary
	for _, one := range texts {
		row := make([]int32, len(one.IDs))
		if _, embeds := trained.Model.(family.Embedder); embeds {
			v.FitText(row, v.Encode(one.Text))
		} else {
			v.FitPrompt(row, v.Encode(one.Text))
		}
		if !slices.Equal(row, one.IDs) {
			t.Errorf("%q: %d, want %d", one.Text, row, one.IDs)
		}
	}
}

// TestPublished_WritesAsTransformers decodes greedily and compares with what transformers writes to
// the same prompts and images. The folders have images and answers in answers.json.
func TestPublished_WritesAsTransformers(t *testing.T) {
	be, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, dir := range publishedFolders(t) {
		var answers []struct {
			Image, Prompt string
			IDs           []int32
		}
		content, err := os.ReadFile(filepath.Join(dir, "answers.json"))
		if err != nil {
			continue
		}
		if err := json.Unmarshal(content, &answers); err != nil {
			t.Fatal(err)
		}
		trained, err := stages.Open(be, dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		generator, err := decode.NewGenerator(be, trained.Model.(family.Writer), trained.Weights.Specs(), 9)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range answers {
			content, err := os.ReadFile(filepath.Join(dir, want.Image))
			if err != nil {
				t.Fatal(err)
			}
			pixels, err := trained.Pipeline.Apply(content, nil)
			if err != nil {
				t.Fatal(err)
			}
			row := make([]int32, 40)
			trained.Vocabulary.FitPrompt(row, trained.Vocabulary.Encode(want.Prompt))
			got, err := generator.Generate(t.Context(), trained.Weights, decode.Inputs{
				Images:  tensors.FromFlatDataAndDimensions(pixels.Pix, 1, 1, pixels.Height, pixels.Width, 3),
				Encoder: tensors.FromFlatDataAndDimensions(row, 1, len(row)),
			})
			if err != nil {
				t.Fatal(err)
			}
			if n := len(want.IDs); !slices.Equal(got[0].IDs[:min(n, len(got[0].IDs))], want.IDs) {
				t.Errorf("%s: %s, %q: %d, want %d", dir, want.Image, want.Prompt, got[0].IDs, want.IDs)
			}
			compared++
		}
	}
	if compared == 0 {
		t.Error("no folder has answers.json")
	}
}

// TestExport_ReadsBack exports each folder in bfloat16, which its weights have, and compares all
// outputs of the copy to the bit.
func TestExport_ReadsBack(t *testing.T) {
	be, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range publishedFolders(t) {
		trained, err := stages.Open(be, dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		copied := filepath.Join(t.TempDir(), "copy")
		if _, err := stages.Export(trained, copied, stages.ExportOptions{DType: "BF16", MaxShardBytes: 9000}); err != nil {
			t.Fatal(err)
		}
		again, err := stages.Open(be, copied, nil)
		if err != nil {
			t.Fatal(err)
		}
		if again.String() != trained.String() || again.Published.ImageOps != trained.Published.ImageOps {
			t.Errorf("%s: the copy is %s, was %s", dir, again, trained)
		}
		for i, w := range trained.Weights.Tensors() {
			if !w.Equal(again.Weights.Tensors()[i]) {
				t.Errorf("%s: %s differs", dir, trained.Weights.Specs()[i].Name)
			}
		}
		if _, err := stages.Export(trained, copied, stages.ExportOptions{}); err == nil || !strings.Contains(err.Error(), "it exists") {
			t.Errorf("exporting twice: %v", err)
		}
	}
}
