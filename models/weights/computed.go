package weights

import (
	"fmt"
	"slices"
	"sync"
)

// named returns the tensor under another name.
func (t tensor) named(name string) tensor {
	t.Name = name
	return t
}

// reshaped returns the tensor's elements in another shape of the same size.
func (t tensor) reshaped(shape ...int) (tensor, error) {
	from := t.Size()
	before := t.Shape
	t.Shape, t.raw = shape, nil
	if t.Size() != from {
		return tensor{}, fmt.Errorf("%s has shape %v, which is not %v", t.Name, before, shape)
	}
	return t, nil
}

// permuted returns the tensor with its axes in another order: axes[i] is the old axis at the new
// axis i.
func (t tensor) permuted(axes ...int) (tensor, error) {
	if len(t.Shape) != len(axes) {
		return tensor{}, fmt.Errorf("%s has shape %v, want %d dimensions", t.Name, t.Shape, len(axes))
	}
	shape, read := t.Shape, t.floats
	t.Shape = make([]int, len(axes))
	for i, axis := range axes {
		t.Shape[i] = shape[axis]
	}
	return t.computed(func() ([]float32, error) {
		values, err := read()
		if err != nil {
			return nil, err
		}
		return permute(values, shape, axes), nil
	}), nil
}

// computed returns the tensor with other elements.
func (t tensor) computed(floats func() ([]float32, error)) tensor {
	t.floats, t.raw, t.part = floats, nil, nil
	return t
}

// first returns the tensor with an axis moved to the front. The result is kept in memory while it
// is read slice by slice.
func (t tensor) first(axis int) tensor {
	if axis == 0 {
		return t
	}
	axes := []int{axis}
	for i := range t.Shape {
		if i != axis {
			axes = append(axes, i)
		}
	}
	t, _ = t.permuted(axes...)
	return t.kept(t.Shape[0])
}

// kept reads the elements once for the given number of reads.
func (t tensor) kept(reads int) tensor {
	var mutex sync.Mutex
	var values []float32
	left, read := 0, t.floats
	return t.computed(func() ([]float32, error) {
		mutex.Lock()
		defer mutex.Unlock()
		if left == 0 {
			var err error
			if values, err = read(); err != nil {
				return nil, err
			}
			left = reads
		}
		result := values
		if left--; left == 0 {
			values = nil
		}
		return result, nil
	})
}

// slice returns the elements at index i of the first axis.
func (t tensor) slice(i int) tensor {
	whole, size := t, t.Size()/max(t.Shape[0], 1)
	t.Shape = t.Shape[1:]
	return t.computed(func() ([]float32, error) {
		if whole.part != nil {
			return whole.part(i*size, size)
		}
		values, err := whole.floats()
		if err != nil {
			return nil, err
		}
		return slices.Clone(values[i*size : (i+1)*size]), nil
	})
}

// rows returns the elements from begin to end of the first axis.
func (t tensor) rows(begin, end int) tensor {
	whole, size := t.floats, t.Size()/max(t.Shape[0], 1)
	t.Shape = slices.Concat([]int{end - begin}, t.Shape[1:])
	return t.computed(func() ([]float32, error) {
		values, err := whole()
		if err != nil {
			return nil, err
		}
		return values[begin*size : end*size], nil
	})
}

// sum returns the elementwise sum of two tensors of one shape.
func sum(a, b tensor) (tensor, error) {
	if !slices.Equal(a.Shape, b.Shape) {
		return tensor{}, fmt.Errorf("%s has shape %v, %s, to be added to it, %v", a.Name, a.Shape, b.Name, b.Shape)
	}
	left, right := a.floats, b.floats
	a.from = slices.Concat(a.from, b.from)
	return a.computed(func() ([]float32, error) {
		x, err := left()
		if err != nil {
			return nil, err
		}
		y, err := right()
		if err != nil {
			return nil, err
		}
		total := make([]float32, len(x))
		for i := range x {
			total[i] = x[i] + y[i]
		}
		return total, nil
	}), nil
}

// concatenated joins tensors along their first axis.
func concatenated(all ...tensor) (tensor, error) {
	joined := all[0]
	joined.Shape, joined.from = slices.Clone(joined.Shape), nil
	joined.Shape[0] = 0
	for _, t := range all {
		if !slices.Equal(t.Shape[1:], all[0].Shape[1:]) {
			return tensor{}, fmt.Errorf("%s has shape %v, %s, to be joined with it, %v", all[0].Name, all[0].Shape, t.Name, t.Shape)
		}
		joined.Shape[0] += t.Shape[0]
		joined.from = append(joined.from, t.from...)
	}
	return joined.computed(func() ([]float32, error) {
		values := make([]float32, 0, joined.Size())
		for _, t := range all {
			part, err := t.floats()
			if err != nil {
				return nil, err
			}
			values = append(values, part...)
		}
		return values, nil
	}), nil
}

// permute reorders the elements of an array: axes[i] is the old axis at the new axis i.
func permute(values []float32, shape, axes []int) []float32 {
	if len(axes) == 2 && axes[0] == 1 {
		return transpose(values, shape[0], shape[1])
	}
	out := make([]float32, len(values))
	if len(out) == 0 {
		return out
	}
	steps := make([]int, len(shape)) // of the old axes
	for i, step := len(shape)-1, 1; i >= 0; i-- {
		steps[i] = step
		step *= shape[i]
	}
	position, from := make([]int, len(axes)), 0
	for at := range out {
		out[at] = values[from]
		for i := len(axes) - 1; i >= 0; i-- {
			position[i]++
			from += steps[axes[i]]
			if position[i] < shape[axes[i]] {
				break
			}
			from -= position[i] * steps[axes[i]]
			position[i] = 0
		}
	}
	return out
}

// transpose returns the transpose of a matrix. It works on squares that the caches hold.
func transpose(values []float32, rows, columns int) []float32 {
	const side = 32
	out := make([]float32, len(values))
	for top := 0; top < rows; top += side {
		bottom := min(top+side, rows)
		for left := 0; left < columns; left += side {
			right := min(left+side, columns)
			for column := left; column < right; column++ {
				to := out[column*rows+top : column*rows+bottom]
				for i := range to {
					to[i] = values[(top+i)*columns+column]
				}
			}
		}
	}
	return out
}
