// Package modeltest checks networks in tests: it runs their graphs, compares gradients with finite
// differences, and trains them for a few steps under a watchdog.
package modeltest

import (
	"math"
	"sync"
	"testing"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/random"
)

// open opens the default backend once: a tensor belongs to the backend that used it first.
var open = sync.OnceValues(func() (compute.Backend, error) { return backend.Open("") })

// Backend returns the default backend, the same one at every call.
func Backend(t testing.TB) compute.Backend {
	t.Helper()
	be, err := open()
	if err != nil {
		t.Fatal(err)
	}
	return be
}

// A Model computes a graph from a model's weights and its inputs.
type Model func(s *weights.Scope, in []*graph.Node) []*graph.Node

// Outputs computes the model with the weights of the set.
func Outputs(t testing.TB, set *weights.Set, model Model, inputs ...*tensors.Tensor) []*tensors.Tensor {
	t.Helper()
	return call(t, compile(t, set, len(inputs), model), set.Tensors(), inputs)
}

// Flat computes the model and returns the elements of its first output.
func Flat(t testing.TB, set *weights.Set, model Model, inputs ...*tensors.Tensor) []float32 {
	t.Helper()
	return tensors.MustCopyFlatData[float32](Outputs(t, set, model, inputs...)[0])
}

func compile(t testing.TB, set *weights.Set, inputs int, model Model) *graph.Exec {
	t.Helper()
	exec, err := graph.NewExec(Backend(t), func(all []*graph.Node) []*graph.Node {
		return model(weights.Bind(set.Specs(), all[inputs:]), all[:inputs])
	})
	if err != nil {
		t.Fatal(err)
	}
	return exec
}

