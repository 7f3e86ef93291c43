package block

import (
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/weights"
)

// TestActivation compares each function and its derivative with torch (parity/models_t5.py).
func TestActivation(t *testing.T) {
	golden := modeltest.OpenGolden(t, "testdata/activations.safetensors")
	x := golden.Floats("x")
	empty, err := weights.NewSet(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range Activations() {
		name, gated := strings.CutPrefix(string(a), "gated-")
		switch {
		case name == "gelu_python":
			name = "gelu"
		case gated && name == "gelu":
			name = "gelu_new"
		}
		out := modeltest.Outputs(t, empty, func(_ *weights.Scope, in []*graph.Node) []*graph.Node {
			y := a.of(in[0])
			return []*graph.Node{y, graph.Gradient(graph.ReduceAllSum(y), in[0])[0]}
		}, x)
		for i, want := range []*tensors.Tensor{golden.Floats(name), golden.Floats(name + ".derivative")} {
			xs, a1, a2 := tensors.MustCopyFlatData[float32](x), tensors.MustCopyFlatData[float32](out[i]), tensors.MustCopyFlatData[float32](want)
			for j := range a1 {
				if d := float64(a1[j] - a2[j]); d > 2e-6 || d < -2e-6 || d != d {
					t.Errorf("%s, derivative %d at %g: %g, want %g", a, i, xs[j], a1[j], a2[j])
				}
			}
		}
	}
}

func TestActivation_Validate(t *testing.T) {
	for _, a := range Activations() {
		if err := a.Validate(); err != nil {
			t.Error(err)
		}
	}
	if err := Activation("gated-tanh").Validate(); err == nil || !strings.Contains(err.Error(), `"gated-tanh"; legal are ["relu"`) {
		t.Errorf("error %v", err)
	}
}
