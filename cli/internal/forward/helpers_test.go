package forward_test

import (
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/random"
)

// open opens the default backend once: a tensor belongs to the backend that used it first.
var open = sync.OnceValues(func() (compute.Backend, error) { return backend.Open("") })

func backendOf(t testing.TB) compute.Backend {
	t.Helper()
	be, err := open()
	if err != nil {
		t.Fatal(err)
	}
	return be
}

// flat computes a model with the weights of a set and returns the elements of its first output.
func flat(t testing.TB, set *weights.Set, model func(*weights.Scope, []*graph.Node) []*graph.Node, inputs ...*tensors.Tensor) []float32 {
	t.Helper()
	exec, err := graph.NewExec(backendOf(t), func(all []*graph.Node) []*graph.Node {
		return model(weights.Bind(set.Specs(), all[len(inputs):]), all[:len(inputs)])
	})
	if err != nil {
		t.Fatal(err)
	}
	var args []any
	for _, x := range append(inputs, set.Tensors()...) {
		args = append(args, x)
	}
	out, err := exec.Call(args...)
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float32](out[0])
}

// floats returns a tensor of standard normal numbers drawn by the name.
func floats(name string, shape ...int) *tensors.Tensor {
	values := make([]float32, size(shape))
	weights.Normal(1).Draw(values, 7, name)
	return tensors.FromFlatDataAndDimensions(values, shape...)
}

// ids returns a tensor [rows, columns] of ids from 2 up to the vocabulary, drawn by the name. Every
// second row ends with EOS (1) and padding (0).
func ids(name string, vocabulary, rows, columns int) *tensors.Tensor {
	draw := random.New(7, random.Name(name))
	values := make([]int32, rows*columns)
	for i := range values {
		values[i] = int32(2 + draw.IntN(vocabulary-2))
		if row, column := i/columns, i%columns; row%2 == 1 && column >= columns-2 {
			values[i] = int32(columns - 1 - column)
		}
	}
	return tensors.FromFlatDataAndDimensions(values, rows, columns)
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
