// Package jsonerr explains errors in JSON files in plain words. The errors of encoding/json name Go
// types, which mean nothing to the author of a file.
package jsonerr

import (
	"encoding/json"
	"encoding/json/jsontext"
	jsonv2 "encoding/json/v2"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// ErrCutShort is the error for a file that ends in the middle of a value.
var ErrCutShort = errors.New("the JSON ends in the middle of a value")

// Explain returns an error of encoding/json, encoding/json/v2 or encoding/json/jsontext in plain
// words: which field, what was found there, and what is expected, without the names of Go types. It
// returns other errors unchanged.
func Explain(err error) error {
	if err == nil {
		return nil
	}
	if semantic, ok := errors.AsType[*jsonv2.SemanticError](err); ok {
		return explainSemantic(semantic)
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		what := "the value"
		if wrong.Field != "" {
			what = fmt.Sprintf("field %q", wrong.Field)
		}
		return fmt.Errorf("%s holds %s where %s belongs", what, found(wrong.Value), belongs(wrong.Type))
	}
	if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
		return explainSyntax(wrong)
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return explainSyntactic(syntax)
	}
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fmt.Errorf("unknown field %s", field)
	}
	if text := plainly(err); text != err.Error() {
		if inner := errors.Unwrap(err); inner != nil {
			return inner
		}
		return errors.New(text)
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

// found names the value in the file, with an article: "a string", "an array", "the number 3.5".
func found(value string) string {
	if number, ok := strings.CutPrefix(value, "number "); ok {
		return "the number " + number
	}
	return article(value)
}

// belongs names the JSON value for a Go type, in the words that found uses.
func belongs(t reflect.Type) string {
	switch words := wanted(t); words {
	case "text":
		return "a string"
	case "something else":
		return "another value"
	default:
		return words
	}
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
