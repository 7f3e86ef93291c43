package weights

import (
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/gomlx/gomlx/core/tensors"
)

// Load reads the weights of specs from a file or folder, as [OpenFile] opens it, that has them
// under their names. It must have each in its shape, or in one that its spec can adapt. Load
// ignores the file's other tensors.
func Load(path string, specs []Spec) (*Set, error) {
	file, err := OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	set, _, err := LoadFile(file, specs, nil)
	return set, err
}

// LoadFile reads the weights of specs from a file whose layout names describes, nil for
// transformers'. The report says what was missing, unexpected or ignored, also beside an error. The
// set is nil if any weight could not be read.
func LoadFile(f *File, specs []Spec, names Names) (*Set, Report, error) {
	if names != nil {
		var err error
		if f, err = names(f, specs); err != nil {
			return nil, Report{}, err
		}
	}
	report := compare(f, specs)
	if err := report.Err(); err != nil {
		return nil, report, fmt.Errorf("loading %s: %w", f.path, err)
	}
	values := make([]*tensors.Tensor, len(specs))
	failed := make([]error, len(specs))
	var group sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, spec := range specs {
		slots <- struct{}{}
		group.Go(func() {
			values[i], failed[i] = f.read(spec)
			<-slots
		})
	}
	group.Wait()
	for _, err := range failed {
		if err != nil {
			return nil, report, err
		}
	}
	report.Loaded = len(specs)
	set, err := NewSet(specs, values)
	return set, report, err
}

// compare matches the tensors of a file with specs.
func compare(f *File, specs []Spec) Report {
	report := Report{
		Missing: []MissingWeight{}, Misshapen: []Misshapen{}, Adapted: []Misshapen{}, Unexpected: []string{},
		Ignored: append([]Named{}, f.ignored...), Added: append([]Named{}, f.added...),
	}
	wanted := map[string]bool{}
	for _, spec := range specs {
		wanted[spec.Name] = true
		want := spec.Layout.FileShape(spec.Shape)
		entry, ok := f.Entry(spec.Name)
		switch {
		case !ok:
			report.Missing = append(report.Missing, MissingWeight{Name: spec.Name, Shape: want})
		case slices.Equal(entry.Shape, want):
		case spec.Adapt != nil:
			report.Adapted = append(report.Adapted, Misshapen{spec.Name, entry.Shape, want})
		default:
			report.Misshapen = append(report.Misshapen, Misshapen{spec.Name, entry.Shape, want})
		}
	}
	for _, t := range f.tensors {
		if !wanted[t.Name] {
			report.Unexpected = append(report.Unexpected, t.Name)
		}
	}
	report.nearestNames()
	return report
}

// read reads a weight that the file has, in the shape of the spec or in one that it adapts.
func (f *File) read(spec Spec) (*tensors.Tensor, error) {
	entry, _ := f.Entry(spec.Name)
	stored, err := f.Float32(spec.Name)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(entry.Shape, spec.Layout.FileShape(spec.Shape)) {
		if stored, err = spec.Adapt(stored, entry.Shape); err != nil {
			return nil, fmt.Errorf("loading %s: weight %s: %w", f.path, spec.Name, err)
		}
	}
	if len(stored) != spec.Size() {
		return nil, fmt.Errorf("loading %s: weight %s has %d elements, the model's has %d", f.path, spec.Name, len(stored), spec.Size())
	}
	return tensors.FromFlatDataAndDimensions(spec.Layout.FromFile(stored, spec.Shape), spec.Shape...), nil
}

// Fill replaces the weights whose names begin with one of the prefixes, as in [Frozen], by those of
// a file, and returns how many. The file must have each of them in its shape; on an error the set
// is unchanged. Without a prefix, Fill replaces every weight that the file has.
func (s *Set) Fill(path string, prefixes ...string) (int, error) {
	file, err := OpenFile(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	wanted, err := Frozen(s.specs, prefixes)
	if err != nil {
		return 0, fmt.Errorf("filling weights from %s: %w", path, err)
	}
	var at []int
	var specs []Spec
	for i, spec := range s.specs {
		_, present := file.Entry(spec.Name)
		if wanted[i] || len(prefixes) == 0 && present {
			at, specs = append(at, i), append(specs, spec)
		}
	}
	loaded, _, err := LoadFile(file, specs, nil)
	if err != nil {
		return 0, err
	}
	for n, i := range at {
		s.values[i] = loaded.values[n]
	}
	return len(at), nil
}
