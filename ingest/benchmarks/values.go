package benchmarks

import (
	"bytes"
	"encoding/json/jsontext"
	jsonv2 "encoding/json/v2"
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/internal/jsonerr"
)

// The types of this file read a JSON value of any kind. Files are written by many tools, and a
// value of an unexpected kind must not cost the record that it is in. Each type keeps what it found
// instead, so that it can be counted as left out.

// flexible is an id in a normal form: 7, 7.0 and "7" are the same id, and whole numbers of any
// length are exact. It is empty for null and for a missing field.
type flexible string

var errID = errors.New("an id, which is a number or text")

// UnmarshalJSONFrom implements [jsonv2.UnmarshalerFrom].
func (f *flexible) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	switch v.Kind() {
	case 'n':
		*f = ""
	case '0':
		*f = wholeNumber(string(v))
	case '"':
		*f = quotedID(unquoted(v))
	case 't', 'f':
		*f = flexible(v)
	default:
		return jsonerr.Expected(errID, v)
	}
	return nil
}

// quotedID returns the id in a JSON string. It drops the decimal zeros of a whole number.
func quotedID(text string) flexible {
	text = strings.TrimSpace(text)
	if whole, zeros, is := strings.Cut(text, "."); is && isDigits(strings.TrimPrefix(whole, "-")) && zeros != "" && strings.Trim(zeros, "0") == "" {
		return flexible(whole)
	}
	return flexible(text)
}

// wholeNumber writes a JSON number with an integral value without fraction and exponent.
func wholeNumber(text string) flexible {
	switch {
	case text == "-0":
		return "0"
	case isDigits(strings.TrimPrefix(text, "-")):
		return flexible(text)
	}
	if id := quotedID(text); string(id) != text {
		return id
	}
	if v, err := strconv.ParseFloat(text, 64); err == nil && v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		return flexible(strconv.FormatInt(int64(v), 10))
	}
	return flexible(text)
}

func isDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// unquoted returns the content of a JSON string.
func unquoted(v jsontext.Value) string {
	if bytes.IndexByte(v, '\\') < 0 && utf8.Valid(v) {
		return string(v[1 : len(v)-1])
	}
	text, _ := jsontext.AppendUnquote(nil, v) // an error means that characters were replaced
	return string(text)
}

// words is a text, or what was found in its place.
type words struct {
	text  string // numbers, true and false as they are written
	fault string // what was found instead of a text
	given bool   // the file has the field
}

// UnmarshalJSONFrom implements [jsonv2.UnmarshalerFrom].
func (w *words) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	*w = words{given: true}
	switch kind := v.Kind(); kind {
	case '"':
		if w.text = unquoted(v); damaged(v, w.text) {
			w.text, w.fault = "", "text that is not UTF-8"
		}
	case '0', 't', 'f':
		w.text, w.fault = string(v), jsonerr.Kind(kind)
	default:
		w.fault = jsonerr.Kind(kind)
	}
	return nil
}

// damaged reports whether decoding replaced bytes that are not UTF-8, or half of a surrogate pair.
func damaged(v jsontext.Value, text string) bool {
	return strings.ContainsRune(text, utf8.RuneError) && !bytes.Contains(v, []byte("\uFFFD")) && !bytes.Contains(bytes.ToLower(v), []byte(`\ufffd`))
}

// wrong returns why the words cannot be used as a caption or question, or "".
func (w words) wrong() string {
	switch {
	case w.fault != "":
		return "found " + w.fault
	case !w.given:
		return "it is missing"
	case strings.TrimSpace(w.text) == "":
		return "it is empty"
	}
	return ""
}

// number is a number, perhaps in quotes; NaN if it is missing or something else.
type number struct {
	value float64
	given bool
}

func (n number) float() float64 {
	if !n.given {
		return math.NaN()
	}
	return n.value
}

// UnmarshalJSONFrom implements [jsonv2.UnmarshalerFrom].
func (n *number) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	n.value, n.given = math.NaN(), true
	switch v.Kind() {
	case '0':
		n.value = parseNumber(string(v))
	case '"':
		n.value = parseNumber(unquoted(v))
	}
	return nil
}

