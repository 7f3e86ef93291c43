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
	// Init draws it before training.
	Init Init
	// Decay says that weight decay applies: true for the kernels of linear maps, false for biases,
	// scales, embeddings and position tables (big_vision's mask ".*/kernel$").
	Decay bool
	// Layout says how the file stores it.
	Layout Layout
	// Adapt, where it is not nil, makes the weight of this shape from one of another shape in a
	// file: a position table of another image size. It is given the file's elements and their
	// shape.
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

// Parameters returns the number of elements of all the weights.
func Parameters(specs []Spec) int {
	total := 0
	for _, s := range specs {
		total += s.Size()
	}
	return total
}

// Frozen says, for each weight, whether its name begins with one of the prefixes. A prefix ends
// where a name's part ends: "encoder" covers "encoder.block.0.layer.0.layer_norm.weight" and not
// "encoder2.bias". A prefix that covers nothing is an error, so that a misspelt one freezes nothing
// in silence.
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
