package maskvae_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/maskvae"
	"github.com/pali3/pali3/models/weights"
)

// drawings are masks of 64 by 64 pixels with soft edges: discs, triangles, a frame and thin lines.
// Coordinates are fractions of the side.
func drawings() [][]float32 {
	inside := []func(y, x float64) float64{ // distances, in sides, that are positive inside
		func(y, x float64) float64 { return 0.4 - math.Hypot(y-0.5, x-0.5) },
		func(y, x float64) float64 { return 0.25 - math.Hypot(y-0.3, x-0.6) },
		func(y, x float64) float64 { return min(y-0.1, 0.9-y-math.Abs(x-0.5)*1.6) },
		func(y, x float64) float64 { return min(x-0.1, 0.8-x-math.Abs(y-0.4)*0.9) },
		func(y, x float64) float64 { return 0.12 - math.Abs(max(math.Abs(y-0.5), math.Abs(x-0.5))-0.33) },
		func(y, x float64) float64 { return 0.03 - math.Abs(y-x) },
		func(y, x float64) float64 { return 0.025 - math.Abs(y+0.5*x-0.8) },
		func(y, x float64) float64 { return math.Abs(math.Hypot(y-0.5, x-0.5)-0.3)*-1 + 0.04 },
	}
	masks := make([][]float32, len(inside))
	for i, f := range inside {
		masks[i] = make([]float32, 64*64)
		for p := range masks[i] {
			d := f((float64(p/64)+0.5)/64, (float64(p%64)+0.5)/64)
			masks[i][p] = float32(min(max(0.5+64*d, 0), 1))
		}
	}
	return masks
}

// overlap is the intersection over union of the pixels of a mask and of a decoded one.
func overlap(mask, decoded []float32) float64 {
	both, either := 0, 0
	for i := range mask {
		a, b := mask[i] > 0.5, decoded[i] > 0
		if a && b {
			both++
		}
		if a || b {
			either++
		}
	}
	return float64(both) / float64(either)
}

func flatten(rows [][]float32) (flat []float32) {
	for _, row := range rows {
		flat = append(flat, row...)
	}
	return flat
}

// small is a network that learns the drawings in seconds.
func small(rule maskvae.Codebook) maskvae.Config {
	c := maskvae.Default()
	c.Hidden, c.CodeWidth, c.Codebook, c.Decay = 4, 16, rule, 0.9
	return c
}

// TestLoss_LearnsShapes trains the codes by their gradient until the masks come back from 16 codes
// each.
func TestLoss_LearnsShapes(t *testing.T) {
	if testing.Short() {
		t.Skip("TRAINING THE MASK AUTOENCODER IS NOT TESTED: it takes seconds; run without -short")
	}
	c := small(maskvae.CodebookLoss)
	masks := drawings()
	step := modeltest.NewStep(t, initial(t, c), 3e-3, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{maskvae.Loss(s, c, in[0]).Total}
	}, tensors.FromFlatDataAndDimensions(flatten(masks), len(masks), 64, 64))
	for range 450 {
		step.Do()
	}
	checkReconstruction(t, c, step.Weights(), masks)
}

// TestMoveCodes_LearnsShapes does so with the moving average of the codes.
func TestMoveCodes_LearnsShapes(t *testing.T) {
	if testing.Short() {
		t.Skip("TRAINING THE MASK AUTOENCODER IS NOT TESTED: it takes seconds; run without -short")
	}
	c := small(maskvae.EMA)
	masks := drawings()
	set := initial(t, c)
	specs, n := set.Specs(), len(set.Specs())
	const first, rate = 1, 3e-3 // the masks come before the state: weights, moments, counts and sums
	exec, err := graph.NewExec(modeltest.Backend(t), func(in []*graph.Node) []*graph.Node {
		w, momentum, squares := in[first:first+n], in[first+n:first+2*n], in[first+2*n:first+3*n]
		s := weights.Bind(specs, w)
		l := maskvae.Loss(s, c, in[0])
		gradients := graph.Gradient(l.Total, w...)
		next := make([]*graph.Node, 3*n, 3*n+2)
		for i, g := range gradients {
			next[n+i] = graph.Add(graph.MulScalar(momentum[i], 0.9), graph.MulScalar(g, 0.1))
			next[2*n+i] = graph.Add(graph.MulScalar(squares[i], 0.95), graph.MulScalar(graph.Square(g), 0.05))
			by := graph.Div(next[n+i], graph.AddScalar(graph.Sqrt(next[2*n+i]), 1e-8))
			next[i] = graph.Sub(w[i], graph.MulScalar(by, rate))
		}
		codes := slices.IndexFunc(specs, func(s weights.Spec) bool { return s.Name == "_vq_vae._embedding" })
		moved := maskvae.MoveCodes(c, maskvae.Average{Codes: w[codes], Counts: in[first+3*n], Sums: in[first+3*n+1]}, l.Features, l.IDs)
		next[codes] = moved.Codes
		return append(next, moved.Counts, moved.Sums)
	})
	if err != nil {
		t.Fatal(err)
	}
	state := slices.Clone(set.Tensors())
	for range 2 {
		for _, s := range specs {
			state = append(state, tensors.FromFlatDataAndDimensions(make([]float32, s.Size()), s.Shape...))
		}
	}
	state = append(state, weights.Initial(maskvae.AverageSpecs(c), 1).Tensors()...)
	batch := tensors.FromFlatDataAndDimensions(flatten(masks), len(masks), 64, 64)
	for range 450 {
		args := []any{batch}
		for _, x := range state {
			args = append(args, x)
		}
		if state, err = exec.Call(args...); err != nil {
			t.Fatal(err)
		}
	}
	trained, err := weights.NewSet(specs, state[:n])
	if err != nil {
		t.Fatal(err)
	}
	checkReconstruction(t, c, trained, masks)
}

// checkReconstruction encodes and decodes the masks.
func checkReconstruction(t *testing.T, c maskvae.Config, set *weights.Set, masks [][]float32) {
	t.Helper()
	codec, err := maskvae.NewCodec(modeltest.Backend(t), c, set)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := codec.Encode(masks)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := codec.Decode(ids)
	if err != nil {
		t.Fatal(err)
	}
	overlaps, sum := make([]float64, len(masks)), 0.0
	for i := range masks {
		overlaps[i] = overlap(masks[i], decoded[i])
		sum += overlaps[i]
	}
	t.Logf("intersection over union %.3f", overlaps)
	if mean := sum / float64(len(masks)); !(mean > 0.9 && slices.Min(overlaps) > 0.6) {
		t.Errorf("intersection over union %.3f, mean %.3f", overlaps, mean)
	}
}

func initial(t *testing.T, c maskvae.Config) *weights.Set {
	t.Helper()
	specs, err := maskvae.Specs(modeltest.Backend(t), c)
	if err != nil {
		t.Fatal(err)
	}
	return weights.Initial(specs, 1)
}
