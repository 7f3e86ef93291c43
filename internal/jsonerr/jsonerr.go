// Package jsonerr says in words what is wrong with a JSON file: the errors of encoding/json name types
// of Go, which mean nothing to the person whose file it is.
package jsonerr

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// ErrCutShort is the error of a file that ends in the middle of a value.
var ErrCutShort = errors.New("the JSON ends in the middle of a value")

// Explain returns an error of encoding/json in words; other errors come back as they are.
func Explain(err error) error {
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		what := "the value"
		if wrong.Field != "" {
			what = fmt.Sprintf("field %q", wrong.Field)
		}
		return fmt.Errorf("%s holds %s where %s belongs", what, found(wrong.Value), wanted(wrong.Type))
	}
	if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
		return explainSyntax(wrong)
	}
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fmt.Errorf("unknown field %s", field)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrCutShort
	}
	return err
}

func explainSyntax(wrong *json.SyntaxError) error {
	text := strings.TrimPrefix(wrong.Error(), "json: ")
	switch {
	case strings.HasPrefix(text, "unexpected end"):
		return ErrCutShort
	case strings.Contains(text, "'N' looking"), strings.Contains(text, "'N' in numeric literal"):
		return fmt.Errorf("not-a-number (NaN) before byte %d is not JSON: write null, or leave the field out", wrong.Offset)
	case strings.Contains(text, "'I' looking"), strings.Contains(text, "'I' in numeric literal"):
		return fmt.Errorf("infinite number (Infinity) before byte %d is not JSON: write null, or leave the field out", wrong.Offset)
	}
	return fmt.Errorf("not JSON at byte %d: %s", wrong.Offset, text)
}

// found is what stands in the file, with an article: "a string", "an array", "the number 3.5".
func found(value string) string {
	if number, ok := strings.CutPrefix(value, "number "); ok {
		return "the number " + number
	}
	return article(value)
}

// wanted is what a type of Go is in JSON.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return wanted(t.Elem())
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Interface:
		return "another value"
	}
	return "a whole number"
}

func article(word string) string {
	if word == "bool" {
		return "true or false"
	}
	if word != "" && strings.ContainsRune("aeiou", rune(word[0])) {
		return "an " + word
	}
	return "a " + word
}
