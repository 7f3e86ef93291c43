package siglip_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/weights"
)

// pairs returns embeddings of n images and each texts per image, of length 1.
func pairs(n, each, width int) (images, texts *tensors.Tensor) {
	unit := func(name string, rows int) *tensors.Tensor {
		flat := tensors.MustCopyFlatData[float32](modeltest.Floats(name, rows, width))
		for i := 0; i < len(flat); i += width {
			sum := 0.0
			for _, v := range flat[i : i+width] {
				sum += float64(v) * float64(v)
			}
			for j := range width {
				flat[i+j] /= float32(math.Sqrt(sum))
			}
		}
		return tensors.FromFlatDataAndDimensions(flat, rows, width)
	}
	return unit("images", n), unit("texts", n*each)
}

// fullMatrix returns the loss of all pairs at once and its gradients with respect to images, texts,
// t' and b, from the formula alone.
func fullMatrix(t testing.TB, images, texts *tensors.Tensor, logScale, bias float32) []*tensors.Tensor {
	empty, _ := weights.NewSet(nil, nil)
	return modeltest.Outputs(t, empty, func(_ *weights.Scope, in []*graph.Node) []*graph.Node {
		cosines := graph.Dot(in[0], graph.Transpose(in[1], 0, 1)).MatMul()
		x := graph.Add(graph.Mul(cosines, graph.InsertAxes(graph.Exp(in[2]), 0)), graph.InsertAxes(in[3], 0))
		loss := siglip.SigmoidLoss(x)
		return append([]*graph.Node{loss}, graph.Gradient(loss, in...)...)
	}, images, texts, tensors.FromFlatDataAndDimensions([]float32{logScale}, 1), tensors.FromFlatDataAndDimensions([]float32{bias}, 1))
}

func TestBlockwiseLoss_EqualsFullMatrix(t *testing.T) {
	for _, c := range []struct{ images, each, width, block int }{
		{1, 1, 3, 1}, {7, 1, 5, 3}, {7, 1, 5, 100}, {6, 3, 4, 4}, {13, 2, 8, 5}, {32, 1, 16, 8},
	} {
		images, texts := pairs(c.images, c.each, c.width)
		want := fullMatrix(t, images, texts, 1.7, -2.5)
		got, err := siglip.BlockwiseLoss(t.Context(), modeltest.Backend(t), images, texts, 1.7, -2.5, c.block)
		if err != nil {
			t.Fatal(err)
		}
		closeTo(t, "loss", []float32{float32(got.Loss)}, tensors.MustCopyFlatData[float32](graphScalar(want[0])), 1e-6, 0)
		closeTo(t, "images", tensors.MustCopyFlatData[float32](got.Images), tensors.MustCopyFlatData[float32](want[1]), 1e-6, 0)
		closeTo(t, "texts", tensors.MustCopyFlatData[float32](got.Texts), tensors.MustCopyFlatData[float32](want[2]), 1e-6, 0)
		closeTo(t, "scale", []float32{float32(got.Scale)}, tensors.MustCopyFlatData[float32](want[3]), 2e-6, 0)
		closeTo(t, "bias", []float32{float32(got.Bias)}, tensors.MustCopyFlatData[float32](want[4]), 2e-6, 0)
	}
}

// graphScalar returns a scalar as a tensor of one element.
func graphScalar(x *tensors.Tensor) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions([]float32{tensors.ToScalar[float32](x)}, 1)
}

// closeTo compares relative to the largest element, or to least if that is larger.
func closeTo(t *testing.T, name string, got, want []float32, within, least float64) {
	t.Helper()
	largest := least
	for _, v := range want {
		largest = max(largest, math.Abs(float64(v)))
	}
	for i := range want {
		if d := math.Abs(float64(got[i] - want[i])); !(d <= within*largest) {
			t.Errorf("%s: element %d is %g, want %g", name, i, got[i], want[i])
			return
		}
	}
}

