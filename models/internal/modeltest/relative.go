package modeltest

import (
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/weights"
)

// Has reports whether the file has the tensor.
func (g Golden) Has(name string) bool {
	_, ok := g.file.Entry(name)
	return ok
}

// Names returns the names of the file's tensors.
func (g Golden) Names() (names []string) {
	for _, e := range g.file.Entries() {
		names = append(names, e.Name)
	}
	return names
}

// Close fails the test unless got has as many elements as the golden and differs from it by at most
// relative times the golden's largest element. It returns the difference in those terms.
func (g Golden) Close(name string, got *tensors.Tensor, relative float64) float64 {
	g.t.Helper()
	a, b := tensors.MustCopyFlatData[float32](got), tensors.MustCopyFlatData[float32](g.Floats(name))
	if len(a) != len(b) {
		g.t.Errorf("%s has %d elements, want %d", name, len(a), len(b))
		return math.Inf(1)
	}
	worst, largest := 0, 0.0
	for i := range a {
		if !(math.Abs(float64(a[i]-b[i])) <= math.Abs(float64(a[worst]-b[worst]))) {
			worst = i
		}
		largest = max(largest, math.Abs(float64(b[i])))
	}
	difference := math.Abs(float64(a[worst]-b[worst])) / max(largest, 1e-30)
	if largest < 1e-6 { // zero but for rounding, such as the gradient of the keys' bias
		difference = math.Abs(float64(a[worst] - b[worst]))
	}
	if !(difference <= relative) {
		g.t.Errorf("%s: element %d is %g, want %g: a difference of %.2g, more than %.2g", name, worst, a[worst], b[worst], difference, relative)
	}
	return difference
}

// InFileOrder returns a weight, or its gradient, in the layout that files have.
func InFileOrder(spec weights.Spec, x *tensors.Tensor) *tensors.Tensor {
	stored := spec.Layout.ToFile(tensors.MustCopyFlatData[float32](x), spec.Shape)
	return tensors.FromFlatDataAndDimensions(stored, spec.Layout.FileShape(spec.Shape)...)
}
