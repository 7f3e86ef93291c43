package cli

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/cli/internal/forward"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/family"
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

// expectation is what a folder's expected.safetensors holds: inputs, outputs and pixels.
type expectation struct {
	inputs, outputs map[string]*tensors.Tensor
	pixels          map[string][]float32
}

func readExpectation(t *testing.T, dir string) expectation {
	t.Helper()
	all, err := forward.ReadInputs(filepath.Join(dir, "expected.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	e := expectation{map[string]*tensors.Tensor{}, map[string]*tensors.Tensor{}, map[string][]float32{}}
	for name, value := range all {
		switch kind, rest, _ := strings.Cut(name, "."); kind {
		case "in":
			e.inputs[rest] = value
		case "out":
			e.outputs[rest] = value
		case "pixels":
			e.pixels[rest] = tensors.MustCopyFlatData[float32](value)
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
			comparePixels(t, trained, dir, e.pixels)
			compareIDs(t, trained, dir)
		})
	}
}

func comparePixels(t *testing.T, trained *stages.Trained, dir string, pixels map[string][]float32) {
	for number, want := range pixels {
		content, err := os.ReadFile(filepath.Join(dir, "image"+number+".png"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := trained.Pipeline.Apply(content, nil)
		if err != nil {
			t.Fatal(err)
		}
		difference, _ := largest(got.Pix, want)
		t.Logf("image %s: largest difference %.2g", number, difference)
		if difference > 1e-5 {
			t.Errorf("image %s differs by %g with %s", number, difference, trained.Published.ImageOps)
		}
	}
}

func compareIDs(t *testing.T, trained *stages.Trained, dir string) {
	content, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var texts []struct {
		Text string
		IDs  []int32
	}
	if err := json.Unmarshal(content, &texts); err != nil {
		t.Fatal(err)
	}
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