// parseNumber parses a decimal number; it returns NaN for anything else.
func parseNumber(text string) float64 {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// quad is a box as a list of four numbers: x, y, width and height.
type quad struct {
	edges [4]float64
	given bool
	fault string // what was found instead
}

// UnmarshalJSONFrom implements [jsonv2.UnmarshalerFrom].
func (q *quad) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*q = quad{given: true}
	if kind := d.PeekKind(); kind != '[' {
		q.fault = jsonerr.Kind(kind)
		return d.SkipValue()
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	n := 0
	for ; d.PeekKind() != ']'; n++ {
		var v number
		if err := v.UnmarshalJSONFrom(d); err != nil {
			return err
		}
		if n < len(q.edges) {
			q.edges[n] = v.value
		}
	}
	if n != len(q.edges) {
		q.fault = "a list of " + strconv.Itoa(n)
	}
	_, err := d.ReadToken()
	return err
}

// list is a list that skips and counts elements of another kind.
type list[T any] struct {
	items []T
	bad   int
	fault error // of the first bad element, or of a value that is not a list
	given bool
}

// bareElement is an object that some tools write as a single value.
type bareElement interface {
	bare(v jsontext.Value) bool // whether it could be read
}

var errList = errors.New("a list")

// UnmarshalJSONFrom implements [jsonv2.UnmarshalerFrom].
func (l *list[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*l = list[T]{given: true}
	switch d.PeekKind() {
	case '[':
	case 'n':
		l.given = false
		return d.SkipValue()
	default:
		v, err := d.ReadValue()
		if err == nil {
			l.bad, l.fault = 1, jsonerr.Explain(jsonerr.Expected(errList, v))
		}
		return err
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != ']' {
		v, err := d.ReadValue()
		if err != nil {
			return err
		}
		var item T
		if err := decode(v, &item); err != nil {
			if bare, may := any(&item).(bareElement); may && bare.bare(v) {
				l.items = append(l.items, item)
				continue
			}
			if l.bad++; l.fault == nil {
				l.fault = err
			}
			continue
		}
		l.items = append(l.items, item)
	}
	_, err := d.ReadToken()
	return err
}

// oneOrMany is a list of texts that may be written as a single text.
type oneOrMany struct{ list[words] }

// UnmarshalJSONFrom implements [jsonv2.UnmarshalerFrom].
func (o *oneOrMany) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if kind := d.PeekKind(); kind == '[' || kind == '{' || kind == 'n' {
		return o.list.UnmarshalJSONFrom(d)
	}
	var only words
	err := only.UnmarshalJSONFrom(d)
	o.list = list[words]{items: []words{only}, given: true}
	return err
}

// outlineField is the outline of an annotation, or the reason why it cannot be used.
type outlineField struct {
	*Outline
	fault string
}

// UnmarshalJSONFrom implements [jsonv2.UnmarshalerFrom].
func (o *outlineField) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	if err != nil || v.Kind() == 'n' {
		return err
	}
	var read Outline
	if err := read.UnmarshalJSON(v); err != nil {
		o.fault = jsonerr.Explain(err).Error()
	} else if len(read.Polygons)+len(read.Runs) > 0 {
		o.Outline = &read
	}
	return nil
}

// options apply to all JSON that this package reads. Names are matched as in encoding/json.
var options = jsonv2.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true), jsonv2.MatchCaseInsensitiveNames(true))

// decode decodes a JSON value. Its errors are in words.
func decode(v jsontext.Value, into any) error {
	if err := jsonv2.Unmarshal(v, into, options); err != nil {
		return jsonerr.Explain(err)
	}
	return nil
}

// json returns the elements as a JSON list of strings, or nothing for an empty list.
func (l *list[T]) json() words {
	if len(l.items) == 0 {
		return words{}
	}
	texts := make([]string, len(l.items))
	for n := range l.items {
		switch item := any(l.items[n]).(type) {
		case words:
			texts[n] = item.text
		case flexible:
			texts[n] = string(item)
		}
	}
	b, err := jsonv2.Marshal(texts, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return words{}
	}
	return words{text: string(b)}
}
