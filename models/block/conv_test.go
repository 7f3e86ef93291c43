package block

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/weights"
)

// convCases are windows and the images that they move over, of 3 and 5 channels.
var convCases = []struct {
	window     Window
	high, wide int
}{
	{Window{1, 1, 0}, 3, 2},
	{Window{2, 2, 0}, 4, 6},
	{Window{3, 1, 1}, 4, 5},
	{Window{4, 2, 1}, 8, 6},
	{Window{4, 2, 1}, 2, 4},
	{Window{4, 4, 2}, 4, 8},
	{Window{5, 1, 1}, 3, 6},
	{Window{6, 3, 0}, 9, 6},
}

// overWindows calls visit for each pixel that a place of the window sees: the place, the pixel of
// the kernel, and the pixel of the image.
func overWindows(w Window, high, wide int, visit func(py, px, ky, kx, y, x int)) {
	for py := range w.places(high) {
		for px := range w.places(wide) {
			for ky := range w.Side {
				for kx := range w.Side {
					y, x := py*w.Stride+ky-w.Padding, px*w.Stride+kx-w.Padding
					if y >= 0 && y < high && x >= 0 && x < wide {
						visit(py, px, ky, kx, y, x)
					}
				}
			}
		}
	}
}

// TestConv_EqualsTheSum compares both convolutions with the sums that define them, in float64.
func TestConv_EqualsTheSum(t *testing.T) {
	const batch, in, out = 2, 3, 5
	for _, c := range convCases {
		w := c.window
		high, wide := w.places(c.high), w.places(c.wide)
		for _, transposed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%+v transposed %v", w, transposed), func(t *testing.T) {
				layer, fromHigh, fromWide, toHigh, toWide := Conv, c.high, c.wide, high, wide
				if transposed {
					layer, fromHigh, fromWide, toHigh, toWide = ConvTranspose, high, wide, c.high, c.wide
				}
				model := func(s *weights.Scope, in []*graph.Node) []*graph.Node {
					return []*graph.Node{layer(s, in[0], out, w, weights.Normal(1), weights.Normal(1))}
				}
				x := modeltest.Floats("x", batch, fromHigh, fromWide, in)
				set := convWeights(t, func(s *weights.Scope) {
					model(s, []*graph.Node{s.Input(dtypes.Float32, batch, fromHigh, fromWide, in)})
				})
				pixels := tensors.MustCopyFlatData[float32](x)
				kernel := tensors.MustCopyFlatData[float32](set.Get("weight"))
				bias := tensors.MustCopyFlatData[float32](set.Get("bias"))
				want := make([]float64, batch*toHigh*toWide*out)
				for i := range want {
					want[i] = float64(bias[i%out])
				}
				overWindows(w, c.high, c.wide, func(py, px, ky, kx, y, x int) {
					fromY, fromX, toY, toX := y, x, py, px
					if transposed {
						fromY, fromX, toY, toX = py, px, y, x
					}
					for b := range batch {
						for i := range in {
							for o := range out {
								k := ((ky*w.Side+kx)*in+i)*out + o
								if transposed {
									k = ((i*w.Side+ky)*w.Side+kx)*out + o
								}
								want[((b*toHigh+toY)*toWide+toX)*out+o] +=
									float64(kernel[k]) * float64(pixels[((b*fromHigh+fromY)*fromWide+fromX)*in+i])
							}
						}
					}
				})
				result := modeltest.Outputs(t, set, model, x)[0]
				if err := result.Shape().Check(dtypes.Float32, batch, toHigh, toWide, out); err != nil {
					t.Fatal(err)
				}
				for i, got := range tensors.MustCopyFlatData[float32](result) {
					if math.Abs(float64(got)-want[i]) > 2e-5 {
						t.Fatalf("element %d is %g, want %g", i, got, want[i])
					}
				}
			})
		}
	}
}

func TestConv_Gradients(t *testing.T) {
	for _, c := range convCases {
		high, wide := c.window.places(c.high), c.window.places(c.wide)
		set := func(model modeltest.Model) *weights.Set {
			return convWeights(t, func(s *weights.Scope) { model(s, nil) })
		}
		conv := func(s *weights.Scope, _ []*graph.Node) []*graph.Node {
			x := s.Weight(weights.Spec{Name: "x", Shape: []int{2, c.high, c.wide, 3}, Init: weights.Normal(1)})
			target := s.Weight(weights.Spec{Name: "target", Shape: []int{2, high, wide, 2}, Init: weights.Normal(1)})
			return []*graph.Node{graph.ReduceAllSum(graph.Mul(target, Conv(s, x, 2, c.window, weights.Normal(1), weights.Normal(1))))}
		}
		modeltest.Gradient(t, set(conv), conv)
		transposed := func(s *weights.Scope, _ []*graph.Node) []*graph.Node {
			x := s.Weight(weights.Spec{Name: "x", Shape: []int{2, high, wide, 3}, Init: weights.Normal(1)})
			target := s.Weight(weights.Spec{Name: "target", Shape: []int{2, c.high, c.wide, 2}, Init: weights.Normal(1)})
			return []*graph.Node{graph.ReduceAllSum(graph.Mul(target, ConvTranspose(s, x, 2, c.window, weights.Normal(1), weights.Normal(1))))}
		}
		modeltest.Gradient(t, set(transposed), transposed)
	}
}

func TestConv_WindowMustFit(t *testing.T) {
	for _, c := range []struct {
		window Window
		side   int
	}{{Window{3, 2, 1}, 8}, {Window{4, 2, 1}, 7}, {Window{5, 1, 0}, 4}} {
		_, err := weights.Collect(modeltest.Backend(t), func(s *weights.Scope) {
			Conv(s, s.Input(dtypes.Float32, 1, c.side, c.side, 1), 1, c.window, weights.Zeros(), weights.Zeros())
		})
		if err == nil || !strings.Contains(err.Error(), "does not fit an image of") {
			t.Errorf("%+v over %d pixels: %v", c.window, c.side, err)
		}
	}
}

// TestReLU_DerivativeAtZeroIsZero is torch's and jax's rule.
func TestReLU_DerivativeAtZeroIsZero(t *testing.T) {
	set, err := weights.NewSet([]weights.Spec{{Name: "x", Shape: []int{4}}},
		[]*tensors.Tensor{tensors.FromValue([]float32{-1, 0, 1, 2})})
	if err != nil {
		t.Fatal(err)
	}
	gradients := modeltest.Gradients(t, set, func(s *weights.Scope, _ []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.ReduceAllSum(ReLU(s.Vector("x", 4, weights.Init{})))}
	})
	if got := fmt.Sprint(tensors.MustCopyFlatData[float32](gradients[0])); got != "[0 0 1 1]" {
		t.Errorf("the derivative is %s at -1, 0, 1 and 2", got)
	}
}

func convWeights(t *testing.T, build func(s *weights.Scope)) *weights.Set {
	t.Helper()
	specs, err := weights.Collect(modeltest.Backend(t), build)
	if err != nil {
		t.Fatal(err)
	}
	return weights.Initial(specs, 1)
}
