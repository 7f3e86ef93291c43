package stages

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/internal/safetensors"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// positionTable is the weight whose shape depends on the image size.
const positionTable = visionPrefix + ".embeddings.position_embedding.weight"

// initialWeights draws the weights. At the beginning of a run it then takes those of earlier runs;
// a resumed run has all of them in its checkpoint.
func (r Recipe) initialWeights(specs []weights.Spec, network Network, fresh bool) (*weights.Set, error) {
	set := weights.Initial(specs, r.Mixture.Seed)
	if !fresh {
		return set, nil
	}
	for _, init := range r.Init {
		if err := init.take(set, network.image()); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// take replaces the weights of the set that the init asks for by those of its file. It resizes the
// image encoder's position table if its grid differs from that of image, which may be nil.
func (i Init) take(set *weights.Set, image *vit.Config) error {
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
	resized, err := stored(path, specs)
	if err != nil {
		return err
	}
	loaded, err := weights.Load(path, specs)
	if err != nil {
		return err
	}
	if resized && image != nil {
		if err := resizePositions(loaded, image); err != nil {
			return fmt.Errorf("taking %s from %s: %w", positionTable, path, err)
		}
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

// stored changes the shape of the position table in specs to that of the file, and reports whether
// they differed.
func stored(path string, specs []weights.Spec) (bool, error) {
	at := slices.IndexFunc(specs, func(s weights.Spec) bool { return strings.HasSuffix(s.Name, positionTable) })
	if at < 0 {
		return false, nil
	}
	file, err := safetensors.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	entry, ok := file.Entry(specs[at].Name)
	if !ok || slices.Equal(entry.Shape, specs[at].Shape) {
		return false, nil
	}
	specs[at].Shape = entry.Shape
	return true, nil
}

func resizePositions(set *weights.Set, image *vit.Config) error {
	at := slices.IndexFunc(set.Specs(), func(s weights.Spec) bool { return s.Name == positionTable })
	table, err := tensors.CopyFlatData[float32](set.Tensors()[at])
	if err != nil {
		return err
	}
	resized, err := vit.ResizePositions(table, set.Specs()[at].Shape, image.Grid(), image.Width)
	if err != nil {
		return err
	}
	set.Tensors()[at] = tensors.FromFlatDataAndDimensions(resized, image.Tokens(), image.Width)
	return nil
}
