package modeltest

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/internal/safetensors"
)

// Golden is a file of a reference implementation's inputs and outputs.
type Golden struct {
	t    testing.TB
	file *safetensors.File
}

// OpenGolden opens a file for the length of the test.
func OpenGolden(t testing.TB, path string) Golden {
	t.Helper()
	file, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return Golden{t, file}
}

// Floats returns a tensor of floating-point numbers.
func (g Golden) Floats(name string) *tensors.Tensor {
	g.t.Helper()
	values, err := g.file.Float32(name)
	if err != nil {
		g.t.Fatal(err)
	}
	return tensors.FromFlatDataAndDimensions(values, g.shape(name)...)
}

// Ints returns a tensor of integers.
func (g Golden) Ints(name string) *tensors.Tensor {
	g.t.Helper()
	values, err := g.file.Int32(name)
	if err != nil {
		g.t.Fatal(err)
	}
	return tensors.FromFlatDataAndDimensions(values, g.shape(name)...)
}

func (g Golden) shape(name string) []int {
	entry, _ := g.file.Entry(name)
	return entry.Shape
}

// Near fails the test unless got has the golden's shape and elements, up to the given difference.
func (g Golden) Near(name string, got *tensors.Tensor, within float64) {
	g.t.Helper()
	want := g.Floats(name)
	if !want.Shape().Equal(got.Shape()) {
		g.t.Errorf("%s has shape %s, want %s", name, got.Shape(), want.Shape())
		return
	}
	a, b := tensors.MustCopyFlatData[float32](got), tensors.MustCopyFlatData[float32](want)
	worst := 0
	for i := range a {
		if !(math.Abs(float64(a[i]-b[i])) <= math.Abs(float64(a[worst]-b[worst]))) {
			worst = i
		}
	}
	if difference := math.Abs(float64(a[worst] - b[worst])); !(difference <= within) {
		g.t.Errorf("%s: element %d is %g, want %g", name, worst, a[worst], b[worst])
	}
}
