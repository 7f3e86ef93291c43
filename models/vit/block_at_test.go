package vit_test

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// TestBlockAt_EqualsBlock compares one position of a block, and the gradients of its input and of
// all weights, with those of the whole block.
func TestBlockAt_EqualsBlock(t *testing.T) {
	const batch, length, width, heads, mlp = 5, 7, 12, 3, 20
	input := weights.Spec{Name: "x", Shape: []int{batch, length, width}, Init: weights.Normal(1)}
	for _, position := range []int{0, 3, length - 1} {
		loss := func(block func(s *weights.Scope, x *Node) *Node) modeltest.Model {
			return func(s *weights.Scope, in []*Node) []*Node {
				return []*Node{ReduceAllSum(Mul(block(s, s.Weight(input)), in[0]))}
			}
		}
		whole := loss(func(s *weights.Scope, x *Node) *Node {
			return Slice(vit.Block(s, x, heads, mlp, nil), AxisRange(), AxisRange(position, position+1))
		})
		one := loss(func(s *weights.Scope, x *Node) *Node { return vit.BlockAt(s, x, position, heads, mlp) })
		specs, err := weights.Collect(modeltest.Backend(t), func(s *weights.Scope) {
			vit.BlockAt(s, s.Weight(input), position, heads, mlp)
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range specs {
			specs[i].Init = weights.Normal(0.5)
		}
		set, by := weights.Initial(specs, 1), modeltest.Floats("by", batch, 1, width)
		want := append(modeltest.Outputs(t, set, whole, by), modeltest.Gradients(t, set, whole, by)...)
		got := append(modeltest.Outputs(t, set, one, by), modeltest.Gradients(t, set, one, by)...)
		names := []string{"loss"}
		for _, s := range specs {
			names = append(names, s.Name)
		}
		for i, name := range names {
			if d := relative(got[i], want[i]); d > 3e-6 {
				t.Errorf("position %d, %s: differs by %g of its largest element", position, name, d)
			}
		}
	}
}

// relative is the largest difference between two tensors, divided by the largest element or 1. The
// gradient of the keys' biases is 0 and differs by rounding.
func relative(got, want *tensors.Tensor) float64 {
	a, b := flat(got), flat(want)
	difference, largest := 0.0, 1.0
	for i := range b {
		difference, largest = max(difference, math.Abs(a[i]-b[i])), max(largest, math.Abs(b[i]))
	}
	return difference / largest
}

func flat(x *tensors.Tensor) (values []float64) {
	tensors.MustConstFlatData(x, func(flat []float32) {
		for _, v := range flat {
			values = append(values, float64(v))
		}
	})
	return values
}
