package stages

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/hubfolder"
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
		report, left, err := init.take(set, &Registry{Families: r.Families, Download: r.Download})
		if err != nil {
			return nil, err
		}
		if say != nil {
			say(fmt.Sprintf("took weights from %s: %s%s", init.From, strings.ReplaceAll(strings.TrimSpace(report.String()), "\n", "; "), left))
		}
	}
	return set, nil
}

// take replaces the weights of the set that the init asks for by those of its file, and says which
// of the model's weights the file does not have. An image encoder's position table is resized if
// its grid differs, and token embeddings beyond the model's are dropped.
func (i Init) take(set *weights.Set, registry *Registry) (report weights.Report, left string, err error) {
	opened, err := i.open(set.Specs(), registry)
	if err != nil {
		return report, "", err
	}
	defer opened.file.Close()
	wanted, err := i.wanted(opened.named, set.Specs())
	if err != nil {
		return report, "", err
	}
	var specs []weights.Spec
	var drawn []string
	for at, spec := range set.Specs() {
		if wanted[at] {
			specs = append(specs, withoutRows(spec, opened.named))
		} else {
			drawn = append(drawn, spec.Name)
		}
	}
	loaded, report, err := weights.LoadFile(opened.named, specs, nil)
	if err != nil {
		return report, "", err
	}
	if len(drawn) > 0 {
		left = fmt.Sprintf("; %d of the model's weights are not taken: %s", len(drawn), strings.Join(first(drawn, 3), ", "))
	}
	values := loaded.Tensors()
	for at := range wanted {
		if wanted[at] {
			set.Tensors()[at], values = values[0], values[1:]
		}
	}
	return report, left, nil
}

// tokenTables are the last parts of the names of weights with a row for each token id.
var tokenTables = []string{"shared.weight", "lm_head.weight", "token_embedding.weight", "embed_tokens.weight"}

// withoutRows lets a weight with a row for each token be taken from a file that has more rows, as
// published models do whose tables are padded.
func withoutRows(spec weights.Spec, file *weights.File) weights.Spec {
	want := spec.Layout.FileShape(spec.Shape)
	entry, has := file.Entry(spec.Name)
	if !has || spec.Adapt != nil || len(want) != 2 || len(entry.Shape) != 2 || entry.Shape[1] != want[1] || entry.Shape[0] <= want[0] ||
		!slices.ContainsFunc(tokenTables, func(name string) bool { return spec.Name == name || strings.HasSuffix(spec.Name, "."+name) }) {
		return spec
	}
	spec.Adapt = func(stored []float32, shape []int) ([]float32, error) { return stored[:want[0]*shape[1]], nil }
	return spec
}

// openedInit is an open file of weights, and the same under the model's names.
type openedInit struct{ file, named *weights.File }

// open opens the weights that From names, under the names that Prefixes give them. Without new
// names, those of a published model of a known family are the family's.
func (i Init) open(specs []weights.Spec, registry *Registry) (openedInit, error) {
	dir, err := registry.folder(i.From)
	if err != nil {
		return openedInit{}, fmt.Errorf("taking weights: %w", err)
	}
	i.From = dir
	file, err := i.openFile()
	if err != nil {
		return openedInit{}, err
	}
	names := weights.AnyLayout
	if layout := publishedLayout(i.From, registry); layout != nil && !i.Prefixes.rename() {
		names = layout
	}
	named, err := names(file, specs)
	if err == nil && i.Prefixes.rename() {
		named, err = weights.Prefixed(i.Prefixes.names())(named, nil)
	}
	if err != nil {
		file.Close()
		return openedInit{}, fmt.Errorf("taking weights: %w", err)
	}
	return openedInit{file, named}, nil
}

// publishedLayout returns how a folder's family lays its weights out, nil if it is no folder of a
// published model or has our names.
func publishedLayout(dir string, registry *Registry) weights.Names {
	if exists(filepath.Join(dir, RecipeFile)) || !hubfolder.Is(dir) {
		return nil
	}
	folder, err := hubfolder.Open(dir)
	if err != nil {
		return nil // the weights are what matters
	}
	f, known := registry.families().OfType(folder.ModelType)
	if !known {
		return nil
	}
	m, err := f.Hub.Read(folder.Config)
	if err != nil {
		return nil
	}
	return f.Hub.Layout(m)
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
