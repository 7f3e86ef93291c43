package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of metadata values. Larger values are left out.
const (
	maxText    = 1 << 20  // bytes of a text
	maxList    = 64 << 10 // bytes of a list or struct, in JSON
	maxNumbers = 256      // in a list or struct; more are an array, such as an embedding
	maxDepth   = 8        // of nested lists and structs
)

// Lookup returns the value of a path in a row: a column with that name, or a field of a struct or
// of each struct in a list.
func Lookup(values map[string]any, path string) any {
	if v, ok := values[path]; ok {
		return decoded(v)
	}
	for at := strings.IndexByte(path, '/'); at > 0; {
		if v, ok := values[path[:at]]; ok {
			return field(decoded(v), path[at+1:], 0)
		}
		next := strings.IndexByte(path[at+1:], '/')
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return nil
}

// field returns a field of a struct, or of each struct in a list.
func field(value any, path string, depth int) any {
	if depth > maxDepth {
		return nil
	}
	switch v := value.(type) {
	case map[string]any:
		return Lookup(v, path)
	case []any:
		var all []any
		for _, element := range v {
			switch found := field(decoded(element), path, depth+1).(type) {
			case nil:
			case []any:
				all = append(all, found...)
			default:
				all = append(all, found)
			}
		}
		if all == nil {
			return nil
		}
		return all
	}
	return nil
}

// decoded returns the value that a JSON encodes, and other values as they are.
func decoded(value any) any {
	text, isJSON := value.(JSON)
	if !isJSON {
		return value
	}
	if v, ok := parseJSON(string(text)); ok {
		return v
	}
	return string(text)
}

// parseJSON parses one JSON value and keeps numbers as they are written.
func parseJSON(text string) (value any, ok bool) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, false
	}
	_, err := decoder.Token()
	return value, err == io.EOF
}

// Scalar returns a value as text. ok is false for lists, structs and null. Bytes are text if they
// are UTF-8 and asText is set.
func Scalar(value any, asText bool) (text string, ok bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case []byte:
		return string(v), asText && utf8.Valid(v)
	case bool:
		return strconv.FormatBool(v), true
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 32), true
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), true
	case time.Time:
		return v.Format(time.RFC3339Nano), true
	case json.Number:
		return v.String(), true
	case JSON:
		if inner, isText := decoded(v).(string); isText {
			return inner, true
		}
		return string(v), true
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return fmt.Sprint(v), true
	}
	return "", false
}

// number returns a value as a number.
func number(value any) (float64, bool) {
	switch v := value.(type) {
	case float32:
		return float64(v), true
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int8:
		return float64(v), true
	case int16:
		return float64(v), true
	case int32:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint8:
		return float64(v), true
	case uint16:
		return float64(v), true
	case uint32:
		return float64(v), true
	case uint64:
		return float64(v), true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case string: // tables may hold numbers as text
		f, err := strconv.ParseFloat(v, 64)
		return f, err == nil
	}
	return 0, false
}

// list returns the elements of a list, or a list of the value, or nil for null.
func list(value any) []any {
	switch v := decoded(value).(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// shown returns a value as text for the metadata: texts and numbers as they are, lists and structs
// in JSON. ok is false for null, bytes, arrays and values that are too long.
func (p *Plan) shown(value any) (text string, ok bool) {
	if text, ok := Scalar(value, p.BytesAsText); ok {
		return text, len(text) <= maxText && utf8.ValidString(text)
	}
	switch value.(type) {
	case []any, map[string]any:
	default:
		return "", false
	}
	numbers := 0
	plain, ok := p.plain(value, &numbers, 0)
	if !ok {
		return "", false
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(plain); err != nil || b.Len() > maxList {
		return "", false
	}
	return strings.TrimSuffix(b.String(), "\n"), true
}

// plain returns a value that JSON can encode. ok is false for a value that contains bytes or too
// many numbers, or is nested too deeply.
func (p *Plan) plain(value any, numbers *int, depth int) (any, bool) {
	if depth > maxDepth {
		return nil, false
	}
	switch v := decoded(value).(type) {
	case nil:
		return nil, true
	case string:
		return v, utf8.ValidString(v)
	case []byte:
		return string(v), p.BytesAsText && utf8.Valid(v)
	case bool:
		return v, true
	case time.Time:
		return v.Format(time.RFC3339Nano), true
	case []any:
		all := make([]any, len(v))
		for i, element := range v {
			var ok bool
			if all[i], ok = p.plain(element, numbers, depth+1); !ok {
				return nil, false
			}
		}
		return all, true
	case map[string]any:
		all := make(map[string]any, len(v))
		for name, element := range v {
			var ok bool
			if all[name], ok = p.plain(element, numbers, depth+1); !ok || !utf8.ValidString(name) {
				return nil, false
			}
		}
		return all, true
	default:
		f, ok := number(v)
		if *numbers++; !ok || *numbers > maxNumbers {
			return nil, false
		}
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Sprint(v), true // JSON has no such number
		}
		return v, true
	}
}
