package stages

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/pali3/pali3/models/weights"
)

// initialWeights draws the weights. At the beginning of a run it then takes those of earlier runs,
// and says what it took; a resumed run has all of them in its checkpoint.
func (r Recipe) initialWeights(specs []weights.Spec, fresh bool, say func(string)) (*weights.Set, error) {
	set := weights.Initial(specs, r.Mixture.Seed)
	if !fresh {
		return set, nil
	}
	for _, init := range r.Init {
		report, err := init.take(set)
		if err != nil {
			return nil, err
		}
		if say != nil {
			say(fmt.Sprintf("took weights from %s: %s", init.From, strings.ReplaceAll(strings.TrimSpace(report.String()), "\n", "; ")))
		}
	}
	return set, nil
}

// take replaces the weights of the set that the init asks for by those of its file. An image
// encoder's position table is resized if its grid differs.
func (i Init) take(set *weights.Set) (weights.Report, error) {
	opened, err := i.open()
	if err != nil {
		return weights.Report{}, err
	}
	defer opened.file.Close()
	wanted, err := i.wanted(opened.named, set.Specs())
	if err != nil {
		return weights.Report{}, err
	}
	var specs []weights.Spec
	for at, spec := range set.Specs() {
		if wanted[at] {
			specs = append(specs, spec)
		}
	}
	loaded, report, err := weights.LoadFile(opened.named, specs, nil)
	if err != nil {
		return report, err
	}
	values := loaded.Tensors()
	for at := range wanted {
		if wanted[at] {
			set.Tensors()[at], values = values[0], values[1:]
		}
	}
	return report, nil
}

// openedInit is an open file of weights, and the same under the model's names.
type openedInit struct{ file, named *weights.File }

// open opens the weights that From names, under the names that Prefixes give them.
func (i Init) open() (openedInit, error) {
	file, err := i.openFile()
	if err != nil {
		return openedInit{}, err
	}
	named, err := weights.AnyLayout(file, nil)
	if err == nil && i.Prefixes.rename() {
		named, err = weights.Prefixed(i.Prefixes.names())(named, nil)
	}
	if err != nil {
		file.Close()
		return openedInit{}, fmt.Errorf("taking weights: %w", err)
	}
	return openedInit{file, named}, nil
}

func (i Init) openFile() (*weights.File, error) {
	file, err := weights.OpenFile(i.From)
	if errors.Is(err, fs.ErrNotExist) {
		if _, missing := os.Stat(i.From); missing != nil {
			return nil, fmt.Errorf("taking weights: %s does not exist; train it first, or set from to another run folder or file of weights", i.From)
		}
		return nil, fmt.Errorf("taking weights: %w; is its training finished?", err)
	}
	if err != nil {
		return nil, fmt.Errorf("taking weights: %w", err)
	}
	return file, nil
}

// wanted reports which weights to take: those under the prefixes, or all that the file has.
func (i Init) wanted(file *weights.File, specs []weights.Spec) ([]bool, error) {
	if len(i.Prefixes) > 0 {
		wanted, err := weights.Frozen(specs, i.Prefixes.ours())
		if err != nil {
			return nil, fmt.Errorf("taking weights from %s: prefixes: %w", i.From, err)
		}
		return wanted, nil
	}
	wanted := make([]bool, len(specs))
	for at, spec := range specs {
		_, wanted[at] = file.Entry(spec.Name)
	}
	if !slices.Contains(wanted, true) {
		return nil, fmt.Errorf("taking weights from %s: it has none of the model's weights, but %s; if these are other names for them, "+
			"set prefixes to {theirs: ours}", i.From, strings.Join(firstNames(file), ", "))
	}
	return wanted, nil
}

func firstNames(file *weights.File) (names []string) {
	for n, e := range file.Entries() {
		if n == 3 {
			return append(names, "...")
		}
		names = append(names, e.Name)
	}
	return names
}
