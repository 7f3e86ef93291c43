package weights

import (
	"bytes"
	"fmt"
	"math"
	"slices"

	"github.com/pali3/pali3/internal/safetensors"
)

// Difference says how a tensor of one file differs from that of the same name in another.
type Difference struct {
	A, B Entry
	// Equal says that shapes and all elements are the same, whatever their types.
	Equal bool
	// Max is the largest absolute difference of two elements, and At where it is. It is infinite if
	// only one of the two elements is a finite number.
	Max float64
	At  int
	// Relative is Max divided by the largest absolute value in the two tensors.
	Relative float64
	// Cosine of the two tensors as vectors; 1 if they are equal, 0 if one is 0 or Max is infinite.
	Cosine float64
}

// Diff compares the tensors that two files both have, and passes what it finds to visit, sorted by
// name. It reads two tensors at a time. Of tensors with different shapes, only the entries are
// passed.
func Diff(a, b *File, visit func(Difference) error) error {
	for _, t := range a.tensors {
		other, ok := b.tensor(t.Name)
		if !ok {
			continue
		}
		d := Difference{A: t.Entry, B: other.Entry}
		if slices.Equal(t.Shape, other.Shape) {
			var err error
			if d, err = difference(t, other); err != nil {
				return fmt.Errorf("comparing %s and %s: %w", a.path, b.path, err)
			}
		}
		if err := visit(d); err != nil {
			return err
		}
	}
	return nil
}

func difference(a, b tensor) (Difference, error) {
	d := Difference{A: a.Entry, B: b.Entry}
	if !safetensors.DType(a.DType).Floating() || !safetensors.DType(b.DType).Floating() {
		return rawDifference(d, a, b)
	}
	x, err := a.floats()
	if err != nil {
		return d, err
	}
	y, err := b.floats()
	if err != nil {
		return d, err
	}
	var largest, squaresX, squaresY, product float64
	for i := range x {
		u, v := float64(x[i]), float64(y[i])
		apart := math.Abs(u - v)
		switch {
		case u == v || u != u && v != v:
			apart = 0
		case math.IsNaN(apart):
			apart = math.Inf(1)
		}
		if apart > d.Max {
			d.Max, d.At = apart, i
		}
		largest = max(largest, math.Abs(u), math.Abs(v))
		squaresX, squaresY, product = squaresX+u*u, squaresY+v*v, product+u*v
	}
	d.Equal, d.Cosine = d.Max == 0, 1
	if math.IsInf(d.Max, 1) {
		d.Relative, d.Cosine = d.Max, 0
	} else if d.Max > 0 {
		d.Relative = d.Max / largest
		d.Cosine = cosine(product, squaresX, squaresY)
	}
	return d, nil
}

func cosine(product, squaresX, squaresY float64) float64 {
	if squaresX == 0 || squaresY == 0 {
		return 0
	}
	return product / (math.Sqrt(squaresX) * math.Sqrt(squaresY))
}

// rawDifference compares integers by their bytes.
func rawDifference(d Difference, a, b tensor) (Difference, error) {
	if a.raw == nil || b.raw == nil || a.DType != b.DType {
		d.Max, d.Relative = math.Inf(1), math.Inf(1)
		return d, nil
	}
	x, err := a.raw()
	if err != nil {
		return d, err
	}
	y, err := b.raw()
	if err != nil {
		return d, err
	}
	if d.Equal, d.Cosine = bytes.Equal(x, y), 1; d.Equal {
		return d, nil
	}
	return integerDifference(d, x, y), nil
}

func integerDifference(d Difference, x, y []byte) Difference {
	width, _ := safetensors.DType(d.A.DType).Size()
	var largest, squaresX, squaresY, product float64
	for i := range len(x) / width {
		u, v := integer(d.A.DType, x[i*width:(i+1)*width]), integer(d.A.DType, y[i*width:(i+1)*width])
		if apart := math.Abs(u - v); apart > d.Max {
			d.Max, d.At = apart, i
		}
		largest = max(largest, math.Abs(u), math.Abs(v))
		squaresX, squaresY, product = squaresX+u*u, squaresY+v*v, product+u*v
	}
	d.Relative, d.Cosine = d.Max/largest, cosine(product, squaresX, squaresY)
	return d
}

// integer returns a little-endian integer.
func integer(dtype string, content []byte) float64 {
	bits := uint64(0)
	for i := len(content) - 1; i >= 0; i-- {
		bits = bits<<8 | uint64(content[i])
	}
	if unsigned := dtype[0] != 'I'; unsigned {
		return float64(bits)
	}
	shift := 64 - 8*len(content)
	return float64(int64(bits<<shift) >> shift)
}
