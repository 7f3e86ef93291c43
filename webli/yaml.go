package webli

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
)

// ParseConfig reads a curation recipe and validates it. A key that does not exist is an error that
// names its line and the nearest legal key.
func ParseConfig(text []byte) (Config, error) {
	var c Config
	err := yaml.UnmarshalWithOptions(text, &c, yaml.Strict())
	if unknown, ok := errors.AsType[*yaml.UnknownFieldError](err); ok {
		key := unknown.Token.Value
		return Config{}, fmt.Errorf("line %d: no key is called %q; did you mean %q?",
			unknown.Token.Position.Line, key, nearestKey(key, legalKeys(reflect.TypeFor[Config]())))
	}
	if err != nil {
		return Config{}, fmt.Errorf("%s", strings.TrimSpace(yaml.FormatError(err, false, false)))
	}
	return c, c.Validate()
}

// legalKeys lists the keys of the struct and of those within it.
func legalKeys(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		field := t.Field(i)
		keys = append(keys, field.Tag.Get("yaml"))
		if field.Type.Kind() == reflect.Struct {
			keys = append(keys, legalKeys(field.Type)...)
		}
	}
	return keys
}

// nearestKey returns the candidate with the fewest edits from the word (Levenshtein), the first of equals.
func nearestKey(word string, candidates []string) string {
	best, fewest := "", math.MaxInt
	for _, candidate := range candidates {
		row := make([]int, len(candidate)+1)
		for j := range row {
			row[j] = j
		}
		for i := range len(word) {
			diagonal := row[0]
			row[0] = i + 1
			for j := range len(candidate) {
				cost := diagonal
				if word[i] != candidate[j] {
					cost++
				}
				diagonal, row[j+1] = row[j+1], min(cost, row[j+1]+1, row[j]+1)
			}
		}
		if d := row[len(candidate)]; d < fewest {
			best, fewest = candidate, d
		}
	}
	return best
}
