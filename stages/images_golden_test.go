package stages_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/internal/hubfolder"
	"github.com/pali3/pali3/internal/safetensors"
)

// TestImageOps_EqualTransformers runs the ops of odd configs on odd images, and compares the pixels
// with those of transformers' processor (parity/image_processors.py). Before rescaling they may
// differ by 1 of 255; they do not.
func TestImageOps_EqualTransformers(t *testing.T) {
	const dir = "testdata/processors"
	content, err := os.ReadFile(filepath.Join(dir, "configs.json"))
	if err != nil {
		t.Fatal(err)
	}
	var configs map[string]json.RawMessage
	if err := json.Unmarshal(content, &configs); err != nil {
		t.Fatal(err)
	}
	want, err := safetensors.Open(filepath.Join(dir, "pixels.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	worst, pipelines := 0.0, map[string]*augment.Pipeline{}
	for name, config := range configs {
		folder := t.TempDir()
		for file, content := range map[string]string{"config.json": `{"model_type": "siglip"}`, "preprocessor_config.json": string(config)} {
			if err := os.WriteFile(filepath.Join(folder, file), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		f, err := hubfolder.Open(folder)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if pipelines[name], err = augment.Parse(f.Images.Ops); err != nil {
			t.Fatalf("%s: %s: %v", name, f.Images.Ops, err)
		}
	}
	for _, e := range want.Entries() {
		name, image, _ := strings.Cut(e.Name, "/")
		content, err := os.ReadFile(filepath.Join(dir, image))
		if err != nil {
			t.Fatal(err)
		}
		got, err := pipelines[name].Apply(content, nil)
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		pixels, err := want.Float32(e.Name)
		if err != nil {
			t.Fatal(err)
		}
		if len(pixels) != len(got.Pix) {
			t.Errorf("%s: %d values, want %v", e.Name, len(got.Pix), e.Shape)
			continue
		}
		for i := range pixels {
			worst = max(worst, math.Abs(float64(got.Pix[i]-pixels[i]))/max(1, math.Abs(float64(pixels[i]))))
			if math.Abs(float64(got.Pix[i]-pixels[i])) > 1e-5*max(1, math.Abs(float64(pixels[i]))) {
				t.Errorf("%s by %s: value %d is %g, want %g", e.Name, pipelines[name], i, got.Pix[i], pixels[i])
				break
			}
		}
	}
	t.Logf("largest difference of %d images: %.2g", len(want.Entries()), worst)
}
