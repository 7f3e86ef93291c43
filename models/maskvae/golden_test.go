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

// The networks of testdata/, which parity/maskvae_goldens.py made in torch and checked in flax.
var golden = map[string]maskvae.Config{
	"small": {Image: 64, Hidden: 2, Downsamples: 4, Blocks: 2, Codes: 128, CodeWidth: 8, Codebook: maskvae.EMA, Decay: 0.99, Commitment: 0.25},
	"other": {Image: 24, Hidden: 3, Downsamples: 3, Blocks: 1, Codes: 11, CodeWidth: 5, Codebook: maskvae.EMA, Decay: 0.99, Commitment: 0.25},
	"bare":  {Image: 8, Hidden: 1, Downsamples: 2, Blocks: 0, Codes: 5, CodeWidth: 3, Codebook: maskvae.EMA, Decay: 0.99, Commitment: 0.25},
}

func load(t *testing.T, name string) *weights.Set {
	t.Helper()
	specs, err := maskvae.Specs(modeltest.Backend(t), golden[name])
	if err != nil {
		t.Fatal(err)
	}
	set, err := weights.Load("testdata/"+name+".safetensors", specs)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestNetwork_EqualsTorchAndFlax compares features, codes and decoded masks.
func TestNetwork_EqualsTorchAndFlax(t *testing.T) {
	for name, c := range golden {
		t.Run(name, func(t *testing.T) {
			want := modeltest.OpenGolden(t, "testdata/"+name+"-outputs.safetensors")
			out := modeltest.Outputs(t, load(t, name), func(s *weights.Scope, in []*graph.Node) []*graph.Node {
				features := maskvae.Encode(s, c, in[0])
				return []*graph.Node{features, maskvae.Nearest(s, c, features), maskvae.Decode(s, c, in[1])}
			}, want.Floats("masks"), want.Ints("ids"))
			near(t, "features", out[0], want.Floats("features"), 1e-5)
			near(t, "decoded", out[2], want.Floats("decoded"), 1e-5)
			got, ids := tensors.MustCopyFlatData[int32](out[1]), tensors.MustCopyFlatData[int32](want.Ints("nearest"))
			if !slices.Equal(got, ids) {
				t.Errorf("codes %v, want %v", got, ids)
			}
		})
	}
}

// TestLoss_EqualsTorch compares the loss, its parts, and the gradient of every weight, for both
// rules that move the codes.
func TestLoss_EqualsTorch(t *testing.T) {
	for name, c := range golden {
		for _, rule := range []maskvae.Codebook{maskvae.EMA, maskvae.CodebookLoss} {
			t.Run(name+" "+string(rule), func(t *testing.T) {
				c.Codebook = rule
				set := load(t, name)
				want := modeltest.OpenGolden(t, "testdata/"+name+"-outputs.safetensors")
				parts := func(s *weights.Scope, in []*graph.Node) []*graph.Node {
					l := maskvae.Loss(s, c, in[0])
					return []*graph.Node{l.Total, l.Reconstruction, l.Commitment, l.Masks}
				}
				out := modeltest.Outputs(t, set, parts, want.Floats("masks"))
				for i, part := range []string{"total", "reconstruction", "commitment"} {
					near(t, part, out[i], want.Floats(string(rule)+"."+part), 1e-6)
				}
				near(t, "reconstructed masks", out[3], want.Floats("reconstructed"), 1e-5)
				gradients := modeltest.Gradients(t, set, parts, want.Floats("masks"))
				for i, spec := range set.Specs() {
					got := inFileOrder(spec, gradients[i])
					if spec.Name == "_vq_vae._embedding" && rule == maskvae.EMA {
						for _, g := range tensors.MustCopyFlatData[float32](got) {
							if g != 0 {
								t.Fatalf("the codes have the gradient %g beside their moving average", g)
							}
						}
						continue
					}
					near(t, "gradient of "+spec.Name, got, want.Floats("gradient."+spec.Name), 1e-5)
				}
			})
		}
	}
}

// TestMoveCodes_EqualsTorch compares one step of the moving average of the codes.
func TestMoveCodes_EqualsTorch(t *testing.T) {
	for name, c := range golden {
		t.Run(name, func(t *testing.T) {
			want := modeltest.OpenGolden(t, "testdata/"+name+"-outputs.safetensors")
			out := modeltest.Outputs(t, load(t, name), func(s *weights.Scope, in []*graph.Node) []*graph.Node {
				l := maskvae.Loss(s, c, in[0])
				state := maskvae.Average{Codes: s.Node("_vq_vae._embedding"), Counts: in[1], Sums: in[2]}
				moved := maskvae.MoveCodes(c, state, l.Features, l.IDs)
				return []*graph.Node{moved.Codes, moved.Counts, moved.Sums}
			}, want.Floats("masks"), want.Floats("average.counts"), want.Floats("average.sums"))
			for i, part := range []string{"codes", "counts", "sums"} {
				near(t, part, out[i], want.Floats("moved."+part), 1e-5)
			}
		})
	}
}

// TestHiddenStates_EqualTorch compares the output of every layer.
func TestHiddenStates_EqualTorch(t *testing.T) {
	for _, name := range []string{"other", "bare"} {
		c := golden[name]
		want := modeltest.OpenGolden(t, "testdata/"+name+"-outputs.safetensors")
		var noted []weights.Noted
		out := modeltest.Outputs(t, load(t, name), func(s *weights.Scope, in []*graph.Node) []*graph.Node {
			s.Record()
			maskvae.Loss(s, c, in[0])
			noted = s.Noted()
			nodes := make([]*graph.Node, len(noted))
			for i, n := range noted {
				nodes[i] = n.Node
			}
			return nodes
		}, want.Floats("masks"))
		if layers := 2*c.Downsamples + 2*c.Blocks + 3; len(out) != layers {
			t.Errorf("%s: %d hidden states, want %d", name, len(out), layers)
		}
		for i, n := range noted {
			near(t, name+" "+n.Name, out[i], want.Floats("hidden."+n.Name), 1e-5)
		}
	}
}

// TestTraining_EqualsTorch compares every weight after ten steps of gradient descent, with the
// moving average of the codes after each.
func TestTraining_EqualsTorch(t *testing.T) {
	const name, steps, rate = "other", 10, 0.01
	c, set := golden[name], load(t, name)
	want := modeltest.OpenGolden(t, "testdata/"+name+"-outputs.safetensors")
	state := append(slices.Clone(set.Tensors()), want.Floats("average.counts"), want.Floats("average.sums"))
	n := len(set.Specs())
	exec, err := graph.NewExec(modeltest.Backend(t), func(in []*graph.Node) []*graph.Node {
		masks, w, counts, sums := in[0], in[1:1+n], in[1+n], in[2+n]
		s := weights.Bind(set.Specs(), w)
		l := maskvae.Loss(s, c, masks)
		next := graph.Gradient(l.Total, w...)
		moved := maskvae.MoveCodes(c, maskvae.Average{Codes: s.Node("_vq_vae._embedding"), Counts: counts, Sums: sums}, l.Features, l.IDs)
		for i, gradient := range next {
			if next[i] = graph.Sub(w[i], graph.MulScalar(gradient, rate)); set.Specs()[i].Name == "_vq_vae._embedding" {
				next[i] = moved.Codes
			}
		}
		return append(next, moved.Counts, moved.Sums)
	})
	if err != nil {
		t.Fatal(err)
	}
	for range steps {
		args := []any{want.Floats("masks")}
		for _, x := range state {
			args = append(args, x)
		}
		if state, err = exec.Call(args...); err != nil {
			t.Fatal(err)
		}
	}
	for i, spec := range set.Specs() {
		near(t, spec.Name, inFileOrder(spec, state[i]), want.Floats("trained."+spec.Name), 1e-4)
	}
}

// near fails the test unless the largest difference is small beside the largest element.
func near(t *testing.T, name string, got, want *tensors.Tensor, within float64) {
	t.Helper()
	if !got.Shape().Equal(want.Shape()) {
		t.Errorf("%s has shape %s, want %s", name, got.Shape(), want.Shape())
		return
	}
	a, b := tensors.MustCopyFlatData[float32](got), tensors.MustCopyFlatData[float32](want)
	difference, largest := 0.0, 0.0
	for i := range a {
		difference = max(difference, math.Abs(float64(a[i])-float64(b[i])))
		largest = max(largest, math.Abs(float64(b[i])))
	}
	t.Logf("%s: relative difference %.2g", name, difference/largest)
	if !(difference <= within*largest) {
		t.Errorf("%s: differs by %g where the largest element is %g", name, difference, largest)
	}
}

func inFileOrder(spec weights.Spec, x *tensors.Tensor) *tensors.Tensor {
	stored := spec.Layout.ToFile(tensors.MustCopyFlatData[float32](x), spec.Shape)
	return tensors.FromFlatDataAndDimensions(stored, spec.Layout.FileShape(spec.Shape)...)
}
