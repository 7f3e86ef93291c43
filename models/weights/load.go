package weights

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/internal/safetensors"
)

// Load reads the weights of specs from a safetensors file of float32, bfloat16 or float16 numbers.
// The file must have each in its shape, or in one that its spec can adapt. Load ignores the file's
// other tensors.
func Load(path string, specs []Spec) (*Set, error) {
	file, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	values := make([]*tensors.Tensor, len(specs))
	for i, spec := range specs {
		if values[i], err = read(file, path, spec); err != nil {
			return nil, err
		}
	}
	return NewSet(specs, values)
}

// Fill replaces the weights whose names begin with one of the prefixes, as in [Frozen], by those of
// a file, and returns how many. The file must have each of them in its shape; on an error the set
// is unchanged. Without a prefix, Fill replaces every weight that the file has.
func (s *Set) Fill(path string, prefixes ...string) (int, error) {
	file, err := safetensors.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	wanted, err := Frozen(s.specs, prefixes)
	if err != nil {
		return 0, fmt.Errorf("filling weights from %s: %w", path, err)
	}
	filled := 0
	values := slices.Clone(s.values)
	for i, spec := range s.specs {
		_, present := file.Entry(spec.Name)
		if !wanted[i] && (len(prefixes) > 0 || !present) {
			continue
		}
		if values[i], err = read(file, path, spec); err != nil {
			return 0, err
		}
		filled++
	}
	copy(s.values, values)
	return filled, nil
}

func read(file *safetensors.File, path string, spec Spec) (*tensors.Tensor, error) {
	want := spec.Layout.FileShape(spec.Shape)
	entry, ok := file.Entry(spec.Name)
	if !ok {
		return nil, fmt.Errorf("loading %s: it has no weight %s %v", path, spec.Name, want)
	}
	fits := slices.Equal(entry.Shape, want)
	if !fits && spec.Adapt == nil {
		return nil, fmt.Errorf("loading %s: weight %s has shape %v, the model's is %v", path, spec.Name, entry.Shape, want)
	}
	stored, err := file.Float32(spec.Name)
	if err != nil {
		return nil, err
	}
	if !fits {
		if stored, err = spec.Adapt(stored, entry.Shape); err != nil {
			return nil, fmt.Errorf("loading %s: weight %s: %w", path, spec.Name, err)
		}
	}
	return tensors.FromFlatDataAndDimensions(spec.Layout.FromFile(stored, spec.Shape), spec.Shape...), nil
}