func TestBlockwiseLoss_RejectsOtherShapes(t *testing.T) {
	images, texts := pairs(4, 2, 3)
	others, _ := pairs(3, 1, 3)
	be := modeltest.Backend(t)
	for name, call := range map[string]func() error{
		"three images, eight texts": func() error {
			_, err := siglip.BlockwiseLoss(t.Context(), be, others, texts, 0, 0, 2)
			return err
		},
		"a block of 0": func() error {
			_, err := siglip.BlockwiseLoss(t.Context(), be, images, texts, 0, 0, 0)
			return err
		},
		"ids": func() error {
			_, err := siglip.BlockwiseLoss(t.Context(), be, images, modeltest.IDs("ids", 9, 8, 3), 0, 0, 2)
			return err
		},
	} {
		if call() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := siglip.BlockwiseLoss(stopped, be, images, texts, 0, 0, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

// TestLossBlock_EqualsFullMatrix compares the loss, each image's part and the gradients of all
// weights of a model with loss_block with those of the same model without.
func TestLossBlock_EqualsFullMatrix(t *testing.T) {
	for _, average := range []string{"", "images"} {
		for _, each := range []int{1, 3} {
			full := tiny
			full.Average = average
			in := []*tensors.Tensor{modeltest.Floats("images", 5, 4, 4, 3), modeltest.IDs("texts", 23, 5*each, 6)}
			results := func(c siglip.Config) []*tensors.Tensor {
				set := initial(t)
				n := len(in)
				exec, err := graph.NewExec(modeltest.Backend(t), func(all []*graph.Node) []*graph.Node {
					loss, sums, counts := siglip.LossByExample(weights.Bind(set.Specs(), all[n:]), c, all[0], all[1])
					// The sums count too: a weighted sum of them has other gradients.
					weighted := graph.ReduceAllSum(graph.Mul(sums, graph.IotaLike(sums, 0)))
					out := append([]*graph.Node{loss, sums, counts}, graph.Gradient(loss, all[n:]...)...)
					return append(out, graph.Gradient(weighted, all[n:]...)...)
				})
				if err != nil {
					t.Fatal(err)
				}
				args := []any{in[0], in[1]}
				for _, w := range set.Tensors() {
					args = append(args, w)
				}
				out, err := exec.Call(args...)
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			want := results(full)
			total := func(x *tensors.Tensor) (sum float64) {
				for _, v := range tensors.MustCopyFlatData[float32](x) {
					sum += float64(v)
				}
				return sum
			}
			if loss := float64(tensors.ToScalar[float32](want[0])); math.Abs(total(want[1])/total(want[2])-loss) > 1e-5*loss {
				t.Errorf("average %q, %d texts: the sums and counts give %g, the loss is %g", average, each, total(want[1])/total(want[2]), loss)
			}
			for _, block := range []int{1, 2, 5, 9} {
				blocks := full
				blocks.LossBlock = block
				for i, got := range results(blocks) {
					closeTo(t, "result", tensors.MustCopyFlatData[float32](reshaped(got)), tensors.MustCopyFlatData[float32](reshaped(want[i])), 3e-6, 1)
				}
			}
		}
	}
}

func reshaped(x *tensors.Tensor) *tensors.Tensor {
	if x.Rank() == 0 {
		return graphScalar(x)
	}
	return x
}

func TestSoftmaxLoss(t *testing.T) {
	const n = 4
	for _, each := range []int{1, 3} {
		m := n * each
		logits := modeltest.Floats("logits", n, m)
		x := tensors.MustCopyFlatData[float32](logits)
		want := 0.0
		for i := range n {
			for k := range each {
				j := i*each + k
				row, column := 0.0, 0.0
				for c := range m {
					row += math.Exp(float64(x[i*m+c]))
				}
				for r := range n {
					column += math.Exp(float64(x[r*m+j]))
				}
				want += (math.Log(row) + math.Log(column) - 2*float64(x[i*m+j])) / 2 / float64(m)
			}
		}
		empty, _ := weights.NewSet(nil, nil)
		got := modeltest.Flat(t, empty, func(_ *weights.Scope, in []*graph.Node) []*graph.Node {
			return []*graph.Node{siglip.SoftmaxLoss(in[0])}
		}, logits)[0]
		if math.Abs(float64(got)-want) > 1e-6*want {
			t.Errorf("%d texts: %g, want %g", each, got, want)
		}
	}
}
