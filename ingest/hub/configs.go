package hub

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// config is a configuration of a dataset, from the front matter of its README.md: its files by
// split. https://huggingface.co/docs/hub/datasets-manual-configuration describes the keys.
type config struct {
	name    string
	chosen  bool   // has default: true
	dir     string // data_dir: the folder that patterns are relative to
	choices []choice
}

// choice holds the files of one split. If split is "", each file's name tells its split.
type choice struct {
	split    string
	patterns []string
}

// parseConfigs reads the configurations in the front matter of a README.md: YAML between two lines
// of three dashes.
func parseConfigs(readme []byte) ([]config, error) {
	readme = bytes.ReplaceAll(bytes.TrimPrefix(readme, []byte("\xef\xbb\xbf")), []byte("\r\n"), []byte("\n"))
	head, found := bytes.CutPrefix(readme, []byte("---\n"))
	end := bytes.Index(append([]byte("\n"), head...), []byte("\n---"))
	if !found || end < 0 {
		return nil, nil
	}
	var card struct {
		Configs []struct {
			Name    string `yaml:"config_name"`
			Files   any    `yaml:"data_files"`
			Dir     string `yaml:"data_dir"`
			Default bool   `yaml:"default"`
		} `yaml:"configs"`
	}
	if err := yaml.Unmarshal(head[:end], &card); err != nil {
		return nil, fmt.Errorf("the front matter of README.md: %.300s", err)
	}
	var all []config
	for _, c := range card.Configs {
		config := config{name: c.Name, chosen: c.Default, dir: c.Dir}
		var err error
		if config.choices, err = choicesOf(c.Files); err != nil {
			return nil, fmt.Errorf("README.md: config %s: data_files: %w", c.Name, err)
		}
		all = append(all, config)
	}
	return all, nil
}

// choicesOf reads any form of data_files: one pattern, several, patterns by split, or a list of
// splits with paths.
func choicesOf(files any) ([]choice, error) {
	switch v := files.(type) {
	case nil:
		return nil, nil
	case string:
		return []choice{{patterns: []string{v}}}, nil
	case map[string]any:
		if _, ok := v["path"]; ok {
			return choicesOf([]any{v})
		}
		var all []choice
		for _, split := range sortedNames(v) {
			patterns, err := stringsOf(v[split])
			if err != nil {
				return nil, err
			}
			all = append(all, choice{split, patterns})
		}
		return all, nil
	case []any:
		var all []choice
		for _, item := range v {
			choice := choice{}
			patterns := item
			if m, ok := item.(map[string]any); ok {
				choice.split, _ = m["split"].(string)
				patterns = m["path"]
			}
			var err error
			if choice.patterns, err = stringsOf(patterns); err != nil {
				return nil, err
			}
			all = append(all, choice)
		}
		return all, nil
	}
	return nil, fmt.Errorf("%.100v is not a pattern", files)
}

func sortedNames(m map[string]any) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func stringsOf(v any) ([]string, error) {
	if one, ok := v.(string); ok {
		return []string{one}, nil
	}
	list, _ := v.([]any)
	var all []string
	for _, item := range list {
		text, ok := item.(string)
		if !ok {
			return nil, fmt.Errorf("%.100v is not a pattern", item)
		}
		all = append(all, text)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%.100v is not a pattern", v)
	}
	return all, nil
}

// pickConfig returns the named configuration, or the default one if name is empty. It returns nil
// if there is none.
func pickConfig(configs []config, name string) (*config, error) {
	var fallback *config
	for i := range configs {
		c := &configs[i]
		switch {
		case c.name == name && name != "":
			return c, nil
		case c.chosen, c.name == "default" && fallback == nil, len(configs) == 1:
			fallback = c
		}
	}
	if name != "" || len(configs) == 0 {
		return nil, nil
	}
	if fallback == nil {
		return nil, fmt.Errorf("name one of its configs: %s", strings.Join(configNames(configs), ", "))
	}
	return fallback, nil
}

func configNames(configs []config) (names []string) {
	for _, c := range configs {
		names = append(names, c.name)
	}
	return names
}

// files returns the names that belong to the configuration, split by split. A file matched by two
// patterns of a split is listed once.
func (c *config) files(names []string) ([]file, error) {
	choices := c.choices
	if len(choices) == 0 {
		choices = []choice{{patterns: []string{"**"}}}
	}
	var all []file
	for _, choice := range choices {
		for _, pattern := range choice.patterns {
			matches, err := globbing(path.Join(c.dir, pattern))
			if err != nil {
				return nil, fmt.Errorf("config %s: pattern %q: %w", c.name, pattern, err)
			}
			for _, name := range names {
				file := file{name, choice.split}
				if file.split == "" {
					file.split = splitOf(name)
				}
				if matches(name) && !slices.Contains(all, file) {
					all = append(all, file)
				}
			}
		}
	}
	return all, nil
}
