package weights

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/strict"
)

// Report says how a file's tensors and a model's weights match. Names are the model's.
type Report struct {
	// Loaded is the number of weights read.
	Loaded int `json:"loaded"`
	// Missing are weights that the file does not have.
	Missing []MissingWeight `json:"missing"`
	// Misshapen are weights that the file has in another shape.
	Misshapen []Misshapen `json:"misshapen"`
	// Adapted are weights that the file has in another shape and that were converted, such as
	// position tables that were resized.
	Adapted []Misshapen `json:"adapted"`
	// Unexpected are the file's tensors that the model does not have.
	Unexpected []string `json:"unexpected"`
	// Ignored are the file's tensors that are known not to be weights of the model.
	Ignored []Named `json:"ignored"`
	// Added are weights that the file does not hold but implies, such as an identity.
	Added []Named `json:"added"`
}

// MissingWeight is a weight that a file does not have.
type MissingWeight struct {
	Name string `json:"name"`
	// Shape in a file.
	Shape []int `json:"shape"`
	// Nearest is the most similar name of the file's unexpected tensors, or "".
	Nearest string `json:"nearest,omitempty"`
}

// Misshapen is a weight whose shape differs. Shapes are those in files.
type Misshapen struct {
	Name  string `json:"name"`
	File  []int  `json:"file"`
	Model []int  `json:"model"`
}

// listed is the most names that a message lists.
const listed = 5

// Err returns an error that names the weights that could not be read, at most five of a kind, or
// nil if there are none.
func (r Report) Err() error {
	var all []error
	for i, m := range r.Missing {
		if i == listed {
			all = append(all, fmt.Errorf("it lacks %d other weights", len(r.Missing)-listed))
			break
		}
		hint := ""
		if m.Nearest != "" {
			hint = fmt.Sprintf("; the nearest name it has is %s", m.Nearest)
		}
		all = append(all, fmt.Errorf("it has no weight %s %v%s", m.Name, m.Shape, hint))
	}
	for i, m := range r.Misshapen {
		if i == listed {
			all = append(all, fmt.Errorf("%d other weights have other shapes", len(r.Misshapen)-listed))
			break
		}
		all = append(all, fmt.Errorf("weight %s has shape %v, the model's is %v", m.Name, m.File, m.Model))
	}
	return errors.Join(all...)
}

// String returns a few lines: one for each kind that there is, with at most five names.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d weights loaded\n", r.Loaded)
	line := func(count int, what string, name func(int) string) {
		if count == 0 {
			return
		}
		var names []string
		for i := range min(count, listed) {
			names = append(names, name(i))
		}
		more := ""
		if count > listed {
			more = ", ..."
		}
		fmt.Fprintf(&b, "%d %s: %s%s\n", count, what, strings.Join(names, ", "), more)
	}
	shapes := func(m Misshapen) string { return fmt.Sprintf("%s %v for %v", m.Name, m.File, m.Model) }
	reason := func(n Named) string { return fmt.Sprintf("%s (%s)", n.Name, n.Why) }
	line(len(r.Missing), "missing", func(i int) string { return r.Missing[i].Name })
	line(len(r.Misshapen), "of another shape", func(i int) string { return shapes(r.Misshapen[i]) })
	line(len(r.Adapted), "adapted to another shape", func(i int) string { return shapes(r.Adapted[i]) })
	line(len(r.Unexpected), "unexpected", func(i int) string { return r.Unexpected[i] })
	line(len(r.Ignored), "ignored", func(i int) string { return reason(r.Ignored[i]) })
	line(len(r.Added), "added", func(i int) string { return reason(r.Added[i]) })
	return b.String()
}

// nearestNames sets the nearest names of the first missing weights.
func (r *Report) nearestNames() {
	var candidates []string
	for _, name := range r.Unexpected[:min(len(r.Unexpected), 2000)] {
		if len(name) < 200 {
			candidates = append(candidates, name)
		}
	}
	for i := range r.Missing[:min(len(r.Missing), listed)] {
		r.Missing[i].Nearest = strict.Nearest(r.Missing[i].Name, candidates)
	}
}

// shortList returns the first names of a list and, if there are more, how many.
func shortList(names []string) []string {
	if len(names) <= listed {
		return names
	}
	return append(slices.Clone(names[:listed]), fmt.Sprintf("%d others", len(names)-listed))
}
