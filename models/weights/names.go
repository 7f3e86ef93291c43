package weights

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Names presents a file that has other names or another layout under the names and in the shapes of
// specs. The file that it returns reads from f and need not be closed. Specs are those of the
// weights asked for; nil if all are.
type Names func(f *File, specs []Spec) (*File, error)

// Renamed returns the names of a file that differs in its names only. Theirs returns the file's
// name for ours. The file's other tensors keep their names.
func Renamed(theirs func(ours string) string) Names {
	return func(f *File, specs []Spec) (*File, error) {
		ours := map[string][]string{}
		for _, spec := range specs {
			name := theirs(spec.Name)
			ours[name] = append(ours[name], spec.Name)
		}
		var all []tensor
		for _, t := range f.tensors {
			for _, name := range ours[t.Name] {
				renamed := t
				renamed.Name = name
				all = append(all, renamed)
			}
			if len(ours[t.Name]) == 0 {
				all = append(all, t)
			}
		}
		return f.view(all)
	}
}

// Prefixed returns the names of a file whose parts are ours under other prefixes: to[theirs] is our
// prefix for theirs. A prefix covers whole parts of a name, as in [Frozen]; "" covers, or adds,
// nothing. Of several prefixes that cover a name the longest counts. Tensors under none of them are
// ignored.
func Prefixed(to map[string]string) Names {
	return func(f *File, _ []Spec) (*File, error) {
		var all []tensor
		var left []Named
		used := map[string]bool{}
		for _, t := range f.tensors {
			prefix, covered := longestPrefix(to, t.Name)
			if !covered {
				left = append(left, Named{t.Name, "it is under none of the prefixes taken"})
				continue
			}
			used[prefix] = true
			rest := strings.TrimPrefix(strings.TrimPrefix(t.Name, strings.TrimSuffix(prefix, ".")), ".")
			t.Name = joinName(to[prefix], rest)
			all = append(all, t)
		}
		for _, prefix := range slices.Sorted(maps.Keys(to)) {
			if !used[prefix] {
				return nil, fmt.Errorf("reading %s: no tensor's name begins with %q; it has %s", f.path, prefix, strings.Join(f.beginnings(), ", "))
			}
		}
		view, err := f.view(all)
		if err != nil {
			return nil, err
		}
		view.ignored = append(view.ignored, left...)
		return view, nil
	}
}

func longestPrefix(prefixes map[string]string, name string) (longest string, covered bool) {
	for prefix := range prefixes {
		if hasPrefix(name, prefix) && (!covered || len(prefix) > len(longest)) {
			longest, covered = prefix, true
		}
	}
	return longest, covered
}

func joinName(prefix, rest string) string {
	prefix = strings.TrimSuffix(prefix, ".")
	if prefix == "" || rest == "" {
		return prefix + rest
	}
	return prefix + "." + rest
}

// beginnings lists the first parts of the tensors' names, at most [listed].
func (f *File) beginnings() (all []string) {
	for _, t := range f.tensors {
		first, _, _ := strings.Cut(strings.ReplaceAll(t.Name, "/", "."), ".")
		if !slices.Contains(all, first) {
			all = append(all, first)
		}
	}
	return shortList(all)
}

// InTurn returns the names of applying each of the given in turn.
func InTurn(all ...Names) Names {
	return func(f *File, specs []Spec) (*File, error) {
		var err error
		for _, names := range all {
			if f, err = names(f, specs); err != nil {
				return nil, err
			}
		}
		return f, nil
	}
}
