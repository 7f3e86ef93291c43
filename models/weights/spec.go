package weights

import (
	"fmt"
	"slices"
	"strings"
)

// Spec describes one weight of a model.
type Spec struct {
	// Name as transformers writes it, for example
	// "vision_model.encoder.layers.0.self_attn.q_proj.weight".
	Name string
	// Shape as the graph uses it: [in, out] for a kernel.
	Shape []int
	// Init initialises it.
	Init Init
	// Decay is whether weight decay applies: to kernels of linear maps, but not to biases, scales,
	// embeddings and position tables (big_vision's mask ".*/kernel$").
	Decay bool
	// Layout is how files store it.
	Layout Layout
	// Adapt, if not nil, converts a weight that has another shape in a file, such as a position
	// table for another image size. It takes the file's elements and their shape.
	Adapt func(stored []float32, shape []int) ([]float32, error)
}

// Size returns the number of elements.
func (s Spec) Size() int {
	size := 1
	for _, d := range s.Shape {
		size *= d
	}
	return size
}

// same reports whether two requests for one name agree.
func (s Spec) same(other Spec) bool {
	return slices.Equal(s.Shape, other.Shape) && s.Layout == other.Layout
}

// Parameters returns the number of elements of all weights.
func Parameters(specs []Spec) int {
	total := 0
	for _, s := range specs {
		total += s.Size()
	}
	return total
}

// Frozen reports for each weight whether its name begins with one of the prefixes. A prefix covers
// whole parts of a name: "encoder" covers "encoder.block.0.layer.0.layer_norm.weight" but not
// "encoder2.bias". It is an error if a prefix covers no weight, as a misspelt one would.
func Frozen(specs []Spec, prefixes []string) ([]bool, error) {
	frozen := make([]bool, len(specs))
	for _, prefix := range prefixes {
		covers := false
		for i, s := range specs {
			if hasPrefix(s.Name, prefix) {
				frozen[i], covers = true, true
			}
		}
		if !covers {
			return nil, fmt.Errorf("freezing %q: no weight's name begins with it", prefix)
		}
	}
	return frozen, nil
}

func hasPrefix(name, prefix string) bool {
	prefix = strings.TrimSuffix(prefix, ".")
	rest, ok := strings.CutPrefix(name, prefix)
	return ok && (rest == "" || prefix == "" || rest[0] == '.')
}
