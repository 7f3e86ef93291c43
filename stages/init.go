package stages

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/pali3/pali3/internal/safetensors"
	"github.com/pali3/pali3/models/weights"
)

// initialWeights draws the weights. At the beginning of a run it then takes those of earlier runs;
// a resumed run has all of them in its checkpoint.
func (r Recipe) initialWeights(specs []weights.Spec, fresh bool) (*weights.Set, error) {
	set := weights.Initial(specs, r.Mixture.Seed)
	if !fresh {
		return set, nil
	}
	for _, init := range r.Init {
		if err := init.take(set); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// take replaces the weights of the set that the init asks for by those of its file. An image
// encoder's position table is resized if its grid differs.
func (i Init) take(set *weights.Set) error {
	path, err := i.file()
	if err != nil {
		return err
	}
	wanted, err := i.wanted(path, set.Specs())
	if err != nil {
		return err
	}
	var specs []weights.Spec
	for at, spec := range set.Specs() {
		if wanted[at] {
			specs = append(specs, spec)
		}
	}
	loaded, err := weights.Load(path, specs)
	if err != nil {
		return err
	}
	values := loaded.Tensors()
	for at := range wanted {
		if wanted[at] {
			set.Tensors()[at], values = values[0], values[1:]
		}
	}
	return nil
}

// file returns the safetensors file that From names.
func (i Init) file() (string, error) {
	info, err := os.Stat(i.From)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("taking weights: %s does not exist; train it first, or set from to another run folder or safetensors file", i.From)
	}
	if err != nil {
		return "", fmt.Errorf("taking weights: %w", err)
	}
	if !info.IsDir() {
		return i.From, nil
	}
	for _, name := range []string{WeightsFile, "model.safetensors"} {
		path := filepath.Join(i.From, name)
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return path, err
		}
	}
	return "", fmt.Errorf("taking weights: %s has neither %s nor model.safetensors: is its training finished?", i.From, WeightsFile)
}

// wanted reports which weights to take: those under the prefixes, or all that the file has.
func (i Init) wanted(path string, specs []weights.Spec) ([]bool, error) {
	if len(i.Prefixes) > 0 {
		wanted, err := weights.Frozen(specs, i.Prefixes)
		if err != nil {
			return nil, fmt.Errorf("taking weights from %s: prefixes: %w", path, err)
		}
		return wanted, nil
	}
	file, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	wanted := make([]bool, len(specs))
	for at, spec := range specs {
		_, wanted[at] = file.Entry(spec.Name)
	}
	if !slices.Contains(wanted, true) {
		return nil, fmt.Errorf("taking weights from %s: it has none of the model's weights", path)
	}
	return wanted, nil
}
