// Package strict reads YAML into configuration structs. An unknown key is an error that names the
// file, the line and the nearest legal key. Assignments such as "train.steps=100" override values.
//
// Structs name their keys by `yaml` tags. The keys of a struct tagged `yaml:",inline"` belong to
// the struct that contains it.
package strict

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"github.com/pali3/pali3/internal/imagefile"
)

// maxBytes is the maximum size of a configuration file.
const maxBytes = 1 << 20

// ReadFile reads the YAML file into the struct that into points to, with the assignments applied.
func ReadFile(path string, into any, assignments ...string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return Read(content, path, into, assignments...)
}

// assigned is the name of the assignments in errors.
const assigned = "--set"

// Read reads YAML into the struct that into points to, with the assignments applied. Name is that
// of the file, for errors. Fields that the YAML does not mention keep their values.
func Read(content []byte, name string, into any, assignments ...string) error {
	return ReadMoved(content, name, nil, into, assignments...)
}

// ReadMoved reads as [Read] does and applies move, such as [From], to the paths that the YAML has
// in fields tagged `path:"relative"`. It does not move paths in assignments.
func ReadMoved(content []byte, name string, move func(path string) string, into any, assignments ...string) error {
	if len(content) > maxBytes {
		return fmt.Errorf("%s: %d bytes, the limit is %d", name, len(content), maxBytes)
	}
	if err := isText(content, name); err != nil {
		return err
	}
	if err := check(content, name, into); err != nil {
		return err
	}
	if len(assignments) > 0 {
		changed, err := assign(content, assignments, func(tree any) any {
			if move == nil {
				return tree
			}
			return moveTree(tree, reflect.TypeOf(into), false, move)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		content = changed
		if err := check(content, assigned, into); err != nil {
			return err
		}
	}
	if err := decode(content, name, into); err != nil {
		return err
	}
	if move != nil && len(assignments) == 0 {
		MovePaths(into, move)
	}
	return nil
}

// isText returns an error for a file that cannot be YAML, such as an image. The error names what it
// is. So it does for aliases, of which a few lines can make any number of values.
func isText(content []byte, name string) error {
	kind := imagefile.Kind(content)
	if !utf8.Valid(content) {
		return fmt.Errorf("%s: this is %s, not YAML in UTF-8", name, kind)
	}
	if bytes.HasPrefix(bytes.TrimSpace(content), []byte("<")) {
		return fmt.Errorf("%s: this is %s, not YAML", name, kind)
	}
	return noAliases(content, name)
}

// noAliases returns an error that names the first alias.
func noAliases(content []byte, name string) (err error) {
	defer func() { _ = recover() }() // what breaks the lexer breaks the parser, which says so
	for _, t := range lexer.Tokenize(string(content)) {
		if t.Type == token.AliasType {
			return fmt.Errorf("%s line %d: an alias (*); anchors, aliases and tags are not legal here: write the value again", name, t.Position.Line)
		}
	}
	return nil
}

// decode calls the decoder and returns its panics, which some broken input causes, as errors.
func decode(content []byte, name string, into any) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: not readable as YAML: %v", name, p)
		}
	}()
	if err := yaml.UnmarshalWithOptions(content, into, yaml.Strict()); err != nil {
		return fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, true))
	}
	return nil
}
