package stages

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/weights"
)

// trainedT5 is the model of parity/optimizer_t5.py. The widths are on both sides of those from
// which the Adafactors factor.
var trainedT5 = t5.Config{
	Width: 48, HeadDim: 20, MLP: 130, Heads: 2, EncoderLayers: 2, DecoderLayers: 2, Vocab: 140,
	Activation: block.GatedGELU, Buckets: 8, MaxDistance: 12,
}

// trainedT5Initial are the script's initial weights.
func trainedT5Initial(specs []weights.Spec) []*tensors.Tensor {
	var names []string
	for _, s := range specs {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	values := make([]*tensors.Tensor, len(specs))
	for k, s := range specs {
		index := slices.Index(names, s.Name)
		stored := make([]float32, s.Size())
		for i := range stored {
			v := math.Cos(0.37*float64(i)*float64(i) + float64(index))
			switch {
			case strings.Contains(s.Name, "norm"):
				v = 1 + 0.2*v
			case s.Name != "shared.weight":
				v *= 0.15
			}
			stored[i] = float32(v)
		}
		values[k] = tensors.FromFlatDataAndDimensions(s.Layout.FromFile(stored, s.Shape), s.Shape...)
	}
	return values
}

// trainedT5Batch is the script's batch of a step: prompts, decoder's ids and targets.
func trainedT5Batch(step int) []any {
	ids := func(length, salt int) [][]int32 {
		rows := make([][]int32, 4)
		for row := range rows {
			rows[row] = make([]int32, length)
			for i := range length - row {
				rows[row][i] = int32((7*i*i+3*i+11*step+29*row+salt)%(trainedT5.Vocab-1) + 1)
			}
		}
		return rows
	}
	targets := ids(9, 5)
	decoder := make([][]int32, len(targets))
	for row := range targets {
		decoder[row] = append([]int32{0}, targets[row][:8]...)
	}
	return []any{ids(15, 0), decoder, targets}
}

// TestOptimizer_TrainsT5AsTorchAndOptax compares the losses of 20 steps, and the weights after 1,
// 10 and 20, with transformers' T5, whose gradients torch's AdamW or optax's Adafactors apply.
func TestOptimizer_TrainsT5AsTorchAndOptax(t *testing.T) {
	content, err := os.ReadFile("testdata/optimizer_t5.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Runs map[string]struct {
			Losses  []float64
			Weights map[string]map[string][]float64
		}
	}
	if err := json.Unmarshal(content, &golden); err != nil {
		t.Fatal(err)
	}
	for _, c := range []OptimizerConfig{
		{Name: "adamw", LearningRate: 1e-3, WeightDecay: 0.1, Beta2: 0.98},
		{Name: "adafactor_bigvision", LearningRate: 1e-3, WeightDecay: 1e-3, ClipNorm: 1, Beta2: 0.95},
		{Name: "adafactor_t5x", LearningRate: 1e-2},
	} {
		t.Run(c.Name, func(t *testing.T) {
			want := golden.Runs[c.Name]
			lossOff, weightOff := 0.0, 0.0
			trainT5(t, c, func(step int, loss float64, specs []weights.Spec, values []*tensors.Tensor) {
				lossOff = max(lossOff, math.Abs(loss/want.Losses[step-1]-1))
				recorded, ok := want.Weights[map[int]string{1: "1", 10: "10", 20: "20"}[step]]
				for i, s := range specs {
					if ok {
						weightOff = max(weightOff, farthest(t, s, values[i], recorded[s.Name]))
					}
				}
			})
			t.Logf("losses differ by at most %.1e, weights by %.1e", lossOff, weightOff)
			if !(lossOff < 1e-5 && weightOff < 1e-4) {
				t.Errorf("losses differ by %g, weights by %g of the largest", lossOff, weightOff)
			}
		})
	}
}

// trainT5 takes 20 steps and calls visit after each, counted from 1, with the loss before it.
func trainT5(t *testing.T, c OptimizerConfig, visit func(step int, loss float64, specs []weights.Spec, values []*tensors.Tensor)) {
	t.Helper()
	be := openBackend(t)
	specs, err := t5.Specs(be, trainedT5)
	if err != nil {
		t.Fatal(err)
	}
	n := len(specs)
	o, err := newOptimizer(c, Schedule{}, 20, specs)
	if err != nil {
		t.Fatal(err)
	}
	exec, err := graph.NewExec(be, func(in []*graph.Node) []*graph.Node {
		w := in[4 : 4+n]
		loss := t5.Loss(weights.Bind(specs, w), trainedT5, t5.Inputs{Encoder: in[1], Decoder: in[2], Targets: in[3]})
		next, state, _ := o.update(in[0], w, graph.Gradient(loss, w...), in[4+n:])
		return append(append([]*graph.Node{loss}, next...), state...)
	})
	if err != nil {
		t.Fatal(err)
	}
	state := append(trainedT5Initial(specs), weights.Initial(o.stateSpecs(), 0).Tensors()...)
	for step := range 20 {
		args := append([]any{o.scalars(step)}, trainedT5Batch(step)...)
		for _, x := range state {
			args = append(args, x)
		}
		out, err := exec.Call(args...)
		if err != nil {
			t.Fatal(err)
		}
		state = out[1:]
		visit(step+1, float64(tensors.ToScalar[float32](out[0])), specs, state[:n])
	}
}

// farthest returns the largest difference of every stride-th element of a weight, as files store
// it, from the recorded ones, relative to the largest of them.
func farthest(t *testing.T, s weights.Spec, value *tensors.Tensor, recorded []float64) float64 {
	t.Helper()
	stride := max(1, s.Size()/17|1)
	stored := s.Layout.ToFile(tensors.MustCopyFlatData[float32](value), s.Shape)
	if want := (len(stored) + stride - 1) / stride; len(recorded) != want {
		t.Fatalf("%s: %d elements recorded, want %d", s.Name, len(recorded), want)
	}
	off, largest := 0.0, 0.0
	for k, want := range recorded {
		off = max(off, math.Abs(float64(stored[k*stride])-want))
		largest = max(largest, math.Abs(want))
	}
	return off / largest
}
