package strict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severities of a [Finding].
const (
	Error   = "error"   // the recipe cannot be used
	Warning = "warning" // the recipe can be used, but has a likely mistake
)

// Finding is a problem with its place, as recipe check prints it.
type Finding struct {
	Severity string `json:"severity"`
	// Place is the file and line, or the assignment, that the key got its value from.
	Place string `json:"place"`
	// Line of the file, counted from 1; 0 if the key has none.
	Line int `json:"line,omitempty"`
	// Key in the form that assignments take; "" for the whole recipe.
	Key     string `json:"key"`
	Message string `json:"message"`
}

// String returns the finding on one line.
func (f Finding) String() string { return fmt.Sprintf("%s: %s: %s", f.Place, f.Severity, f.Message) }

// Findings adds to each problem its place in a file with assignments.
func (p Problems) Findings(severity string, content []byte, name string, assignments []string) (all []Finding) {
	lines, places := Lines(content), mergedPlaces(content)
	for _, one := range p {
		f := Finding{Severity: severity, Key: one.Path, Message: one.Text}
		switch {
		case one.Line > 0 && places != nil:
			f.Place = placeOf(places, one.Path, name)
		case one.Line > 0:
			f.Place, f.Line = lineOf(name, one.Line), one.Line
		case one.Line < 0 && one.Path == "":
			f.Place = assigned
		default:
			var assigned bool
			if f.Place, assigned = strings.CutSuffix(Place(content, name, assignments, one.Path), onTheRecipe); !assigned && places == nil {
				f.Line = LineOf(lines, one.Path)
			}
		}
		all = append(all, f)
	}
	return all
}

// SortFindings sorts findings by line, with those without a line last.
func SortFindings(all []Finding) {
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(min(a.Line, 1), min(b.Line, 1))*-1, cmp.Compare(a.Line, b.Line))
	})
}

// Without returns the problems whose keys, and the keys above them, have no problem in others.
func (p Problems) Without(others Problems) (left Problems) {
	known := map[string]bool{}
	for _, other := range others {
		known[other.Path] = true
	}
	for _, one := range p {
		within := false
		for path := one.Path; path != ""; path = path[:max(0, strings.LastIndexByte(path, '.'))] {
			within = within || known[path]
		}
		if !within {
			left = append(left, one)
		}
	}
	return left
}
