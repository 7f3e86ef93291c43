package weights

import (
	"bytes"
	"fmt"
	"math"
	"slices"

	"github.com/pali3/pali3/internal/safetensors"
)

// Average returns the mean of several files, tensor by tensor, as for a model soup ("Model soups",
// arXiv 2203.05482). By gives each file's share, which need not add up to 1; nil for equal shares.
// The files must have the same tensors in the same shapes, and equal integers. Sums are in float64;
// types are those of the first file. The result reads from the files, so close them after it.
func Average(files []*File, by []float64) (*File, error) {
	if len(files) == 0 {
		return nil, fmt.Errorf("averaging: no files given")
	}
	shares, err := shares(len(files), by)
	if err != nil {
		return nil, err
	}
	first := files[0]
	for _, f := range files[1:] {
		if err := sameNames(first, f); err != nil {
			return nil, fmt.Errorf("averaging %s and %s: %w", first.path, f.path, err)
		}
	}
	all := make([]tensor, len(first.tensors))
	for i, t := range first.tensors {
		all[i] = t
		if safetensors.DType(t.DType).Floating() {
			all[i] = t.computed(func() ([]float32, error) { return mean(files, shares, t.Name, t.Size()) })
		} else {
			all[i].raw = func() ([]byte, error) { return agreed(files, t.Name) }
		}
	}
	return first.view(all)
}

// shares returns what each file counts; together 1.
func shares(files int, by []float64) ([]float64, error) {
	if by == nil {
		by = slices.Repeat([]float64{1}, files)
	}
	if len(by) != files {
		return nil, fmt.Errorf("averaging: %d shares for %d files", len(by), files)
	}
	total := 0.0
	for _, share := range by {
		total += share
	}
	if !(total > 0) || math.IsInf(total, 0) {
		return nil, fmt.Errorf("averaging: the shares %v add up to %g, want a positive number", by, total)
	}
	shares := make([]float64, files)
	for i, share := range by {
		shares[i] = share / total
	}
	return shares, nil
}

func sameNames(a, b *File) error {
	for _, t := range a.tensors {
		other, ok := b.Entry(t.Name)
		if !ok {
			return fmt.Errorf("only the first has %s", t.Name)
		}
		if !slices.Equal(t.Shape, other.Shape) {
			return fmt.Errorf("%s has shape %v and %v", t.Name, t.Shape, other.Shape)
		}
	}
	for _, t := range b.tensors {
		if _, ok := a.index[t.Name]; !ok {
			return fmt.Errorf("only the second has %s", t.Name)
		}
	}
	return nil
}

func mean(files []*File, shares []float64, name string, size int) ([]float32, error) {
	sums := make([]float64, size)
	for i, f := range files {
		values, err := f.Float32(name)
		if err != nil {
			return nil, err
		}
		for j, v := range values {
			sums[j] += shares[i] * float64(v)
		}
	}
	values := make([]float32, size)
	for j, sum := range sums {
		values[j] = float32(sum)
	}
	return values, nil
}

// agreed returns the bytes of a tensor that all files have alike.
func agreed(files []*File, name string) ([]byte, error) {
	var content []byte
	for i, f := range files {
		t, _ := f.tensor(name)
		other, err := t.raw()
		if err != nil {
			return nil, err
		}
		if first, _ := files[0].tensor(name); i > 0 && (t.DType != first.DType || !bytes.Equal(content, other)) {
			return nil, fmt.Errorf("averaging %s and %s: %s holds %s that differ, which have no mean", files[0].path, f.path, name, t.DType)
		}
		content = other
	}
	return content, nil
}
