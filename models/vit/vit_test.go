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

// TestVariant_Parameters compares with the sizes of the arrays that flax makes for big_vision's
// variants with a MAP head.
func TestVariant_Parameters(t *testing.T) {
	for _, v := range []struct {
		name        string
		trunk, head int
	}{
		{"mu/16", 43_648, 12_672},
		{"Ti/16", 5_524_032, 444_672},
		{"S/8", 21_669_504, 1_774_080},
		{"S/16", 21_664_896, 1_774_080},
		{"M/16", 38_323_712, 3_151_872},
		{"B/32", 87_453_696, 7_087_104},
		{"L/16", 303_299_584, 12_595_200},
		{"So400m/14", 412_442_352, 15_238_352},
		{"H/14", 630_762_240, 19_676_160},
		{"g/14", 1_011_199_616, 25_248_768},
		{"g-opt/16", 1_134_746_112, 28_329_984},
		{"G/14", 1_842_772_352, 38_360_064},
		{"G-opt/14", 1_663_302_144, 34_623_488},
		{"e/14", 3_805_417_728, 67_924_992},
	} {
		c, err := vit.Variant(v.name)
		if err != nil {
			t.Fatal(err)
		}
		all, err := weights.Collect(modeltest.Backend(t), func(s *weights.Scope) {
			vit.Pool(s, c, vit.Encode(s, c, s.Input(dtypes.Float32, 1, 224, 224, 3)))
		})
		if err != nil {
			t.Fatal(err)
		}
		trunk := weights.Parameters(specs(t, c))
		if head := weights.Parameters(all) - trunk; trunk != v.trunk || head != v.head {
			t.Errorf("%s has %d and %d parameters, want %d and %d", v.name, trunk, head, v.trunk, v.head)
		}
	}
}

func TestVariant_RejectsUnknownNames(t *testing.T) {
	for _, name := range []string{"XXL/14", "B", "B/x", "B/15", "B/0", "B/-16"} {
		if _, err := vit.Variant(name); err == nil {
			t.Errorf("%q is a variant", name)
		}
	}
}

func TestConfig_Validate_NamesTheField(t *testing.T) {
	good := vit.Config{Width: 12, Depth: 1, MLP: 4, Heads: 2, Patch: 4, Image: vit.Side(8)}
	for want, change := range map[string]func(*vit.Config){
		"width is 0":           func(c *vit.Config) { c.Width = 0 },
		"multiple of heads":    func(c *vit.Config) { c.Heads = 5 },
		"multiple of patch":    func(c *vit.Config) { c.Image.Width = 9 },
		"smaller than patch":   func(c *vit.Config) { c.Image.Width, c.DropRest = 3, true },
		`pool is "max"`:        func(c *vit.Config) { c.Pool = "max" },
		`positions is "fixed"`: func(c *vit.Config) { c.Positions = "fixed" },
		`resize is "nearest"`:  func(c *vit.Config) { c.Resize = "nearest" },
		"multiple of 4":        func(c *vit.Config) { c.Width, c.Positions = 10, "sincos2d" },
		"at least 8":           func(c *vit.Config) { c.Width, c.Positions = 4, "sincos2d" },
		"naflex is -1":         func(c *vit.Config) { c.NaFlex = -1 },
		"class token":          func(c *vit.Config) { c.NaFlex, c.Pool = 2, "tok" },
	} {
		c := good
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
	good.Image, good.DropRest = vit.Size{Height: 9, Width: 11}, true
	if err := good.Validate(); err != nil || good.Tokens() != 4 {
		t.Errorf("%d tokens, %v", good.Tokens(), err)
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
