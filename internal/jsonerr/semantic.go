package jsonerr

import (
	"encoding/json/jsontext"
	jsonv2 "encoding/json/v2"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
)

// wantError is the error for a JSON value of another kind than expected.
type wantError struct {
	want  error
	found string
}

func (e *wantError) Error() string { return fmt.Sprintf("found %s, expected %v", e.found, e.want) }

func (e *wantError) Unwrap() error { return e.want }

// Expected returns the error for an UnmarshalJSONFrom that found another value than expected.
func Expected(want error, v jsontext.Value) error {
	return &wantError{want, valueWords(v.Kind(), v)}
}

// explainSyntactic explains an error of encoding/json/jsontext.
func explainSyntactic(syntax *jsontext.SyntacticError) error {
	if errors.Is(syntax, io.ErrUnexpectedEOF) {
		return fmt.Errorf("it ends in the middle of a value: %w", io.ErrUnexpectedEOF)
	}
	text := plainly(syntax.Err)
	if strings.Contains(text, `'\''`) || strings.Contains(text, "'N'") || strings.Contains(text, "'T'") || strings.Contains(text, "'F'") {
		text += " (Python's repr is not JSON: write it with json.dumps)"
	}
	return fmt.Errorf("it is not JSON: %s", text)
}

// plainly returns an error without the prefix of its package.
func plainly(err error) string {
	text := err.Error()
	for _, prefix := range []string{"jsontext: ", "json: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}

// explainSemantic explains an error of encoding/json/v2.
func explainSemantic(e *jsonv2.SemanticError) error {
	field := fieldWords(string(e.JSONPointer))
	if e.Err != nil {
		if want, ok := errors.AsType[*wantError](e.Err); ok {
			return fmt.Errorf("%s%w", field, want)
		}
		if inner := Explain(e.Err); inner.Error() != "" && !strings.Contains(inner.Error(), "strconv") && e.JSONKind == 0 {
			return fmt.Errorf("%s%w", field, inner)
		}
	}
	return fmt.Errorf("%sfound %s, expected %s", field, valueWords(e.JSONKind, e.JSONValue), wanted(e.GoType))
}

// fieldWords names a field by its JSON pointer: answers[2].answer.
func fieldWords(pointer string) string {
	path := strings.TrimPrefix(pointer, "/")
	if path == "" {
		return ""
	}
	var b strings.Builder
	for name := range strings.SplitSeq(path, "/") {
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
		switch _, err := strconv.Atoi(name); {
		case err == nil:
			fmt.Fprintf(&b, "[%s]", name)
		case b.Len() > 0:
			b.WriteString("." + name)
		default:
			b.WriteString(name)
		}
	}
	return b.String() + ": "
}

// Kind names a kind of JSON value, with an article.
func Kind(kind jsontext.Kind) string {
	switch kind {
	case 'n':
		return "null"
	case 't', 'f':
		return "true or false"
	case '"':
		return "text"
	case '0':
		return "a number"
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '}', ']':
		return "the end of one"
	}
	return "something that is not JSON"
}

// valueWords names a kind, and shows the value if it is short.
func valueWords(kind jsontext.Kind, v jsontext.Value) string {
	if (kind == '"' || kind == '0') && len(v) > 0 {
		return fmt.Sprintf("%s %.40s", strings.TrimPrefix(Kind(kind), "a "), v)
	}
	return Kind(kind)
}

// wanted names the JSON value that a type expects.
func wanted(t reflect.Type) string {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil {
		return "something else"
	}
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number"
	}
	return "something else"
}
