package vit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// TestResizePositionsBicubic compares with torch's interpolate (parity/models_siglip.py).
func TestResizePositionsBicubic(t *testing.T) {
	golden := modeltest.OpenGolden(t, "testdata/bicubic.safetensors")
	table := tensors.MustCopyFlatData[float32](golden.Floats("table"))
	for _, grid := range [][2]int{{1, 1}, {2, 3}, {4, 4}, {5, 7}, {9, 2}, {16, 16}} {
		resized, err := vit.ResizePositionsBicubic(table, []int{16, 2}, grid[0], grid[1], 2)
		if err != nil {
			t.Fatal(err)
		}
		golden.Close(fmt.Sprintf("%dx%d", grid[0], grid[1]), tensors.FromFlatDataAndDimensions(resized, len(resized)/2, 2), 1e-6)
	}
}

// TestPool_EqualsBigVision compares every pooling, and all gradients of the sum of squares, with
// models/vit.py of big_vision, which parity/models_siglip.py ran.
func TestPool_EqualsBigVision(t *testing.T) {
	golden := modeltest.OpenGolden(t, "testdata/pools-outputs.safetensors")
	base := vit.Config{Width: 16, Depth: 2, MLP: 19, Heads: 2, Patch: 2, Image: vit.Size{Height: 4, Width: 10}}
	for name, change := range map[string]func(*vit.Config){
		"gap":  func(c *vit.Config) { c.Pool, c.Positions = "gap", "sincos2d" },
		"tok":  func(c *vit.Config) { c.Pool, c.PreLogits = "tok", 6 },
		"map":  func(c *vit.Config) { c.Pool, c.PreLogits = "map", 16 },
		"none": func(c *vit.Config) { c.Pool, c.PreLogits = "none", 5 },
	} {
		t.Run(name, func(t *testing.T) {
			c := base
			change(&c)
			if err := c.Validate(); err != nil {
				t.Fatal(err)
			}
			compare(t, golden, name+".", "testdata/pools.safetensors", func(s *weights.Scope, in []*graph.Node) []*graph.Node {
				out := vit.Encode(s, c, in[0])
				return []*graph.Node{vit.Pool(s, c, out), out.Encoded}
			}, golden.Floats("images"))
		})
	}
}

// TestEncodePatches_EqualsBigVision compares with naflex_vit.py of big_vision: the mean over the
// patches of images of three grids. transformers' is compared with in models/siglip.
func TestEncodePatches_EqualsBigVision(t *testing.T) {
	golden := modeltest.OpenGolden(t, "testdata/naflex-outputs.safetensors")
	c := vit.Config{Width: 8, Depth: 1, MLP: 9, Heads: 2, Patch: 2, Image: vit.Side(6), NaFlex: 3, Pool: "gap"}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	compare(t, golden, "", "testdata/naflex.safetensors", func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{vit.Pool(s, c, vit.EncodePatches(s, c, in[0], in[1], nil))}
	}, golden.Floats("patches"), golden.Ints("grids"))
}

// compare compares pooled, encoded if the model returns it, and the gradients of the sum of squares
// of pooled with respect to all weights.
func compare(t *testing.T, golden modeltest.Golden, prefix, file string, model modeltest.Model, inputs ...*tensors.Tensor) {
	specs, err := weights.Collect(modeltest.Backend(t), func(s *weights.Scope) {
		in := make([]*graph.Node, len(inputs))
		for i, x := range inputs {
			dims := x.Shape().Dimensions
			dtype := dtypes.Float32
			if x.DType() != dtype {
				dtype = dtypes.Int32
			}
			in[i] = s.Input(dtype, dims...)
		}
		model(s, in)
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := weights.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var names weights.Names
	if prefix != "" {
		names = weights.Prefixed(map[string]string{strings.TrimSuffix(prefix, "."): ""})
	}
	set, report, err := weights.LoadFile(f, specs, names)
	if err != nil || len(report.Unexpected) > 0 {
		t.Fatal(report, err)
	}
	worst := 0.0
	for i, x := range modeltest.Outputs(t, set, model, inputs...) {
		worst = max(worst, golden.Close(prefix+[]string{"pooled", "encoded"}[i], x, 1e-5))
	}
	gradients := modeltest.Gradients(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.ReduceAllSum(graph.Square(model(s, in)[0]))}
	}, inputs...)
	for i, spec := range specs {
		worst = max(worst, golden.Close(prefix+"gradient."+spec.Name, modeltest.InFileOrder(spec, gradients[i]), 1e-5))
	}
	t.Logf("largest relative difference of %d weights' gradients and outputs: %.1e", len(specs), worst)
}

// TestEncode_NaFlexEqualsPatches encodes images of one size as images and as padded patches.
func TestEncode_NaFlexEqualsPatches(t *testing.T) {
	c := vit.Config{Width: 8, Depth: 2, MLP: 9, Heads: 2, Patch: 2, Image: vit.Size{Height: 4, Width: 10}, NaFlex: 3}
	specs, err := weights.Collect(modeltest.Backend(t), func(s *weights.Scope) {
		vit.Pool(s, c, vit.Encode(s, c, s.Input(dtypes.Float32, 1, 4, 10, 3)))
	})
	if err != nil {
		t.Fatal(err)
	}
	set := weights.Initial(specs, 3)
	images := modeltest.Floats("images", 2, 4, 10, 3)
	pix := tensors.MustCopyFlatData[float32](images)
	patches := make([]float32, 2*13*12) // 2 rows of 5 patches, and padding
	for i, v := range pix {
		image, y, x, channel := i/120, i%120/30, i%30/3, i%3
		patches[(image*13+y/2*5+x/2)*12+y%2*6+x%2*3+channel] = v
	}
	a := modeltest.Flat(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{vit.Pool(s, c, vit.Encode(s, c, in[0]))}
	}, images)
	b := modeltest.Flat(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{vit.Pool(s, c, vit.EncodePatches(s, c, in[0], in[1], nil))}
	}, tensors.FromFlatDataAndDimensions(patches, 2, 13, 12), tensors.FromFlatDataAndDimensions([]int32{2, 5, 2, 5}, 2, 2))
	for i := range a {
		if d := a[i] - b[i]; d > 1e-5 || d < -1e-5 {
			t.Fatalf("element %d is %g from images, %g from patches", i, a[i], b[i])
		}
	}
}
