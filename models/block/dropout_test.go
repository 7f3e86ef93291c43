package block

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/weights"
)

// drop runs dropout of a rate on ones, in training unless the seed is 0.
func drop(t *testing.T, seed int64, rate float64, layer func(*weights.Scope, *graph.Node, float64) *graph.Node, dimensions ...int) []float32 {
	t.Helper()
	out := modeltest.Outputs(t, weights.Initial(nil, 1), func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		if seed != 0 {
			s.Train(graph.Const(in[0].Graph(), state(t, seed)))
		}
		return []*graph.Node{layer(s, graph.OnesLike(in[0]), rate)}
	}, modeltest.Floats("x", dimensions...))
	return tensors.MustCopyFlatData[float32](out[0])
}

func TestDropout_IsTheSameAtAllPositions(t *testing.T) {
	const batch, length, width, rate = 8, 5, 400, 0.25
	x := drop(t, 1, rate, Dropout, batch, length, width)
	zeros := 0
	for b := range batch {
		for d := range width {
			first := x[b*length*width+d]
			if first != 0 && first != 1/(1-rate) {
				t.Fatalf("1 became %g", first)
			}
			if first == 0 {
				zeros++
			}
			for l := range length {
				if x[(b*length+l)*width+d] != first {
					t.Fatalf("example %d, feature %d: position %d differs from the first", b, d, l)
				}
			}
		}
	}
	n := float64(batch * width)
	if sigma := math.Sqrt(n * rate * (1 - rate)); math.Abs(float64(zeros)-n*rate) > 4*sigma {
		t.Errorf("%d of %.0f features were dropped at a rate of %g", zeros, n, rate)
	}
}

func TestDropKeys_DropsWholeKeys(t *testing.T) {
	const width = 6
	x := drop(t, 1, 0.5, DropKeys, 3, 2, 20, width)
	kept := 0
	for i := 0; i < len(x); i += width {
		for _, v := range x[i : i+width] {
			if v != x[i] {
				t.Fatal("a part of a key was dropped")
			}
		}
		if x[i] > 0 {
			kept++
		}
	}
	if kept < 35 || kept > 85 {
		t.Errorf("%d of 120 keys were kept at a rate of 0.5", kept)
	}
}

func TestDropout_FollowsFromTheState(t *testing.T) {
	same := func(a, b []float32) bool {
		for i := range a {
			if a[i] != b[i] {
				return false
			}
		}
		return true
	}
	one := drop(t, 1, 0.5, Dropout, 2, 3, 50)
	if !same(one, drop(t, 1, 0.5, Dropout, 2, 3, 50)) {
		t.Error("the same state drops others")
	}
	if same(one, drop(t, 2, 0.5, Dropout, 2, 3, 50)) {
		t.Error("another state drops the same")
	}
	if same(one[:50], one[150:200]) {
		t.Error("two examples drop the same")
	}
	for _, v := range append(drop(t, 0, 0.5, Dropout, 2, 3, 50), drop(t, 1, 0, Dropout, 2, 3, 50)...) {
		if v != 1 {
			t.Fatal("dropped outside training, or at a rate of 0")
		}
	}
}

func state(t *testing.T, seed int64) *tensors.Tensor {
	s, err := graph.RNGStateFromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
