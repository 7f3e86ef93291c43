package stages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/models/weights"
)

// visionPrefix is what the names of the image encoder's weights begin with, in siglip and pali3.
const visionPrefix = "vision_model"

// FreezesImages reports whether the recipe freezes the image encoder.
func (r Recipe) FreezesImages() bool { return r.freezes(visionPrefix) }

// freezes reports whether the recipe freezes all weights of a prefix.
func (r Recipe) freezes(prefix string) bool {
	return slices.ContainsFunc(r.Freeze, func(frozen string) bool { return strings.TrimSuffix(frozen, ".") == prefix })
}

// splitFrozen returns the positions of the weights that are frozen by their prefixes, and of the
// others. It is an error if there are no others.
func splitFrozen(specs []weights.Spec, prefixes []string) (frozen, trainable []int, err error) {
	isFrozen, err := weights.Frozen(specs, prefixes)
	if err != nil {
		return nil, nil, err
	}
	for i := range specs {
		if isFrozen[i] {
			frozen = append(frozen, i)
		} else {
			trainable = append(trainable, i)
		}
	}
	if len(trainable) == 0 {
		return nil, nil, fmt.Errorf("every weight is frozen: there is nothing to train")
	}
	return frozen, trainable, nil
}
