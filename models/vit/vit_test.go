package vit_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

func specs(t *testing.T, c vit.Config) []weights.Spec {
	t.Helper()
	specs, err := weights.Collect(modeltest.Backend(t), func(s *weights.Scope) {
		vit.Encode(s.In("vision_model"), c, s.Input(dtypes.Float32, 1, c.Image.Height, c.Image.Width, 3))
	})
	if err != nil {
		t.Fatal(err)
	}
	return specs
}

// TestResizePositions compares with big_vision's rule (parity/models.py).
func TestResizePositions(t *testing.T) {
	golden := modeltest.OpenGolden(t, "testdata/positions.safetensors")
	table := tensors.MustCopyFlatData[float32](golden.Floats("table"))
	for _, side := range []int{1, 2, 3, 4, 7} {
		resized, err := vit.ResizePositions(table, []int{9, 2}, side, side, 2)
		if err != nil {
			t.Fatal(err)
		}
		golden.Near(fmt.Sprintf("side%d", side), tensors.FromFlatDataAndDimensions(resized, side*side, 2), 1e-6)
	}
	for _, shape := range [][]int{{8, 2}, {9, 3}, {18}} {
		if _, err := vit.ResizePositions(table, shape, 4, 4, 2); err == nil {
			t.Errorf("a table of shape %v was resized", shape)
		}
	}
}

// TestEncode_LargerImages loads an encoder of small images into one of larger ones.
func TestEncode_LargerImages(t *testing.T) {
	small := vit.Config{Width: 4, Depth: 1, MLP: 4, Heads: 1, Patch: 2, Image: vit.Side(6)}
	path := filepath.Join(t.TempDir(), "small.safetensors")
	saved := weights.Initial(specs(t, small), 1)
	if err := saved.Save(path, nil); err != nil {
		t.Fatal(err)
	}
	large := small
	large.Image = vit.Side(10)
	loaded, err := weights.Load(path, specs(t, large))
	if err != nil {
		t.Fatal(err)
	}
	const name = "vision_model.embeddings.position_embedding.weight"
	before, after := tensors.MustCopyFlatData[float32](saved.Get(name)), tensors.MustCopyFlatData[float32](loaded.Get(name))
	if len(after) != 25*4 || after[0] != before[0] || after[len(after)-1] != before[len(before)-1] {
		t.Errorf("%d positions with the corners %g and %g, want 25 with %g and %g",
			len(after)/4, after[0], after[len(after)-1], before[0], before[len(before)-1])
	}
}

func TestVariant(t *testing.T) {
	c, err := vit.Variant("So400m/14")
	if err != nil {
		t.Fatal(err)
	}
	if got := weights.Parameters(specs(t, c)); got/100_000 != 4124 {
		t.Errorf("So400m/14 has %d parameters, want 412.4 million", got)
	}
	for _, name := range []string{"XXL/14", "B", "B/x", "B/15"} {
		if _, err := vit.Variant(name); err == nil {
			t.Errorf("%q is a variant", name)
		}
	}
}

func TestConfig_YAML(t *testing.T) {
	const text = "width: 128\ndepth: 4\nmlp: 512\nheads: 4\npatch: 16\nimage: 64\n"
	var c vit.Config
	if err := yaml.UnmarshalWithOptions([]byte(text), &c, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if c.Tokens() != 16 || c.Validate() != nil {
		t.Errorf("%+v: %d tokens, %v", c, c.Tokens(), c.Validate())
	}
	if back, err := yaml.Marshal(c); err != nil || string(back) != text {
		t.Errorf("written as %q, %v", back, err)
	}
	c.Image = vit.Side(60)
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "patch") {
		t.Errorf("an image of 60 pixels in patches of 16: %v", err)
	}
}
