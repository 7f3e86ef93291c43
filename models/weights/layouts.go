package weights

import (
	"fmt"
	"slices"
	"strings"
)

// layouts are the known layouts of files, by the names that users give.
var layouts = []struct {
	name  string
	names Names
	// marks are in the names of tensors that no other layout has.
	marks []string
}{
	{"big_vision", BigVision, []string{"Transformer/encoder", "Encoder_0/encoder", "llm/embedder/"}},
	{"t5x", T5X, []string{"token_embedder/embedding"}},
	{"transformers", AsStored, nil},
}

// AsStored is the [Names] of files that have transformers' names already.
func AsStored(f *File, _ []Spec) (*File, error) { return f, nil }

// AnyLayout is the [Names] of whatever layout the file has, as [Layout] finds it.
func AnyLayout(f *File, specs []Spec) (*File, error) {
	names, err := LayoutNames(LayoutOf(f))
	if err != nil {
		return nil, err
	}
	return names(f, specs)
}

// LayoutOf returns the layout that a file has, by the names of its tensors: "big_vision", "t5x" or
// "transformers".
func LayoutOf(f *File) string {
	for _, l := range layouts {
		for _, t := range f.tensors {
			if slices.ContainsFunc(l.marks, func(mark string) bool { return strings.Contains(t.Name, mark) }) {
				return l.name
			}
		}
	}
	return "transformers"
}

// Layouts lists the layouts that are known.
func Layouts() (names []string) {
	for _, l := range layouts {
		names = append(names, l.name)
	}
	return names
}

// LayoutNames returns the [Names] of a layout.
func LayoutNames(layout string) (Names, error) {
	for _, l := range layouts {
		if l.name == layout {
			return l.names, nil
		}
	}
	return nil, fmt.Errorf("layout %q is none of %s", layout, strings.Join(Layouts(), ", "))
}