func call(t testing.TB, exec *graph.Exec, state, inputs []*tensors.Tensor) []*tensors.Tensor {
	t.Helper()
	var args []any
	for _, x := range inputs {
		args = append(args, x)
	}
	for _, x := range state {
		args = append(args, x)
	}
	out, err := exec.Call(args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Gradients computes the gradients of the model's first output, a scalar, with respect to every
// weight.
func Gradients(t testing.TB, set *weights.Set, model Model, inputs ...*tensors.Tensor) []*tensors.Tensor {
	t.Helper()
	n := len(inputs)
	exec, err := graph.NewExec(Backend(t), func(all []*graph.Node) []*graph.Node {
		loss := model(weights.Bind(set.Specs(), all[n:]), all[:n])[0]
		return graph.Gradient(loss, all[n:]...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return call(t, exec, set.Tensors(), inputs)
}

// Gradient compares the derivative of the model's first output, a scalar, along a random direction
// in each weight with central finite differences.
func Gradient(t *testing.T, set *weights.Set, model Model, inputs ...*tensors.Tensor) {
	t.Helper()
	n := len(inputs)
	specs := set.Specs()
	grads := Gradients(t, set, model, inputs...)
	lossAlone := compile(t, set, n, model)
	for i, spec := range specs {
		direction, want := make([]float32, spec.Size()), 0.0
		weights.Normal(1/math.Sqrt(float64(spec.Size()))).Draw(direction, 99, spec.Name)
		for j, g := range tensors.MustCopyFlatData[float32](grads[i]) {
			want += float64(g) * float64(direction[j])
		}
		const step = 2e-2
		moved := func(by float64) float64 {
			values := tensors.MustCopyFlatData[float32](set.Tensors()[i])
			for j := range values {
				values[j] += float32(by) * direction[j]
			}
			state := append([]*tensors.Tensor{}, set.Tensors()...)
			state[i] = tensors.FromFlatDataAndDimensions(values, spec.Shape...)
			return float64(tensors.ToScalar[float32](call(t, lossAlone, state, inputs)[0]))
		}
		got := (moved(step) - moved(-step)) / (2 * step)
		if math.Abs(got-want) > 0.02*math.Abs(want)+2e-3 {
			t.Errorf("%s: gradient along a direction is %g, finite differences give %g", spec.Name, want, got)
		}
	}
}

// Train minimises the model's first output with Adam for some steps and returns the losses. A step
// of more than a minute fails the test: the backend hangs.
func Train(t testing.TB, set *weights.Set, steps int, rate float64, model Model, inputs ...*tensors.Tensor) []float32 {
	t.Helper()
	step := NewStep(t, set, rate, model, inputs...)
	losses := make([]float32, steps)
	for i := range losses {
		done := make(chan struct{})
		go func() {
			defer close(done)
			losses[i] = step.Do()
		}()
		select {
		case <-done:
		case <-time.After(time.Minute):
			t.Fatalf("step %d takes more than a minute: the backend hangs", i)
		}
	}
	return losses
}

// Step is a training step with Adam, of which the state is donated from one call to the next.
type Step struct {
	t      testing.TB
	be     compute.Backend
	exec   *graph.Exec
	inputs []*tensors.Tensor
	specs  []weights.Spec
	state  []*tensors.Tensor // weights, first moments, second moments
}

// NewStep compiles a step over the same inputs again and again. The set's tensors are copied.
func NewStep(t testing.TB, set *weights.Set, rate float64, model Model, inputs ...*tensors.Tensor) *Step {
	t.Helper()
	specs, n, k := set.Specs(), len(set.Specs()), len(inputs)
	be := Backend(t)
	exec, err := graph.NewExec(be, func(all []*graph.Node) []*graph.Node {
		w, m, v := all[k:k+n], all[k+n:k+2*n], all[k+2*n:]
		loss := model(weights.Bind(specs, w), all[:k])[0]
		return append([]*graph.Node{loss}, adam(w, m, v, graph.Gradient(loss, w...), rate)...)
	})
	if err != nil {
		t.Fatal(err)
	}
	state := make([]*tensors.Tensor, 3*n)
	for i, s := range specs {
		state[i] = tensors.FromFlatDataAndDimensions(tensors.MustCopyFlatData[float32](set.Tensors()[i]), s.Shape...)
		state[n+i] = tensors.FromFlatDataAndDimensions(make([]float32, s.Size()), s.Shape...)
		state[2*n+i] = tensors.FromFlatDataAndDimensions(make([]float32, s.Size()), s.Shape...)
	}
	return &Step{t: t, be: be, exec: exec, inputs: inputs, specs: specs, state: state}
}

// Do takes one step and returns the loss before it.
func (s *Step) Do() float32 {
	var args []any
	for _, x := range s.inputs {
		args = append(args, x)
	}
	for _, x := range s.state {
		donated, err := graph.DonateTensorBuffer(x, s.be, 0)
		if err != nil {
			s.t.Error(err)
		}
		args = append(args, donated)
	}
	out, err := s.exec.Call(args...)
	if err != nil {
		s.t.Error(err)
		return float32(math.NaN())
	}
	copy(s.state, out[1:])
	return tensors.ToScalar[float32](out[0])
}

// Weights returns the weights after the steps so far. They are donated to the next step.
func (s *Step) Weights() *weights.Set {
	s.t.Helper()
	set, err := weights.NewSet(s.specs, s.state[:len(s.specs)])
	if err != nil {
		s.t.Fatal(err)
	}
	return set
}

// adam returns the next weights, first and second moments; the moments are not debiased.
func adam(w, m, v, grads []*graph.Node, rate float64) []*graph.Node {
	n := len(w)
	next := make([]*graph.Node, 3*n)
	for i, g := range grads {
		first := graph.Add(graph.MulScalar(m[i], 0.9), graph.MulScalar(g, 0.1))
		second := graph.Add(graph.MulScalar(v[i], 0.95), graph.MulScalar(graph.Square(g), 0.05))
		by := graph.Div(first, graph.AddScalar(graph.Sqrt(second), 1e-8))
		next[i], next[n+i], next[2*n+i] = graph.Sub(w[i], graph.MulScalar(by, rate)), first, second
	}
	return next
}

// Floats returns a tensor of standard normal numbers drawn by the name.
func Floats(name string, dims ...int) *tensors.Tensor {
	values := make([]float32, size(dims))
	weights.Normal(1).Draw(values, 7, name)
	return tensors.FromFlatDataAndDimensions(values, dims...)
}

// IDs returns a tensor [rows, columns] of ids from 2 up to the vocabulary, drawn by the name. Every
// second row ends with an EOS (1) and padding (0).
func IDs(name string, vocab, rows, columns int) *tensors.Tensor {
	stream := random.New(7, random.Name(name))
	ids := make([]int32, rows*columns)
	for i := range ids {
		ids[i] = int32(2 + stream.IntN(vocab-2))
		if row, column := i/columns, i%columns; row%2 == 1 && column >= columns-2 {
			ids[i] = int32(columns - 1 - column)
		}
	}
	return tensors.FromFlatDataAndDimensions(ids, rows, columns)
}

func size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// Time takes steps for a benchmark and reports the milliseconds of a step, by the clock and of all
// cores together. The second number means more on a machine that others use too.
func (s *Step) Time(b *testing.B) {
	b.Helper()
	s.Do() // compiles
	s.Do()
	b.ResetTimer()
	began, used := time.Now(), ProcessorTime()
	for range b.N {
		s.Do()
	}
	steps := float64(b.N)
	b.ReportMetric(time.Since(began).Seconds()*1e3/steps, "ms/step")
	b.ReportMetric((ProcessorTime()-used).Seconds()*1e3/steps, "cpu-ms/step")
	b.ReportMetric(0, "ns/op")
}
