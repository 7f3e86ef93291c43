package stages

import (
	"fmt"

	"github.com/goccy/go-yaml"

	"github.com/pali3/pali3/models/family"
)

// Model is the network of a recipe. Its keys in YAML are variant and those of the family's config.
type Model struct {
	// Variant is a published size, such as pali3-5b, to begin with; other keys change it. Default:
	// none, all sizes are given.
	Variant string `yaml:"variant"`
	// Config of the family. Image sizes, vocabularies and the lengths of text towers follow from
	// the data where they are 0.
	Config family.Model `yaml:"-"`

	family family.Family // in which a variant is looked up
	err    error         // about the variant
}

// modelKeys are the keys beside those of the config.
type modelKeys struct {
	Variant string `yaml:"variant,omitempty"`
}

// Keys returns the structs that have the legal keys, for package strict.
func (m Model) Keys() []any {
	if m.Config == nil {
		return nil
	}
	return []any{&modelKeys{m.Variant}, m.Config}
}

// MarshalYAML returns the variant, and all keys of the config.
func (m Model) MarshalYAML() (any, error) {
	keys := yaml.MapSlice{}
	if m.Variant != "" {
		keys = append(keys, yaml.MapItem{Key: "variant", Value: m.Variant})
	}
	if m.Config == nil {
		return keys, nil
	}
	content, err := yaml.Marshal(m.Config)
	if err != nil {
		return nil, err
	}
	var config yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(content, &config, yaml.UseOrderedMap()); err != nil {
		return nil, err
	}
	return append(keys, config...), nil
}

// UnmarshalYAML reads the keys into the config, which the caller has set to the family's empty one.
func (m *Model) UnmarshalYAML(unmarshal func(any) error) error {
	if m.Config == nil {
		return nil // an unknown family
	}
	keys := map[string]any{}
	if err := unmarshal(&keys); err != nil {
		return err
	}
	if variant, ok := keys["variant"].(string); ok {
		m.begin(variant)
	}
	delete(keys, "variant")
	content, err := yaml.Marshal(keys)
	if err != nil {
		return err
	}
	if err := yaml.Unmarshal(content, m.Config); err != nil {
		return err
	}
	m.Config.SetDefaults()
	return nil
}

// begin sets the config to a variant, with the sizes that follow from the data left open.
func (m *Model) begin(variant string) {
	m.Variant = variant
	if variant == "" {
		return
	}
	if m.family.Variant == nil {
		m.err = fmt.Errorf("variant %q: the family %s has no variants", variant, m.family.Name)
		return
	}
	config, err := m.family.Variant(variant)
	if err != nil {
		m.err = err
		return
	}
	config.Loosen()
	m.Config = config
}
