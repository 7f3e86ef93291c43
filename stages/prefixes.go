package stages

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Prefixes are prefixes of weights' names. Each covers whole parts of a name: "encoder" covers
// "encoder.block.0" and not "encoder2". Where a file has the weights under another prefix, it is
// "theirs -> ours", such as "vision_tower.vision_model -> vision_model".
//
// In YAML they are a list, or a map of their prefixes to ours.
type Prefixes []string

const arrow = " -> "

// UnmarshalYAML reads a list, or a map in its order.
func (p *Prefixes) UnmarshalYAML(unmarshal func(any) error) error {
	var list []string
	if unmarshal(&list) == nil {
		*p = list
		return nil
	}
	var pairs yaml.MapSlice
	if err := unmarshal(&pairs); err != nil {
		return errors.New("prefixes are a list, or a map of the file's prefixes to the model's")
	}
	for _, pair := range pairs {
		theirs, isText := pair.Key.(string)
		ours, alsoText := pair.Value.(string)
		if !isText || !alsoText {
			return fmt.Errorf("prefixes: %v: %v is not a prefix of the file's names and one of the model's", pair.Key, pair.Value)
		}
		if theirs != ours {
			theirs += arrow + ours
		}
		list = append(list, theirs)
	}
	*p = list
	return nil
}

// names maps the file's prefixes to the model's.
func (p Prefixes) names() map[string]string {
	names := map[string]string{}
	for _, prefix := range p {
		theirs, ours, other := strings.Cut(prefix, arrow)
		if !other {
			ours = theirs
		}
		names[theirs] = ours
	}
	return names
}

// ours lists the model's prefixes.
func (p Prefixes) ours() (all []string) {
	for _, prefix := range p {
		theirs, ours, other := strings.Cut(prefix, arrow)
		if !other {
			ours = theirs
		}
		all = append(all, ours)
	}
	return all
}

// rename reports whether a file has a weight under another prefix.
func (p Prefixes) rename() bool {
	return slices.ContainsFunc(p, func(prefix string) bool { return strings.Contains(prefix, arrow) })
}
